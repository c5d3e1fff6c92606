import type { Money } from './money.ts';
import type { EventName, Order, OrderStatus, TimelineEntry } from './order.ts';

/**
 * A fact about an order, as it is published. It names people by id only: no address, no contact, no free text.
 * `id` is `<orderId>:<sequence>`: a consumer drops repeats by `id` and puts events in order by `sequence`.
 */
export interface OrderEvent {
  readonly id: string;
  readonly name: EventName;
  readonly sequence: number;
  /** Epoch milliseconds of the change. */
  readonly at: number;
  readonly orderId: string;
  readonly customerId: string;
  readonly restaurantId: string;
  readonly status: OrderStatus;
  readonly previousStatus?: OrderStatus;
  readonly total: Money;
  readonly version: number;
  readonly reason?: string;
  /** The request that placed the order. */
  readonly correlationId: string;
}

/** The events of the timeline entries behind `sequence`, oldest first. With 0, all of the order's events. */
export function eventsAfter(order: Order, sequence: number): OrderEvent[] {
  return order.timeline.filter((entry) => entry.sequence > sequence).map((entry) => eventOf(order, entry));
}

function eventOf(order: Order, entry: TimelineEntry): OrderEvent {
  return {
    id: `${order.id}:${entry.sequence}`,
    name: entry.name,
    sequence: entry.sequence,
    at: entry.at,
    orderId: order.id,
    customerId: order.customerId,
    restaurantId: order.restaurantId,
    status: entry.status,
    ...(entry.previousStatus && { previousStatus: entry.previousStatus }),
    total: order.total,
    version: entry.version,
    ...(entry.reason && { reason: entry.reason }),
    correlationId: order.correlationId,
  };
}
