import { errorFields } from '../../shared/application/error-fields.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Message, MessageQueue } from '../../shared/ports/message-queue.ts';
import type { Metrics } from '../../shared/ports/metrics.ts';
import { dispositionOf } from '../events/disposition.ts';

export interface DeliverOptions {
  readonly queue: Pick<MessageQueue, 'done' | 'retry' | 'bury'>;
  /** By queue name. */
  readonly handlers: Readonly<Record<string, (body: unknown) => Promise<unknown>>>;
  readonly retryBaseMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Hands a message to its handler, and answers how to end it: done, given back for later, or moved to the dead letters. The answer
 * may be repeated until it works.
 */
export async function deliver(options: DeliverOptions, message: Message): Promise<() => Promise<void>> {
  const { queue, clock, logger, metrics } = options;
  const { id, orderId, correlationId, attempts } = message;
  try {
    const handler = options.handlers[message.queue];
    if (!handler) throw new Error(`there is no handler for queue ${message.queue}`);
    await handler(message.body);
    return () => queue.done(id);
  } catch (error) {
    const fields = { ...errorFields(error), queue: message.queue, orderId, correlationId, attempts: attempts + 1 };
    const disposition = dispositionOf(error, attempts, options.retryBaseMs);
    const now = clock.now();
    if (disposition.kind === 'dead-letter') {
      metrics.count('DeadLetters');
      logger.error(fields, 'message moved to the dead letters');
      return () => queue.bury(id, now, describe(error));
    }
    logger.warn(fields, 'message failed; it is delivered again');
    return () => queue.retry(id, now + disposition.delayMs, describe(error));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
