import { type SweepPorts, sweepOrders } from '../../shared/application/sweep-orders.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Metrics } from '../../shared/ports/metrics.ts';

interface Ports extends SweepPorts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Starts orders that are past due again, and says which. */
export const sweepHandler = (ports: Ports) => async (): Promise<void> => {
  const orderIds = await sweepOrders(ports);
  if (orderIds.length > 0) ports.metrics.count('OrdersStuck', orderIds.length);
  for (const orderId of orderIds) ports.logger.warn({ orderId }, 'order was past due: started again');
};
