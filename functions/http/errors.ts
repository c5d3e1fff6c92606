import type { ErrorHandler } from 'hono';
import { errorFields } from '../../shared/application/error-fields.ts';
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
    const fields = { correlationId: c.get('requestId'), ...errorFields(error) };
    if (isPortError(error) && error.retryable) {
      logger.warn(fields, 'a port is unavailable');
      return sendProblem(c, { code: 'unavailable', detail: 'something we depend on does not answer; try again' });
    }
    logger.error(fields, 'a request failed');
    return sendProblem(c, { code: 'internal', detail: 'quote the correlation id when you report this' });
  };
}
