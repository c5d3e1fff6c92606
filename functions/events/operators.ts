import { alertOperators, type OperatorPorts } from '../../shared/application/send-notices.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import { parseEvent } from './parse-event.ts';

/** Consumer `operators`: tells the operators what needs them, and leaves a line in the logs for alarms to watch. */
export const operatorsHandler =
  (ports: OperatorPorts & { readonly logger: Logger }) =>
  async (body: unknown): Promise<void> => {
    const event = parseEvent(body);
    const { orderId, correlationId, name, status, reason } = event;
    if (await alertOperators(ports, event))
      ports.logger.warn({ orderId, correlationId, event: name, status, reason }, 'operators told');
  };
