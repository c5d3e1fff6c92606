import { eventType } from '../../domain/cloud-event.ts';
import type { EventName } from '../../domain/order.ts';
import { type Consumer, SUBSCRIPTIONS, type Subscription } from '../../domain/rules.ts';

/** The source of all of the platform's events on the bus. */
export const EVENT_SOURCE = 'tricloud-orders';

/** An EventBridge event pattern, as JSON. */
export interface EventPattern {
  readonly source: readonly string[];
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What the bus says of an event, in the wording of the business: it is what people look for in the archive and in rules. */
const DETAIL_TYPES: Readonly<Record<EventName, string>> = {
  created: 'Order Created',
  updated: 'Order Updated',
  status_changed: 'Order Status Changed',
  approval_requested: 'Order Approval Requested',
  payment_charged: 'Order Payment Charged',
  payment_declined: 'Order Payment Declined',
  payment_refunded: 'Order Payment Refunded',
  cancelled: 'Order Cancelled',
  restaurant_timeout: 'Order Restaurant Timeout',
  refund_failed: 'Order Refund Failed',
  needs_attention: 'Order Needs Attention',
};

export function detailTypeOf(name: EventName): string {
  return DETAIL_TYPES[name];
}

/** The rule that brings a consumer exactly what it subscribes to. */
export function eventPatternOf(consumer: Consumer): EventPattern {
  const { names, highValueNames = [] }: Subscription = SUBSCRIPTIONS[consumer];
  if (names === 'all') return { source: [EVENT_SOURCE] };
  const always = { type: names.map(eventType) };
  if (highValueNames.length === 0) return { source: [EVENT_SOURCE], detail: always };
  const ofHighValue = { type: highValueNames.map(eventType), highvalue: [true] };
  return { source: [EVENT_SOURCE], detail: { $or: [always, ofHighValue] } };
}
