import type { ErrorHandler } from 'hono';
import type { Logger } from '../../shared/ports/logger.ts';
import { isPortError } from '../../shared/ports/port-error.ts';
import type { AppEnv } from './app-context.ts';
import { sendProblem } from './problems.ts';

/**
 * Answers what was thrown, and tells nothing of it: an outage that may pass is 503, everything else is a fault of ours. The log
 * line has the correlation id of the answer.
 */
export function answerErrors(logger: Logger): ErrorHandler<AppEnv> {
  return (error, c) => {
    const fields = { correlationId: c.get('requestId'), ...describe(error) };
    if (isPortError(error) && error.retryable) {
      logger.warn(fields, 'a port is unavailable');
      return sendProblem(c, { code: 'unavailable', detail: 'something we depend on does not answer; try again' });
    }
    logger.error(fields, 'a request failed');
    return sendProblem(c, { code: 'internal', detail: 'quote the correlation id when you report this' });
  };
}

/** Ports promise that their messages hold no personal data; of other errors only the name and the place are safe to log. */
function describe(error: Error): Readonly<Record<string, unknown>> {
  const { name } = error;
  const stack = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line));
  if (!isPortError(error)) return { error: name, stack };
  const cause = error.cause instanceof Error ? { cause: error.cause.name } : {};
  return { error: name, code: error.code, operation: error.operation, message: error.message, stack, ...cause };
}
