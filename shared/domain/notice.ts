import type { OrderEvent } from './events.ts';
import { formatMoney } from './money.ts';
import type { Contact } from './order.ts';
import { CANCELLED_WHILE_CHARGING, DISPUTE_LOST, subscribes } from './rules.ts';

export type Channel = 'email' | 'sms' | 'operators';
export type Recipient = 'customer' | 'restaurant' | 'operators';

/** One message to one recipient over one channel about one event. */
export interface Notice {
  /** `<eventId>/<recipient>/<channel>`: the same for every repeat. */
  readonly key: string;
  readonly eventId: string;
  readonly orderId: string;
  readonly recipient: Recipient;
  readonly channel: Channel;
  /** A mail address, a phone number, or `operators`. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Who is told of `event`, if they left an address: whoever sends notices need not look for anybody else's. */
export function concernedBy(event: OrderEvent): { readonly customer: boolean; readonly restaurant: boolean } {
  return { customer: customerText(event) !== undefined, restaurant: restaurantText(event) !== undefined };
}

/** What the customer and the restaurant are told of `event`: its own status and amount, whatever came after it. */
export function noticesFor(event: OrderEvent, contacts: { customer?: Contact; restaurant?: Contact }): Notice[] {
  const customer = customerText(event);
  const restaurant = restaurantText(event);
  return [
    ...(customer ? addressed(event, 'customer', contacts.customer, customer) : []),
    ...(restaurant ? addressed(event, 'restaurant', contacts.restaurant, restaurant) : []),
  ];
}

/** What the operators are told of `event`; undefined when it is none of their business. */
export function operatorsNotice(event: OrderEvent, highValue: boolean): Notice | undefined {
  if (!subscribes('operators', { name: event.name, highValue })) return undefined;
  const what = event.name === 'created' ? 'high value' : event.name.replaceAll('_', ' ');
  const reason = event.reason === undefined ? '' : ` Reason: ${event.reason}.`;
  return {
    ...identity(event, 'operators', 'operators'),
    to: 'operators',
    subject: `[orders] ${what}: ${event.orderId}`,
    text: `Order ${event.orderId} of ${formatMoney(event.total)} at ${event.restaurantId} is ${event.status}.${reason}`,
  };
}

function addressed(
  event: OrderEvent,
  recipient: Recipient,
  contact: Contact | undefined,
  text: string,
): readonly Notice[] {
  const subject = `Order ${event.orderId} - ${event.status.replaceAll('_', ' ')}`;
  const notices: Notice[] = [];
  if (contact?.email !== undefined) {
    notices.push({ ...identity(event, recipient, 'email'), to: contact.email, subject, text });
  }
  if (contact?.phone !== undefined) {
    notices.push({ ...identity(event, recipient, 'sms'), to: contact.phone, subject, text });
  }
  return notices;
}

function identity<C extends Channel>(event: OrderEvent, recipient: Recipient, channel: C) {
  const { id: eventId, orderId } = event;
  return { key: `${eventId}/${recipient}/${channel}`, eventId, orderId, recipient, channel };
}

function customerText(event: OrderEvent): string | undefined {
  const total = formatMoney(event.total);
  switch (event.name) {
    case 'created':
      return `We have received your order of ${total}.`;
    case 'approval_requested':
      return `Your order of ${total} awaits approval; you are not charged before.`;
    case 'payment_charged':
      return event.reason === CANCELLED_WHILE_CHARGING
        ? `Your payment of ${total} went through before your cancellation did; you get it back.`
        : `Your payment of ${total} went through. The restaurant now has your order.`;
    case 'payment_declined':
      return `Your payment of ${total} did not go through (${event.reason}); you were not charged.`;
    case 'payment_refunded':
      return event.reason === DISPUTE_LOST
        ? `Your bank has given ${total} back to you.`
        : `We have refunded ${total} to you.`;
    case 'refund_failed':
      return `Your refund of ${total} is delayed; our staff is looking into it.`;
    case 'cancelled':
      return `Your order of ${total} was cancelled; you were not charged.`;
    case 'restaurant_timeout':
      return `The restaurant did not answer in time. We are refunding ${total} to you.`;
    case 'status_changed':
      return customerStatusText(event, total);
    case 'updated':
    case 'needs_attention':
      return undefined;
  }
}

function customerStatusText(event: OrderEvent, total: string): string | undefined {
  switch (event.status) {
    case 'rejected':
      return `Your order of ${total} was not approved; you were not charged.`;
    case 'confirmed':
      return `The restaurant has confirmed your order of ${total}.`;
    case 'processing':
      return `The restaurant is preparing your order of ${total}.`;
    case 'shipped':
      return `Your order of ${total} is on its way.`;
    case 'delivered':
      return `Your order of ${total} was delivered.`;
    case 'refunding':
      return `We are refunding ${total} to you (${event.reason}).`;
    default:
      return undefined;
  }
}

/** A restaurant hears of an order when it is paid, and of nothing before. */
function restaurantText(event: OrderEvent): string | undefined {
  if (event.reason === CANCELLED_WHILE_CHARGING) return undefined;
  const total = formatMoney(event.total);
  switch (event.name) {
    case 'payment_charged':
      return `A paid order of ${total} awaits your confirmation.`;
    case 'restaurant_timeout':
      return `You did not answer in time: the order of ${total} is refunded.`;
    case 'updated':
      return event.reason === 'address-changed' && (event.status === 'paid' || event.status === 'confirmed')
        ? 'The delivery address of the order has changed.'
        : undefined;
    case 'status_changed':
      return event.status === 'refunding' ? restaurantRefundText(event, total) : undefined;
    default:
      return undefined;
  }
}

function restaurantRefundText(event: OrderEvent, total: string): string | undefined {
  // It knows what it has refused itself, and has heard of a refund that is only tried again.
  if (event.reason === 'restaurant-refused' || event.previousStatus === 'refund_failed') return undefined;
  return event.previousStatus === 'shipped' || event.previousStatus === 'delivered'
    ? `The customer gets ${total} back for the order.`
    : `The order of ${total} is off and being refunded: do not prepare or deliver it.`;
}
