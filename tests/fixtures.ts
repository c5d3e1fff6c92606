import type { Command } from '../shared/domain/commands.ts';
import { decide } from '../shared/domain/decide.ts';
import { eventsAfter, type OrderEvent } from '../shared/domain/events.ts';
import { newOrder } from '../shared/domain/history.ts';
import type { LineItem, Order, Position } from '../shared/domain/order.ts';
import type { Receipt } from '../shared/domain/receipt.ts';
import type { Restaurant } from '../shared/domain/restaurant.ts';

/** When the orders of tests are made, unless they say otherwise. */
export const NOON = Date.UTC(2026, 10, 22, 12);

let numbered = 0;

/** An id of the shape that real ones have, another one each time; later ones sort behind earlier ones. */
export function anOrderId(): string {
  numbered += 1;
  const letters = [...numbered.toString()].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  return `ord_${letters.padStart(32, 'a')}`;
}

export function aLineItem(overrides: Partial<LineItem> = {}): LineItem {
  return {
    menuItemId: 'pizza',
    name: 'Pizza Margherita',
    unitPrice: { amount: 1599, currency: 'USD' },
    quantity: 1,
    ...overrides,
  };
}

/** A new order of one pizza, with an id of its own. */
export function anOrder(overrides: Partial<Order> = {}): Order {
  const { createdAt = NOON } = overrides;
  const order = newOrder(
    {
      id: anOrderId(),
      customerId: 'alice',
      restaurantId: 'rest-1',
      items: [aLineItem()],
      total: { amount: 1599, currency: 'USD' },
      deliveryAddress: '1 Main Street',
      paymentMethod: 'pm_card_visa',
      requestHash: '0'.repeat(64),
      correlationId: 'request-1',
      by: `customer:${overrides.customerId ?? 'alice'}`,
    },
    createdAt,
  );
  return { ...order, ...overrides };
}

export function aPosition(overrides: Partial<Position> = {}): Position {
  return { definitionVersion: 1, state: 'ValidateOrder', attempt: 0, dueAt: NOON, handOff: true, ...overrides };
}

/** The order after `command`, and the events of that one write. Throws when the domain does not change the order. */
export function after(order: Order, command: Command, now = NOON): { order: Order; events: readonly OrderEvent[] } {
  const decision = decide(order, command, now);
  if (decision.kind !== 'changed') throw new Error(`${command.type} leaves the ${order.status} order as it is`);
  return { order: decision.order, events: eventsAfter(decision.order, order.sequence) };
}

export function aRestaurant(overrides: Partial<Restaurant> = {}): Restaurant {
  return {
    id: 'rest-1',
    name: 'Da Mario',
    cuisine: 'italian',
    rating: 4.5,
    acceptingOrders: true,
    menu: [{ menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' } }],
    ...overrides,
  };
}

export function aReceipt(overrides: Partial<Receipt> = {}): Receipt {
  return {
    orderId: anOrderId(),
    lines: [aLineItem()],
    total: { amount: 1599, currency: 'USD' },
    transactionId: 'txn_1',
    paidAt: NOON,
    ...overrides,
  };
}
