import type { ActorName, Order } from '../domain/order.ts';

/** Who is asking, from their verified token. Everyone is a customer; groups make them more than that. */
export interface Actor {
  readonly subject: string;
  readonly operator: boolean;
  /** Ids of the restaurants they act for. */
  readonly restaurants: readonly string[];
}

export type Capacity = 'customer' | 'restaurant' | 'operator';

/** In which of its capacities `actor` may look at `order`; empty means that for them it does not exist. */
export function capacities(actor: Actor, order: Pick<Order, 'customerId' | 'restaurantId'>): readonly Capacity[] {
  return [
    ...(order.customerId === actor.subject ? (['customer'] as const) : []),
    ...(actor.restaurants.includes(order.restaurantId) ? (['restaurant'] as const) : []),
    ...(actor.operator ? (['operator'] as const) : []),
  ];
}

/** The name under which an act goes into the timeline. */
export function actorName(actor: Actor, order: Pick<Order, 'restaurantId'>, capacity: Capacity): ActorName {
  return capacity === 'restaurant' ? `restaurant:${order.restaurantId}` : `${capacity}:${actor.subject}`;
}
