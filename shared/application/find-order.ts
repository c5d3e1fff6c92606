import type { Order } from '../domain/order.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { type Actor, type Capacity, capacities } from './actor.ts';
import { type Refused, refuse } from './refusal.ts';

export interface FoundOrder {
  readonly kind: 'done';
  readonly order: Order;
  readonly capacities: readonly Capacity[];
}

/**
 * The order as this actor may see it: the only way in which use cases read an order for somebody. One that belongs to other
 * people is refused in the same words as one that does not exist; one that is visible, but not to this capacity, is forbidden.
 */
export async function findOrder(
  ports: { readonly orders: OrderStore },
  actor: Actor,
  orderId: string,
  allowed: readonly Capacity[],
): Promise<FoundOrder | Refused> {
  const order = await ports.orders.get(orderId);
  const held = order ? capacities(actor, order) : [];
  if (!order || held.length === 0) return refuse('order-not-found', 'there is no such order, or it is not yours');
  const usable = held.filter((capacity) => allowed.includes(capacity));
  if (usable.length === 0) return refuse('forbidden', `only for: ${allowed.join(', ')}`);
  return { kind: 'done', order, capacities: usable };
}
