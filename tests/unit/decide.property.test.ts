import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, Decision } from '../../shared/domain/commands.ts';
import { decide } from '../../shared/domain/decide.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import { newOrder } from '../../shared/domain/history.ts';
import { add, type Money, multiply } from '../../shared/domain/money.ts';
import type { LineItem, Order, OrderStatus, PaymentStatus } from '../../shared/domain/order.ts';
import { LIMITS } from '../../shared/domain/rules.ts';
import { mayMove } from '../../shared/domain/transitions.ts';
import { NOON } from '../fixtures.ts';

const actor = fc.constantFrom('customer:alice', 'restaurant:rest-1', 'operator:olga');
const note = fc.option(fc.string(), { nil: undefined });
const code = fc.constantFrom('insufficient_funds', 'expired_card', 'refund_refused');
const id = fc.stringMatching(/^[a-z]{3}_[0-9]{1,4}$/);
const accepted = fc.boolean();

/** A ruling or wish, with or without words. */
function spoken<T extends object>(model: fc.Arbitrary<T>): fc.Arbitrary<T & { note?: string }> {
  return fc.tuple(model, note).map(([facts, words]) => ({ ...facts, ...(words !== undefined && { note: words }) }));
}

const typed = <T extends Command['type']>(type: T) => fc.constant(type);

