/**
 * How a port fails, in the words of gRPC's status codes as far as a port needs them. Expected business outcomes are
 * return values, never errors.
 */
export type PortErrorCode =
  | 'not-found'
  | 'conflict'
  | 'invalid-argument'
  | 'permission-denied'
  | 'resource-exhausted'
  | 'unavailable'
  | 'deadline-exceeded'
  | 'internal'
  | 'unknown';

const RETRYABLE: readonly PortErrorCode[] = ['resource-exhausted', 'unavailable', 'deadline-exceeded'];

/** The one error that adapters throw. Its message holds no secret and no personal data; `cause` is the SDK's own error. */
export class PortError extends Error {
  override readonly name = 'PortError';
  readonly code: PortErrorCode;
  /** Which call failed, for example `OrderStore.save`. */
  readonly operation: string;
  /** Whether the same call may succeed later. After `deadline-exceeded` it may have taken effect already. */
  readonly retryable: boolean;

  constructor(code: PortErrorCode, operation: string, options: { message?: string; cause?: unknown } = {}) {
    super(`${operation}: ${options.message ?? code}`, { cause: options.cause });
    this.code = code;
    this.operation = operation;
    this.retryable = RETRYABLE.includes(code);
  }
}

export function isPortError(error: unknown, ...codes: readonly PortErrorCode[]): error is PortError {
  return error instanceof PortError && (codes.length === 0 || codes.includes(error.code));
}
