import type { Order } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { SWEEP_GRACE_MS } from './sweep-orders.ts';

export interface PastDue {
  /** Those that are past due now come first, the longest due first; then those that were started again in vain so far. */
  readonly orders: readonly Order[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
}

/**
 * Orders that should have gone on by now: those that the sweeper is about to start again, and those that it has started again
 * without their getting on. It changes nothing.
 */
export async function pastDueOrders(
  ports: { readonly orders: OrderStore; readonly clock: Clock },
  { limit }: { readonly limit: number },
): Promise<PastDue> {
  const [due, swept] = await Promise.all([
    ports.orders.due(ports.clock.now() - SWEEP_GRACE_MS, limit + 1),
    ports.orders.swept(limit + 1),
  ]);
  const all = [...new Map([...due, ...swept].map((order) => [order.id, order])).values()];
  return { orders: all.slice(0, limit), more: all.length > limit };
}