const moving = fc.record({
  type: typed('change-address'),
  by: actor,
  deliveryAddress: fc.constantFrom('a', 'b', 'c', 'd'),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  moving,
  spoken(fc.record({ type: typed('approve'), accepted, by: actor })),
  spoken(fc.record({ type: typed('confirm'), accepted, by: actor })),
  spoken(fc.record({ type: typed('cancel'), by: actor })),
  fc.record({ type: typed('request-refund'), by: actor, note: fc.string() }),
  fc.record({ type: typed('request-settlement'), by: actor, note: fc.string() }),
  fc.record({
    type: typed('set-status'),
    by: actor,
    status: fc.constantFrom('processing' as const, 'shipped' as const, 'delivered' as const),
  }),
  fc.record({
    type: typed('review'),
    thresholds: fc.record({ approval: fc.record({ default: fc.nat() }), highValue: fc.constant({}) }),
  }),
  fc.record({ type: typed('expire-approval') }),
  fc.record({ type: typed('give-up-opening') }),
  fc.record({ type: typed('begin-charge'), reference: id }),
  fc.record({ type: typed('record-charge'), transactionId: id }),
  fc.oneof(fc.record({ type: typed('record-sealed') }), fc.record({ type: typed('record-sealed'), declineCode: code })),
  fc.record({ type: typed('expire-confirmation') }),
  fc.record({ type: typed('record-refund'), refundId: id }),
  fc.record({ type: typed('record-refund-failure'), code }),
  fc.record({ type: typed('raise-attention'), reason: code }),
  fc.record({ type: typed('park') }),
);

/** Random commands rarely bring an order far; these lead it on, so that the rest of its life is tried as well. */
const leading: fc.Arbitrary<Command> = fc.constantFrom<Command>(
  { type: 'begin-charge', reference: 'pay_1' },
  { type: 'record-charge', transactionId: 'txn_1' },
  { type: 'confirm', accepted: true, by: 'restaurant:rest-1' },
  { type: 'set-status', status: 'processing', by: 'restaurant:rest-1' },
  { type: 'set-status', status: 'shipped', by: 'restaurant:rest-1' },
  { type: 'set-status', status: 'delivered', by: 'operator:olga' },
);

/** Times wander: mostly forwards, sometimes back, as the clocks of several machines do. */
const step = fc.record({ command: fc.oneof(command, leading), minutes: fc.integer({ min: -5, max: 60 }) });
const life = fc.array(step, { maxLength: 60, size: 'max' });

const lineItem = (currency: string): fc.Arbitrary<LineItem> =>
  fc.record({
    menuItemId: id,
    name: fc.string(),
    unitPrice: fc.record({ amount: fc.nat(), currency: fc.constant(currency) }),
    quantity: fc.integer({ min: 1, max: LIMITS.quantity }),
  });

const items = fc
  .constantFrom('USD', 'JPY', 'KWD')
  .chain((currency) => fc.array(lineItem(currency), { minLength: 1, maxLength: LIMITS.items, size: 'max' }));

function totalOf(lines: readonly LineItem[]): Money {
  const [first] = lines;
  const zero: Money = { amount: 0, currency: first?.unitPrice.currency ?? 'USD' };
  return lines.reduce((sum, { unitPrice, quantity }) => {
    const line = multiply(unitPrice, quantity);
    const next = line && add(sum, line);
    if (!next) throw new Error('more money than there is');
    return next;
  }, zero);
}

function orderOf(lines: readonly LineItem[]): Order {
  return newOrder(
    {
      id: `ord_${'a'.repeat(32)}`,
      customerId: 'alice',
      restaurantId: 'rest-1',
      items: lines,
      total: totalOf(lines),
      deliveryAddress: '1 Main Street',
      paymentMethod: 'pm_card_visa',
      requestHash: '0'.repeat(64),
      correlationId: 'request-1',
      by: 'customer:alice',
    },
    NOON,
  );
}

const order = items.map(orderOf);

/** Freezes all of a value, so that a write to any part of it throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}

interface Turn {
  readonly before: Order;
  readonly decision: Decision;
  readonly after: Order;
}

/** Everything that happens to an order on which these commands are tried. Input is frozen throughout. */
function turnsOf(start: Order, steps: readonly { readonly command: Command; readonly minutes: number }[]): Turn[] {
  let before = frozen(start);
  let now = NOON;
  return steps.map(({ command: wish, minutes }) => {
    now += minutes * 60_000;
    const decision = decide(before, frozen(wish), now);
    const turn = { before, decision, after: decision.kind === 'changed' ? frozen(decision.order) : before };
    before = turn.after;
    return turn;
  });
}

/** Tries many lives; `check` is given all that happened and the order as it is in the end. */
function always(check: (turns: readonly Turn[], end: Order) => void): void {
  const lives = fc.property(order, life, (start, steps) => {
    const turns = turnsOf(start, steps);
    check(turns, turns.at(-1)?.after ?? start);
  });
  fc.assert(lives, { numRuns: 500 });
}

const PAYMENT_IN: Readonly<Record<OrderStatus, readonly PaymentStatus[]>> = {
  pending: ['none'],
  awaiting_approval: ['none'],
  charging: ['charging'],
  paid: ['charged'],
  payment_failed: ['declined', 'failed'],
  confirmed: ['charged'],
  processing: ['charged'],
  shipped: ['charged'],
  delivered: ['charged'],
  cancelled: ['none'],
  rejected: ['none'],
  refunding: ['refunding'],
  refunded: ['refunded'],
  refund_failed: ['refund_failed'],
};

describe('whatever happens to whatever order, at whatever times', () => {
  test('its total is exact, and stays what it was', () => {
    always((_, end) => {
      const exact = end.items.reduce((sum, item) => sum + BigInt(item.unitPrice.amount) * BigInt(item.quantity), 0n);
      expect(BigInt(end.total.amount)).toBe(exact);
      expect(end.total.currency).toBe(end.items[0]?.unitPrice.currency);
    });
  });

  test('each entry of its timeline follows from the one before by a legal move', () => {
    always((_, { timeline }) => {
      for (const [index, entry] of timeline.entries()) {
        const earlier = timeline[index - 1];
        if (!earlier) continue;
        expect(entry.previousStatus ?? entry.status).toBe(earlier.status);
        if (entry.status !== earlier.status) expect(mayMove(earlier.status, entry.status)).toBe(true);
      }
    });
  });

  test('the revision grows by one with each change, version and sequence by one with each event', () => {
    always((turns) => {
      for (const { before, decision, after } of turns) {
        const events = eventsAfter(after, before.sequence).length;
        expect(after.revision - before.revision).toBe(decision.kind === 'changed' ? 1 : 0);
        expect(after.version - before.version).toBe(events);
        expect(after.sequence - before.sequence).toBe(events);
      }
    });
  });

  test('a change has one event, but for the position alone (none) and a charge that is to be cancelled (two)', () => {
    always((turns) => {
      for (const { before, decision, after } of turns) {
        if (decision.kind !== 'changed') continue;
        const names = eventsAfter(after, before.sequence).map(({ name }) => name);
        if (names.length === 2) expect(names).toEqual(['payment_charged', 'status_changed']);
        else if (names.length === 0) expect(after).toEqual({ ...before, revision: after.revision });
        else expect(names).toHaveLength(1);
      }
    });
  });

  test('its times never go back', () => {
    always((turns, { timeline, createdAt, updatedAt }) => {
      for (const { before, after } of turns) expect(after.updatedAt).toBeGreaterThanOrEqual(before.updatedAt);
      const times = [createdAt, ...timeline.map(({ at }) => at), updatedAt];
      expect(times).toEqual(times.toSorted((left, right) => left - right));
    });
  });

  test('its timeline explains it: the last entry is the order as it is, and nothing is rewritten', () => {
    always((turns, { timeline, status, version, sequence, updatedAt }) => {
      expect(timeline.at(-1)).toMatchObject({ status, version, sequence, at: updatedAt });
      expect(timeline.map((entry) => entry.sequence)).toEqual(timeline.map((_, index) => index + 1));
      for (const { before, after } of turns) {
        expect(after.timeline.slice(0, before.timeline.length)).toEqual(before.timeline);
      }
    });
  });

  test('its events are its timeline, without what people wrote', () => {
    always((_, end) => {
      const told = eventsAfter(end, 0).map(({ sequence, name, at, status, previousStatus, version, reason }) => {
        return { sequence, name, at, status, previousStatus, version, reason };
      });
      const kept = end.timeline.map(({ sequence, name, at, status, previousStatus, version, reason }) => {
        return { sequence, name, at, status, previousStatus, version, reason };
      });
      expect(told).toEqual(kept);
    });
  });

  test('a decision that changes nothing answers the very same order', () => {
    always((turns) => {
      for (const { before, decision } of turns) {
        if (decision.kind === 'unchanged') expect(decision.order).toBe(before);
        if (decision.kind === 'refused') expect(decision).not.toHaveProperty('order');
      }
    });
  });

  test('what the workflow reports is never refused', () => {
    const reports: readonly Command['type'][] = [
      'review',
      'expire-approval',
      'give-up-opening',
      'begin-charge',
      'record-charge',
      'record-sealed',
      'expire-confirmation',
      'record-refund',
      'record-refund-failure',
      'raise-attention',
      'park',
    ];
    const report = command.filter(({ type }) => reports.includes(type));
    fc.assert(
      fc.property(order, life, report, (start, steps, last) => {
        const end = turnsOf(start, steps).at(-1)?.after ?? start;
        expect(decide(end, last, NOON).kind).not.toBe('refused');
      }),
    );
  });

  test('the payment is in step with the status', () => {
    always((_, end) => {
      expect(PAYMENT_IN[end.status]).toContain(end.payment.status);
    });
  });

  test('one reference is charged at most, under one transaction, and what was charged stays on record', () => {
    always((turns, end) => {
      const known = turns.map(({ after }) => after.payment);
      expect(new Set(known.flatMap(({ reference }) => reference ?? [])).size).toBeLessThanOrEqual(1);
      expect(new Set(known.flatMap(({ transactionId }) => transactionId ?? [])).size).toBeLessThanOrEqual(1);
      const charges = end.timeline.filter(({ name }) => name === 'payment_charged').length;
      expect(charges).toBe(end.payment.transactionId === undefined ? 0 : 1);
    });
  });

  test('an order that needs approval is not charged without', () => {
    always((_, end) => {
      const asked = end.timeline.some(({ name }) => name === 'approval_requested');
      const begun = end.timeline.some(({ status }) => status === 'charging');
      if (asked && begun) expect(end.approval?.accepted).toBe(true);
    });
  });

  test('its address changes as often as the rules allow, and no more', () => {
    const restless = fc.array(fc.record({ command: fc.oneof(moving, moving, leading), minutes: fc.nat(60) }), {
      minLength: 20,
      maxLength: 40,
    });
    fc.assert(
      fc.property(order, restless, (start, steps) => {
        const { addressChanges, timeline } = turnsOf(start, steps).at(-1)?.after ?? start;
        const changes = timeline.filter(({ reason }) => reason === 'address-changed').length;
        expect(addressChanges).toBe(changes);
        expect(changes).toBeLessThanOrEqual(LIMITS.addressChanges);
      }),
      { numRuns: 500 },
    );
  });

  test('the lives that are tried reach every status', () => {
    const seen = new Set<OrderStatus>();
    fc.assert(
      fc.property(order, life, (start, steps) => {
        for (const { after } of turnsOf(start, steps)) seen.add(after.status);
      }),
      { numRuns: 1_000, seed: 1 },
    );
    expect([...seen].toSorted()).toEqual(Object.keys(PAYMENT_IN).toSorted());
  });
});
