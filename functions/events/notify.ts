import { type NoticePorts, sendNotices } from '../../shared/application/send-notices.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import { parseEvent } from './parse-event.ts';

/** Consumer `notify`: tells the customer and the restaurant, and leaves a line in the logs when it is too late for that. */
export const notifyHandler =
  (ports: NoticePorts & { readonly logger: Logger }) =>
  async (body: unknown): Promise<void> => {
    const event = parseEvent(body);
    const { id: eventId, orderId, correlationId } = event;
    const { suppressed } = await sendNotices(ports, event);
    if (suppressed > 0) ports.logger.info({ orderId, eventId, correlationId, suppressed }, 'too late for notices');
  };
