import { type SweepPorts, sweepOrders } from '../../shared/application/sweep-orders.ts';
import type { Logger } from '../../shared/ports/logger.ts';

/** Starts orders that are past due again, and says which. */
export const sweepHandler = (ports: SweepPorts & { readonly logger: Logger }) => async (): Promise<void> => {
  const orderIds = await sweepOrders(ports);
  for (const orderId of orderIds) ports.logger.warn({ orderId }, 'order was past due: started again');
};
