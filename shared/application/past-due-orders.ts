import type { Order } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { SWEEP_GRACE_MS } from './sweep-orders.ts';

export interface PastDue {
  /** The longest due first. */
  readonly orders: readonly Order[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
}

/**
 * Orders that should have gone on by now: what the sweeper is about to start again. It changes nothing. An order that the sweeper
 * has started is no longer past due until that has come to nothing as well; how often it had to is in its position.
 */
export async function pastDueOrders(
  ports: { readonly orders: OrderStore; readonly clock: Clock },
  { limit }: { readonly limit: number },
): Promise<PastDue> {
  const due = await ports.orders.due(ports.clock.now() - SWEEP_GRACE_MS, limit + 1);
  return { orders: due.slice(0, limit), more: due.length > limit };
}
