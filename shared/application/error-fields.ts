import { isPortError } from '../ports/port-error.ts';

/**
 * What is safe to log of an error. Ports promise that their messages hold no personal data; of other errors, and of causes, only
 * the name and the place are told: their messages may quote what somebody sent.
 */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name } = error;
  const stack = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line));
  if (!isPortError(error)) return { error: name, stack };
  const cause = error.cause instanceof Error ? { cause: error.cause.name } : {};
  return { error: name, code: error.code, operation: error.operation, message: error.message, stack, ...cause };
}
