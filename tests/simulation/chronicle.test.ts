import { describe, expect, it } from 'vitest';
import { eventsAfter } from '../../shared/domain/events.ts';
import { operatorsNotice } from '../../shared/domain/notice.ts';
import type { Order, TimelineEntry } from '../../shared/domain/order.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import { after, anOrder, aPosition, NOON } from '../fixtures.ts';
import { type Chronicler, chronicler, sameEntry } from './chronicle.ts';

const pending = anOrder();
const charging = after(pending, { type: 'begin-charge', reference: 'pay_1' }).order;
const paid = after(charging, { type: 'record-charge', transactionId: 'txn_1' }).order;
const confirmed = after(paid, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' }).order;
const refunding = after(paid, { type: 'expire-confirmation' }).order;
const refundFailed = after(refunding, { type: 'record-refund-failure', code: 'refused' }).order;
const refunded = after(refundFailed, { type: 'record-refund', refundId: 're_1' }).order;

/** Its last event is of a minute later. */
const lateRefund = after(refunding, { type: 'record-refund', refundId: 're_1' }, NOON + 60_000).order;

const { id: orderId, total } = pending;
const charge: Movement = { kind: 'charge', reference: 'pay_1', orderId, amount: total, at: NOON };
const refund: Movement = { ...charge, kind: 'refund' };
const [created, began, charged] = eventsAfter(paid, 0);
const timeout = eventsAfter(refunding, 3)[0];
const alert = timeout && operatorsNotice(timeout, false);
if (!created || !began || !charged || !timeout || !alert) throw new Error('an event is missing');

/** What a chronicle finds wrong with this. */
function found(happens: (chronicle: Chronicler) => void): readonly string[] {
  const told: string[] = [];
  const chronicle = chronicler((violation) => told.push(violation));
  happens(chronicle);
  expect(chronicle.chronicle().violations).toEqual(told);
  return told;
}

const commits = (...orders: readonly Order[]) =>
  found((chronicle) => {
    for (const order of orders) chronicle.committed(order);
  });

/** The order with another last event than it has. */
function endingWith(order: Order, change: Partial<TimelineEntry>): Order {
  const last = { ...order.timeline.at(-1), ...change } as TimelineEntry;
  return { ...order, timeline: order.timeline.with(-1, last) };
}

/** The order with another first event than it has. */
function beginningWith(order: Order, change: Partial<TimelineEntry>): Order {
  return { ...order, timeline: order.timeline.with(0, { ...order.timeline[0], ...change } as TimelineEntry) };
}

describe('the chronicle', () => {
  it('finds nothing in clean lives', () => {
    expect(
      found((chronicle) => {
        chronicle.committed(pending);
        chronicle.publishes(created);
        chronicle.committed(charging);
        chronicle.moved(charge);
        chronicle.committed(paid);
        // A write of the position alone.
        chronicle.committed({ ...paid, revision: 4, position: aPosition() });
        chronicle.publishes(began);
        chronicle.publishes(charged);
        chronicle.publishes(charged);
        chronicle.committed({ ...refunding, revision: 5 });
        chronicle.sends(alert, 'operators', 20);
        chronicle.moved(refund);
        chronicle.committed({ ...refundFailed, revision: 6 });
        chronicle.moved(refund);
        chronicle.committed({ ...refunded, revision: 7 });
      }),
    ).toEqual([]);
    expect(commits(pending, charging, paid, confirmed)).toEqual([]);
  });

  it.each([
    ['an order that does not begin with its first revision', [charging], 'revision 0 was followed by 2'],
    ['a revision that was passed over', [pending, { ...charging, revision: 3 }], 'revision 1 was followed by 3'],
    ['a revision that was written twice', [pending, charging, charging], 'revision 2 was followed by 2'],
    ['a past with another event', [pending, beginningWith(charging, { name: 'updated' })], 'the past was changed'],
    ['a past at another time', [pending, beginningWith(charging, { at: NOON - 1 })], 'the past was changed'],
    ['a past by somebody else', [pending, beginningWith(charging, { by: 'system' })], 'the past was changed'],
    ['a past in another status', [pending, beginningWith(charging, { status: 'paid' })], 'the past was changed'],
    ['a past for another reason', [pending, beginningWith(charging, { reason: 'none' })], 'the past was changed'],
    ['an event that is gone', [pending, charging, { ...pending, revision: 3 }], 'the past was changed'],
    ['an event that is not counted', [pending, { ...charging, sequence: 1 }], 'sequence 1 with 2 events'],
    ['an event that is not kept', [{ ...pending, sequence: 2 }], 'sequence 2 with 1 events'],
    ['a version that goes back', [pending, { ...charging, version: 0 }], 'the version went back'],
    [
      'a move that is not possible',
      [pending, { ...endingWith(charging, { status: 'paid' }), status: 'paid' }],
      'pending became paid',
    ],
    [
      'an impossible move that a possible one follows in the same write',
      [
        pending,
        { ...paid, timeline: paid.timeline.with(1, { ...began, status: 'confirmed', by: 'system' }), revision: 2 },
      ],
      'pending became confirmed',
    ],
    ['a time that goes back', [pending, endingWith(charging, { at: NOON - 1 })], 'time went back with event 2'],
    [
      'a status that no event speaks of',
      [pending, { ...charging, status: 'paid' }],
      'it is paid, and its last event says charging',
    ],
  ] as const)('finds %s', (_, orders, problem) => {
    expect(commits(...orders)).toContain(`${orderId}: ${problem}`);
  });

  it('finds no more than that in a write that is wrong in one way', () => {
    expect(commits(pending, { ...charging, revision: 3 })).toHaveLength(1);
    expect(commits(pending, endingWith(charging, { at: NOON - 1 }))).toHaveLength(1);
  });

  it.each([
    ['a charge of an order that does not exist', [], charge, true],
    ['a charge before its reference was saved', [pending], charge, true],
    ['a charge while the order is charging', [pending, charging], charge, false],
    ['a charge by another payment', [pending, charging], { ...charge, reference: 'pay_2' }, true],
    ['a charge of an order that is paid', [pending, charging, paid], charge, true],
    ['a refund while the order is charging', [pending, charging], refund, true],
    ['a refund of an order that is paid', [pending, charging, paid], refund, true],
    ['a refund while it is refunding', [pending, charging, paid, refunding], refund, false],
    ['a refund by another payment', [pending, charging, paid, refunding], { ...refund, reference: 'pay_2' }, true],
    ['a charge while it is refunding', [pending, charging, paid, refunding], charge, true],
    ['a refund after it had failed', [pending, charging, paid, refunding, refundFailed], refund, false],
    ['a second refund', [pending, charging, paid, refunding, refundFailed, refunded], refund, true],
  ] as const)('judges %s by where the order is', (_, orders, movement, isWrong) => {
    const problems = found((chronicle) => {
      for (const order of orders) chronicle.committed(order);
      chronicle.moved(movement);
    });
    const { status } = orders.at(-1) ?? {};
    const problem = `${orderId}: a ${movement.kind} while the order is ${status}, of payment ${movement.reference}`;
    expect(problems).toEqual(isWrong ? [problem] : []);
  });

  it.each([
    ['is of an order that nobody knows', { ...created, orderId: 'ord_nobody' }],
    ['comes before its write', began],
    ['has the id of another one', { ...created, id: `${orderId}:2` }],
    ['has another name', { ...created, name: 'updated' as const }],
    ['has another status', { ...created, status: 'paid' as const }],
    ['is of another time', { ...created, at: NOON + 1 }],
    ['has a reason where there is none', { ...created, reason: 'restaurant-refused' }],
    ['has another version', { ...created, version: 2 }],
    ['has a status before the first', { ...created, previousStatus: 'pending' as const }],
    ['has another total', { ...created, total: { ...total, amount: total.amount + 1 } }],
    ['has another number', { ...created, sequence: 2, id: `${orderId}:2` }],
  ])('finds a published event that %s', (_, event) => {
    const problems = found((chronicle) => {
      chronicle.committed(pending);
      chronicle.publishes(event);
    });
    expect(problems).toEqual([expect.stringContaining('is not in the timeline')]);
  });

  it.each([
    ['another reason', { reason: 'restaurant-refused' }],
    ['another status before it', { previousStatus: 'charging' as const }],
  ])('finds a published event that has %s', (_, change) => {
    const problems = found((chronicle) => {
      for (const order of [pending, charging, paid, refunding]) chronicle.committed(order);
      chronicle.publishes(timeout);
      chronicle.publishes({ ...timeout, ...change });
    });
    expect(problems).toEqual([expect.stringContaining('is not in the timeline')]);
  });

  it.each([
    ['recorded before its sender began', 'notify', 10, 11, true],
    ['recorded in the step in which its sender began', 'notify', 11, 11, false],
    ['recorded while its sender was at work', 'notify', 12, 11, false],
    ['recorded by another consumer', 'operators', 10, 11, false],
  ] as const)('judges a notice that is sent and was %s', (_, consumer, recordedAt, since, isWrong) => {
    const problems = found((chronicle) => {
      chronicle.sends(alert, 'notify', 1);
      chronicle.records(consumer, alert.key, recordedAt);
      chronicle.records(consumer, alert.key, 100);
      chronicle.sends(alert, 'notify', since);
    });
    const problem = `${orderId}: notice ${alert.key} was sent again, though recorded`;
    expect(problems).toEqual(isWrong ? [problem] : []);
  });

  it('keeps what it is told', () => {
    const chronicle = chronicler(() => undefined);
    chronicle.asksFor(orderId, { customer: 'alice', restaurant: 'rest-1', address: 'home' });
    chronicle.asksFor(orderId, { customer: 'bob', restaurant: 'rest-2', address: 'work' });
    chronicle.committed(pending);
    chronicle.handles('notify', 'ord_a:1');
    chronicle.isTooLate(orderId, `${orderId}:1`, NOON + 86_400_000);
    chronicle.sweeps(1);
    chronicle.sweeps(1);
    expect(chronicle.chronicle()).toMatchObject({
      asked: new Map([
        [
          orderId,
          { customer: 'alice', restaurants: new Set(['rest-1', 'rest-2']), addresses: new Set(['home', 'work']) },
        ],
      ]),
      orders: new Map([[orderId, pending]]),
      handled: new Set(['notify/ord_a:1']),
      tooLate: new Set([`${orderId}:1`]),
      swept: 2,
    });
  });

  it.each([
    ['of a whole day ago', pending, 1, 86_400_000, true],
    ['of a day ago but for what clocks differ by', pending, 1, 86_400_000 - 4_999, true],
    ['of less than that', pending, 1, 86_400_000 - 5_000, false],
    ['of now', pending, 1, 0, false],
    ['of less than a day ago, though others are older', lateRefund, 5, 86_400_000, false],
    ['of a day ago, though others are younger', lateRefund, 4, 86_400_000, true],
    ['that the order does not have', pending, 2, 10 * 86_400_000, false],
  ])('judges by the order whether an event %s is too late', (_, order, sequence, passedMs, isTooLate) => {
    const chronicle = chronicler(() => undefined);
    chronicle.committed(order);
    chronicle.isTooLate(orderId, `${orderId}:${sequence}`, NOON + passedMs);
    expect([...chronicle.chronicle().tooLate]).toEqual(isTooLate ? [`${orderId}:${sequence}`] : []);
  });

  it('takes no event for too late whose order nobody knows', () => {
    const chronicle = chronicler(() => undefined);
    chronicle.isTooLate(orderId, `${orderId}:1`, NOON + 10 * 86_400_000);
    expect(chronicle.chronicle().tooLate).toEqual(new Set());
  });

  it('keeps the first twenty problems, and tells of all', () => {
    const told: string[] = [];
    const chronicle = chronicler((violation) => told.push(violation));
    for (let count = 0; count < 30; count += 1) chronicle.violation(`${count}`);
    expect([told.length, chronicle.chronicle().violations]).toEqual([30, told.slice(0, 20)]);
  });

  it('knows when the first position is due', () => {
    const chronicle = chronicler(() => undefined);
    expect(chronicle.dueAt()).toBe(Number.POSITIVE_INFINITY);
    chronicle.committed({ ...anOrder(), position: aPosition({ dueAt: 30 }) });
    chronicle.committed({ ...pending, position: aPosition({ dueAt: 20 }) });
    chronicle.committed(anOrder());
    expect(chronicle.dueAt()).toBe(20);
    chronicle.committed(charging);
    expect(chronicle.dueAt()).toBe(30);
  });

  it('tells once when an order has come to a status, at once when it is there', () => {
    const chronicle = chronicler(() => undefined);
    const told: string[] = [];
    chronicle.tellWhen(orderId, 'charging', () => told.push('one'));
    chronicle.tellWhen(orderId, 'charging', () => told.push('two'));
    chronicle.committed(pending);
    chronicle.committed(anOrder({ status: 'charging' }));
    expect(told).toEqual([]);
    chronicle.committed(charging);
    expect(told).toEqual(['one', 'two']);
    chronicle.tellWhen(orderId, 'charging', () => told.push('three'));
    chronicle.committed({ ...charging, revision: 3 });
    expect(told).toEqual(['one', 'two', 'three']);
  });
});

describe('an entry', () => {
  const entry = refunding.timeline.at(-1) as TimelineEntry;

  it('is the same as itself and its likes', () => {
    expect([sameEntry(entry, entry), sameEntry(entry, { ...entry })]).toEqual([true, true]);
    expect(sameEntry(entry, undefined)).toBe(false);
  });

  it.each<[string, Partial<TimelineEntry>]>([
    ['number', { sequence: 9 }],
    ['name', { name: 'updated' }],
    ['time', { at: NOON + 1 }],
    ['status', { status: 'refunded' }],
    ['status before', { previousStatus: 'confirmed' }],
    ['version', { version: 9 }],
    ['reason', { reason: 'restaurant-refused' }],
    ['actor', { by: 'operator:olga' }],
  ])('is not the same as one with another %s', (_, change) => {
    expect(sameEntry(entry, { ...entry, ...change })).toBe(false);
    expect(sameEntry({ ...entry, ...change }, entry)).toBe(false);
  });
});
