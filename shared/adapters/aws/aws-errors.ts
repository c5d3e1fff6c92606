import { PortError, type PortErrorCode } from '../../ports/port-error.ts';

/** What a service's error names mean to a port, beside those that all services share. */
export type ErrorCodes = Readonly<Record<string, PortErrorCode>>;

const SHARED: ErrorCodes = {
  AccessDenied: 'permission-denied',
  AccessDeniedException: 'permission-denied',
  AuthorizationErrorException: 'permission-denied',
  CredentialsProviderError: 'permission-denied',
  ExpiredToken: 'permission-denied',
  ExpiredTokenException: 'permission-denied',
  IncompleteSignature: 'permission-denied',
  InvalidAccessKeyId: 'permission-denied',
  InvalidClientTokenId: 'permission-denied',
  InvalidSignatureException: 'permission-denied',
  MissingAuthenticationToken: 'permission-denied',
  SignatureDoesNotMatch: 'permission-denied',
  UnrecognizedClientException: 'permission-denied',
  KMSAccessDeniedException: 'permission-denied',
  BandwidthLimitExceeded: 'resource-exhausted',
  LimitExceededException: 'resource-exhausted',
  ProvisionedThroughputExceededException: 'resource-exhausted',
  RequestLimitExceeded: 'resource-exhausted',
  SlowDown: 'resource-exhausted',
  ThrottledException: 'resource-exhausted',
  Throttling: 'resource-exhausted',
  ThrottlingException: 'resource-exhausted',
  TooManyRequestsException: 'resource-exhausted',
  InternalServerError: 'unavailable',
  InternalServerException: 'unavailable',
  InternalFailure: 'unavailable',
  ServiceUnavailable: 'unavailable',
  ServiceUnavailableException: 'unavailable',
  RequestTimeout: 'deadline-exceeded',
  TimeoutError: 'deadline-exceeded',
  QueueDoesNotExist: 'not-found',
  ResourceNotFoundException: 'not-found',
  ValidationException: 'invalid-argument',
};

/** Of a connection that broke: nobody knows whether the call has acted. */
const NETWORK: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
];

/**
 * Calls a service once. What fails in the service or on the way to it is a PortError for `operation`; anything else is a defect, and
 * is thrown as it is. The service's own words stay in the cause: they may quote what was sent.
 */
export async function awsCall<T>(operation: string, act: () => Promise<T>, codes: ErrorCodes = {}): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw awsPortError(operation, error, codes);
  }
}

function awsPortError(operation: string, error: unknown, codes: ErrorCodes = {}): unknown {
  if (!(error instanceof Error)) return error;
  // First: the SDK calls some connections that broke a TimeoutError.
  const broken = NETWORK.includes(String(Reflect.get(error, 'code'))) ? 'unavailable' : undefined;
  const code = broken ?? codes[error.name] ?? SHARED[error.name] ?? codeOf(error);
  return code ? new PortError(code, operation, { message: `AWS answered ${error.name}`, cause: error }) : error;
}

function codeOf(error: Error): PortErrorCode | undefined {
  const metadata: unknown = Reflect.get(error, '$metadata');
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const status: unknown = Reflect.get(metadata, 'httpStatusCode');
  // An answer that cannot be read came from somewhere in between.
  if (typeof status !== 'number' || status >= 500 || status < 400) return 'unavailable';
  if (status === 403 || status === 401) return 'permission-denied';
  return status === 429 ? 'resource-exhausted' : 'invalid-argument';
}
