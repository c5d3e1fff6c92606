import { describe, expect, test } from 'vitest';
import { toCloudEvent } from '../../shared/domain/cloud-event.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter, type OrderEvent } from '../../shared/domain/events.ts';
import { EVENT_NAMES, ORDER_STATUSES, type Order } from '../../shared/domain/order.ts';
import { anOrder, NOON, after as written } from '../fixtures.ts';

const KILOBYTE = 1_024;
const SECRETS = ['1 Main Street', '2 Side Street', 'alice@example.com', '+15550100', 'my own words'] as const;
const [ADDRESS, OTHER_ADDRESS, EMAIL, PHONE, WORDS] = SECRETS;

const LIFE: readonly Command[] = [
  { type: 'change-address', deliveryAddress: OTHER_ADDRESS, by: 'customer:alice' },
  { type: 'review', thresholds: { approval: { default: 1 }, highValue: {} } },
  { type: 'approve', accepted: true, by: 'operator:olga', note: WORDS },
  { type: 'begin-charge', reference: 'pay_1' },
  { type: 'raise-attention', reason: 'payment-unsettled' },
  { type: 'request-settlement', by: 'operator:olga', note: WORDS },
  { type: 'cancel', by: 'customer:alice', note: WORDS },
  { type: 'record-charge', transactionId: 'txn_1' },
  { type: 'record-refund-failure', code: 'refund_refused' },
  { type: 'request-refund', by: 'operator:olga', note: WORDS },
  { type: 'record-refund', refundId: 're_1' },
];

/** An order with all that may be told to nobody else, at the end of a full life. */
function liveOut(overrides: Partial<Order>): Order {
  const order = anOrder({ deliveryAddress: ADDRESS, contact: { email: EMAIL, phone: PHONE }, ...overrides });
  return LIFE.reduce((current, command) => written(current, command).order, order);
}

/** The longest legal ids; a quotation mark takes two bytes in JSON, the most that a legal character can. */
const LONGEST = {
  id: `ord_${'z'.repeat(32)}`,
  customerId: '"'.repeat(128),
  restaurantId: 'r'.repeat(64),
  correlationId: 'c'.repeat(64),
  total: { amount: Number.MAX_SAFE_INTEGER, currency: 'USD' },
} as const;

/** An event that is as long as one can be, of this name and status. */
function longestEvent(name: OrderEvent['name'], status: OrderEvent['status']): OrderEvent {
  return {
    id: `${LONGEST.id}:99999`,
    name,
    sequence: 99_999,
    at: NOON,
    orderId: LONGEST.id,
    customerId: LONGEST.customerId,
    restaurantId: LONGEST.restaurantId,
    status,
    previousStatus: 'awaiting_approval',
    total: LONGEST.total,
    version: 99_999,
    reason: 'x'.repeat(64),
    correlationId: 'c'.repeat(64),
  };
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

describe("an order's events", () => {
  test('are numbered, named by order and sequence, and say what the order was at the time', () => {
    const order = liveOut({});
    const events = eventsAfter(order, 0);
    expect(events.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'created pending',
      'updated pending',
      'approval_requested awaiting_approval',
      'updated awaiting_approval',
      'status_changed charging',
      'needs_attention charging',
      'updated charging',
      'updated charging',
      'payment_charged paid',
      'status_changed refunding',
      'refund_failed refund_failed',
      'status_changed refunding',
      'payment_refunded refunded',
    ]);
    expect(events.map(({ id }) => id)).toEqual(events.map(({ sequence }) => `${order.id}:${sequence}`));
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  });

  test('of one write are those behind the sequence before it', () => {
    const order = liveOut({});
    expect(eventsAfter(order, 10).map(({ sequence }) => sequence)).toEqual([11, 12, 13]);
    expect(eventsAfter(order, order.sequence)).toEqual([]);
  });

  test('say where the order came from when it moved, and only then', () => {
    const [created, updated, requested] = eventsAfter(liveOut({}), 0);
    expect(created).not.toHaveProperty('previousStatus');
    expect(updated).not.toHaveProperty('previousStatus');
    expect(requested).toMatchObject({ previousStatus: 'pending', status: 'awaiting_approval' });
  });

  test('say why where there is a reason', () => {
    const reasons = eventsAfter(liveOut({}), 0).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([
      'address-changed',
      'approved',
      'payment-unsettled',
      'settlement-requested',
      'cancellation-requested',
      'cancelled-while-charging',
      'cancelled-while-charging',
      'refund_refused',
      'refund-requested',
    ]);
  });

  test('hold no address, no contact and nobody’s own words', () => {
    const order = liveOut({});
    const kept = JSON.stringify(order);
    for (const secret of SECRETS.slice(1)) expect(kept).toContain(secret);
    const told = JSON.stringify(eventsAfter(order, 0));
    for (const secret of SECRETS) expect(told).not.toContain(secret);
  });

  test('name who acted to nobody', () => {
    expect(JSON.stringify(eventsAfter(liveOut({}), 0))).not.toMatch(/olga|customer:|operator:/);
  });
});

describe('the size of an event', () => {
  test('is 1 KB at most through a full life with the longest ids', () => {
    const events = eventsAfter(liveOut(LONGEST), 0);
    expect(events).toHaveLength(13);
    expect(events.filter((event) => bytes(event) > KILOBYTE)).toEqual([]);
    expect(events.filter((event) => bytes(toCloudEvent({ ...event, highValue: true })) > KILOBYTE)).toEqual([]);
  });

  test('is 1 KB at most for every name and status, with every field as long as it can be, on the wire as well', () => {
    const events = EVENT_NAMES.flatMap((name) => ORDER_STATUSES.map((status) => longestEvent(name, status)));
    expect(Math.max(...events.map(bytes))).toBeLessThanOrEqual(KILOBYTE);
    const wire = events.map((event) => toCloudEvent({ ...event, highValue: false }));
    expect(Math.max(...wire.map(bytes))).toBeLessThanOrEqual(KILOBYTE);
  });
});
