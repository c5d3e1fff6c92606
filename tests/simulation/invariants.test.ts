import { describe, expect, it } from 'vitest';
import { eventsAfter } from '../../shared/domain/events.ts';
import { noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import type { Order, OrderStatus, TimelineEntry } from '../../shared/domain/order.ts';
import type { Receipt } from '../../shared/domain/receipt.ts';
import { CONSUMERS, DEFAULT_THRESHOLDS, isHighValue, subscribes } from '../../shared/domain/rules.ts';
import type { DeadLetter } from '../../shared/ports/dead-letters.ts';
import type { LedgerEntry, Movement } from '../../shared/ports/payment-ledger.ts';
import { after, anOrder, aPosition, aReceipt, NOON } from '../fixtures.ts';
import type { Acknowledged, Chronicle } from './chronicle.ts';
import { type FaultRates, NO_FAULTS } from './faults.ts';
import { invariants } from './invariants.ts';
import type { World } from './world.ts';

const REFERENCE = 'pay_1';
const customer = { email: 'ada@customers.example' };
const restaurant = { email: 'kitchen@rest-1.example' };
const DAY = 86_400_000;

const pending = anOrder({ contact: customer });
const charging = after(pending, { type: 'begin-charge', reference: REFERENCE }).order;
const failed = after(charging, { type: 'record-sealed' }).order;
const paid = after(charging, { type: 'record-charge', transactionId: 'txn_1' }).order;
const confirmed = after(paid, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' }).order;
/** As it never may be: the fact of the charge stands in the timeline twice. */
const toldTwice: Order = {
  ...confirmed,
  timeline: confirmed.timeline.flatMap((event) => (event.name === 'payment_charged' ? [event, event] : [event])),
};
const changed = after(confirmed, {
  type: 'change-address',
  deliveryAddress: 'elsewhere',
  by: 'customer:alice',
}).order;
const processing = after(confirmed, { type: 'set-status', status: 'processing', by: 'restaurant:rest-1' }).order;
const shipped = after(processing, { type: 'set-status', status: 'shipped', by: 'restaurant:rest-1' }).order;
const delivered = after(shipped, { type: 'set-status', status: 'delivered', by: 'operator:olga' }).order;
const refunding = after(paid, { type: 'confirm', accepted: false, by: 'restaurant:rest-1' }).order;
const refunded = after(refunding, { type: 'record-refund', refundId: 're_1' }).order;
const refundFailed = after(refunding, { type: 'record-refund-failure', code: 'refused' }).order;
const givingBack = after(delivered, { type: 'request-refund', by: 'operator:olga', note: 'a wish' }).order;
const givenBack = after(givingBack, { type: 'record-refund', refundId: 're_1' }).order;
const cancelled = after(pending, { type: 'cancel', by: 'customer:alice' }).order;

/** A paid order whose restaurant was given so long, and a costly one whose operators were. */
const timedOut = (ms: number) => {
  const { order } = after(paid, { type: 'expire-confirmation' }, NOON + ms);
  return after(order, { type: 'record-refund', refundId: 're_1' }, NOON + ms + 1).order;
};
const costly = anOrder({ total: { amount: 150_000, currency: 'USD' } });
const awaiting = after(costly, { type: 'review', thresholds: DEFAULT_THRESHOLDS }).order;
const approved = after(awaiting, { type: 'approve', accepted: true, by: 'operator:olga' }).order;
const approvedInVain = after(approved, { type: 'cancel', by: 'customer:alice' }).order;
const rejected = after(awaiting, { type: 'approve', accepted: false, by: 'operator:olga' }).order;
const expired = (ms: number) => after(awaiting, { type: 'expire-approval' }, NOON + ms).order;

const C: Movement = { kind: 'charge', reference: REFERENCE, orderId: pending.id, amount: pending.total, at: NOON };
const R: Movement = { ...C, kind: 'refund' };

/** What is asked for in these tests. */
const ASKED = { customer: 'alice', restaurants: new Set(['rest-1']), addresses: new Set(['1 Main Street']) };

/** All that the invariants read of a world. */
interface Left {
  readonly facts: Chronicle;
  readonly entries: readonly Pick<LedgerEntry, 'orderId' | 'reference' | 'state'>[];
  readonly receipts: ReadonlyMap<string, Receipt>;
  readonly letters: readonly Pick<DeadLetter, 'queue' | 'orderId' | 'error'>[];
  /** What the platform still has to deliver. */
  readonly undelivered: readonly string[];
  readonly faults: FaultRates;
  readonly atRest: boolean;
}

/** What a history leaves in which an order came here, and everything was done that it calls for. */
function leftBy(order: Order, ...movements: readonly Movement[]): Left {
  const { id, customerId, payment, total } = order;
  const events = eventsAfter(order, 0);
  const highValue = isHighValue(total, DEFAULT_THRESHOLDS);
  const facts: Chronicle = {
    orders: new Map([[id, order]]),
    acknowledged: [{ kind: 'place', by: customerId, order: { ...order, timeline: order.timeline.slice(0, 1) } }],
    asked: new Map([[id, { ...ASKED, customer: customerId }]]),
    movements,
    handled: new Set(
      events.flatMap(({ id, name }) =>
        CONSUMERS.filter((consumer) => subscribes(consumer, { name, highValue })).map(
          (consumer) => `${consumer}/${id}`,
        ),
      ),
    ),
    notices: events.flatMap((event) => {
      const toOperators = operatorsNotice(event, highValue);
      const contacts = { restaurant, ...(order.contact && { customer: order.contact }) };
      return [...noticesFor(event, contacts), ...(toOperators ? [toOperators] : [])];
    }),
    tooLate: new Set(),
    swept: 0,
    violations: [],
  };
  const { reference, transactionId } = payment;
  return {
    facts,
    entries: reference === undefined ? [] : [{ orderId: id, reference, state: 'charged' }],
    receipts: new Map(transactionId === undefined ? [] : [[id, aReceipt({ orderId: id, total, transactionId })]]),
    letters: [],
    undelivered: [],
    faults: NO_FAULTS,
    atRest: true,
  };
}

function problemsOf({
  facts,
  entries,
  receipts,
  letters,
  undelivered,
  faults,
  atRest,
}: Left): Promise<readonly string[]> {
  const world = {
    chronicle: { chronicle: () => facts },
    ledger: { byOrder: async (id: string) => entries.filter(({ orderId }) => orderId === id) },
    receipts: { get: async (id: string) => receipts.get(id) },
    platform: { letters: () => letters, left: () => undelivered },
    plan: { faults },
  };
  return invariants(world as unknown as World, { steps: 1, faults: 0, atRest });
}

const good = leftBy(confirmed, C);
const late = leftBy(timedOut(300_000), C, R);

const withFacts = (facts: Partial<Chronicle>, left = good): Left => ({ ...left, facts: { ...left.facts, ...facts } });
const without = <T>(all: ReadonlySet<T>, gone: T): ReadonlySet<T> => new Set([...all].filter((one) => one !== gone));
const answered = (answer: Partial<Acknowledged>, left = good): Left =>
  withFacts({ acknowledged: [{ kind: 'accept', by: 'alice', order: confirmed, ...answer }] }, left);
const both = (...orders: readonly Order[]) => new Map(orders.map((order) => [order.id, order] as const));
const noticeOf = (left: Left, part: string) => {
  const notice = left.facts.notices.find(({ key }) => key.includes(part));
  if (!notice) throw new Error(`there is no notice of ${part}`);
  return notice;
};
const unsent = (left: Left, part: string): Left =>
  withFacts({ notices: left.facts.notices.filter((notice) => notice !== noticeOf(left, part)) }, left);
const receiptOf = (left: Left, change: Partial<Receipt>): Left => ({
  ...left,
  receipts: new Map([[pending.id, aReceipt({ orderId: pending.id, ...change })]]),
});
const withMovement = (kind: 'charge' | 'refund', change: Partial<Movement>): Left =>
  leftBy(refunded, ...[C, R].map((movement) => (movement.kind === kind ? { ...movement, ...change } : movement)));

describe('the invariants', () => {
  it.each([
    ['failed', leftBy(failed)],
    ['was cancelled', leftBy(cancelled)],
    ['is confirmed', good],
    ['is being made', leftBy(processing, C)],
    ['is on its way', leftBy(shipped, C)],
    ['was delivered', leftBy(delivered, C)],
    ['was refunded', leftBy(refunded, C, R)],
    ['is with the operators', leftBy(refundFailed, C)],
    ['was given its time by the restaurant', late],
    ['was given its time but for what clocks differ by', leftBy(timedOut(294_500), C, R)],
    ['was not approved', leftBy(expired(DAY))],
    ['was not approved in a day but for what clocks differ by', leftBy(expired(DAY - 5_500))],
    ['was answered', answered({ expectedVersion: 4, order: confirmed })],
    ['was changed as asked', answered({ expectedVersion: 3, order: confirmed })],
    ['was changed by two events of one write', answered({ expectedVersion: 2, order: confirmed })],
    ['was cancelled as answered', answered({ kind: 'cancel', order: cancelled }, leftBy(cancelled))],
    ['was refunded as answered', answered({ kind: 'cancel', order: refunding }, leftBy(refunded, C, R))],
    ['was approved as answered', answered({ kind: 'approve', order: approved }, leftBy(approvedInVain))],
    [
      'was accepted as answered, and given back by the operators',
      answered({ order: confirmed }, leftBy(givenBack, C, R)),
    ],
    ['was rejected as answered', answered({ kind: 'reject', order: rejected }, leftBy(rejected))],
    ['goes to its new address as answered', answered({ kind: 'change-address', order: changed }, leftBy(changed, C))],
    [
      'was asked for in two ways',
      withFacts({
        asked: new Map([
          [
            pending.id,
            {
              ...ASKED,
              restaurants: new Set(['rest-2', 'rest-1']),
              addresses: new Set(['home', '1 Main Street']),
            },
          ],
        ]),
      }),
    ],
    ['was swept where things went wrong', withFacts({ swept: 1 }, { ...good, faults: { ...NO_FAULTS, stall: 0.1 } })],
    [
      'was opened twice',
      { ...good, entries: [...good.entries, { ...good.entries[0], reference: 'pay_2', state: 'sealed' }] },
    ],
    ['is told of twice', withFacts({ notices: [...good.facts.notices, ...good.facts.notices] })],
  ] as const)('find nothing wrong with an order that %s', async (_, left) => {
    expect(await problemsOf(left as Left)).toEqual([]);
  });

  it('let a notice be left out that is too late, unless it is for the operators', async () => {
    const { eventId } = noticeOf(late, 'operators');
    const tooLate = { tooLate: new Set([eventId]) };
    expect(await problemsOf(withFacts(tooLate, unsent(late, `${eventId}/customer`)))).toEqual([]);
    expect(await problemsOf(withFacts(tooLate, unsent(late, `${eventId}/operators`)))).toEqual([
      expect.stringContaining('operators was never sent'),
    ]);
  });

  it.each([
    ['what was found on the way', withFacts({ violations: ['a violation'] }), 'a violation'],
    [
      'an acknowledged order that is lost',
      answered({ order: cancelled, kind: 'place' }, withFacts({ orders: new Map() }, leftBy(cancelled))),
      'an acknowledged order is lost',
    ],
    ['an order that nobody asked for', withFacts({ asked: new Map() }), 'nobody asked for this order'],
    [
      'an order that another customer asked for',
      withFacts({ asked: new Map([[pending.id, { ...ASKED, customer: 'bob' }]]) }),
      "it is alice's, and bob asked for it",
    ],
    [
      'a restaurant that nobody asked',
      withFacts({ asked: new Map([[pending.id, { ...ASKED, restaurants: new Set(['rest-2']) }]]) }),
      'nobody asked rest-1 for it',
    ],
    [
      'an address that nobody asked for',
      withFacts({ asked: new Map([[pending.id, { ...ASKED, addresses: new Set(['home']) }]]) }),
      'it goes to 1 Main Street, which nobody asked for',
    ],
    [
      'the new address of an order that nobody had changed',
      leftBy({ ...confirmed, deliveryAddress: 'elsewhere' }, C),
      'it goes to elsewhere, which nobody asked for',
    ],
    [
      'an order that was changed, and goes to the old address',
      leftBy({ ...changed, deliveryAddress: '1 Main Street' }, C),
      'it goes to 1 Main Street, which nobody asked for',
    ],
    [
      'an order that was changed, and goes to a third address',
      leftBy({ ...changed, deliveryAddress: 'nowhere' }, C),
      'it goes to nowhere, which nobody asked for',
    ],
    [
      'a new address that was acknowledged, and lost',
      answered({ kind: 'change-address', order: { ...changed, deliveryAddress: '1 Main Street' } }, leftBy(changed, C)),
      'its new address was acknowledged, and lost',
    ],
    ['an order that is stuck', leftBy(pending), 'it does not end: pending at undefined'],
    ['an order stuck in a refund', leftBy(refunding, C, R), 'it does not end: refunding at undefined'],
    [
      'an order that ended and still has something to run',
      leftBy({ ...cancelled, position: aPosition({ state: 'ValidateOrder' }) }),
      'it does not end: cancelled at ValidateOrder',
    ],
    [
      'a charge by another payment than the order’s',
      withMovement('charge', { reference: 'pay_2' }),
      "another payment than the order's was moved",
    ],
    [
      'a refund by another payment than the order’s',
      withMovement('refund', { reference: 'pay_2' }),
      "another payment than the order's was moved",
    ],
    [
      'a payment that can still be charged',
      { ...leftBy(failed), entries: [{ orderId: failed.id, reference: REFERENCE, state: 'open' }] },
      'it is payment_failed, and its payment can still be charged',
    ],
    [
      'a charge without a receipt',
      { ...good, receipts: new Map() },
      'its receipt says undefined, and it was charged by txn_1',
    ],
    ['a receipt of another charge', receiptOf(good, { transactionId: 'txn_2' }), 'its receipt says txn_2'],
    ['a receipt without a charge', receiptOf(leftBy(failed), { transactionId: 'txn_2' }), 'charged by undefined'],
    [
      'a receipt of another amount',
      receiptOf(good, { total: { amount: 1, currency: 'USD' } }),
      'its receipt says 0.01 USD, and it cost 15.99 USD',
    ],
    [
      'a receipt in another currency',
      receiptOf(good, { total: { amount: 1599, currency: 'JPY' } }),
      'its receipt says 1599 JPY, and it cost 15.99 USD',
    ],
    [
      'a restaurant that had too little time',
      leftBy(timedOut(294_499), C, R),
      'the restaurant had less time than promised',
    ],
    ['operators who had too little time', leftBy(expired(DAY - 5_501)), 'the operators had less time than promised'],
    [
      'an event that was not handled',
      withFacts({ handled: without(good.facts.handled, `notify/${pending.id}:2`) }),
      'notify never handled event 2 (status_changed)',
    ],
    [
      'a charge that was not handled',
      withFacts({ handled: without(good.facts.handled, `receipt/${pending.id}:3`) }),
      'receipt never handled event 3 (payment_charged)',
    ],
    [
      'an alert that was not handled',
      withFacts({ handled: without(late.facts.handled, `operators/${pending.id}:4`) }, late),
      'operators never handled event 4 (restaurant_timeout)',
    ],
    ['a notice that the customer was not sent', unsent(good, ':1/customer/email'), ':1/customer/email was never sent'],
    [
      'a notice that the restaurant was not sent',
      unsent(good, ':3/restaurant/email'),
      ':3/restaurant/email was never sent',
    ],
    [
      'an alert that the operators were not sent',
      unsent(leftBy(refundFailed, C), ':5/operators/operators'),
      ':5/operators/operators was never sent',
    ],
    [
      'a notice of high value that the operators were not sent',
      unsent(leftBy(expired(DAY)), ':1/operators/operators'),
      ':1/operators/operators was never sent',
    ],
    [
      'a notice with another text',
      withFacts({ notices: [...good.facts.notices, { ...noticeOf(good, ':1/'), text: 'Hello' }] }),
      `nothing calls for notice ${pending.id}:1/customer/email`,
    ],
    [
      'a notice that nothing calls for',
      withFacts({ notices: [...good.facts.notices, { ...noticeOf(good, ':1/'), key: 'odd' }] }),
      'nothing calls for notice odd',
    ],
    [
      'a notice that went to somebody else',
      withFacts({ notices: good.facts.notices.map((one) => (one.key.includes(':1/') ? { ...one, to: 'bob' } : one)) }),
      `nothing calls for notice ${pending.id}:1/customer/email to bob`,
    ],
    [
      'a notice that went to somebody else, too, and before the right one',
      withFacts({ notices: [{ ...noticeOf(good, ':1/'), to: 'bob' }, ...good.facts.notices] }),
      `nothing calls for notice ${pending.id}:1/customer/email to bob`,
    ],
    [
      'a notice with another text, and the right one after it',
      withFacts({ notices: [{ ...noticeOf(good, ':1/'), text: 'Hello' }, ...good.facts.notices] }),
      `nothing calls for notice ${pending.id}:1/customer/email`,
    ],
    [
      'an answer that told what did not stay',
      answered({ order: refunding }),
      'accept was answered with what is not in the timeline: status_changed',
    ],
    [
      'an answer that told more than there is',
      answered({ order: processing }),
      'accept was answered with what is not in the timeline',
    ],
    ['a stranger who was shown the order', answered({ kind: 'intrude' }), 'a stranger was shown the order'],
    ['a customer who was given another one’s order', answered({ by: 'bob' }), 'bob was given the order of alice'],
    [
      'a cancellation that was forgotten',
      answered({ kind: 'cancel' }),
      'its cancellation was acknowledged, and it is confirmed',
    ],
    ['a refusal that was forgotten', answered({ kind: 'refuse' }), 'it was refused, and it is confirmed'],
    [
      'a change of another version than was asked for',
      answered({ expectedVersion: 1 }),
      'version 1 was asked for, and version 4 came of it',
    ],
    [
      'a change of a version that is yet to come',
      answered({ expectedVersion: 5 }),
      'version 5 was asked for, and version 4 came of it',
    ],
    [
      'a change of a version that two writes had followed',
      answered({ kind: 'place', expectedVersion: 3, order: timedOut(300_000) }, late),
      'version 3 was asked for, and version 5 came of it',
    ],
    [
      'a restaurant that had answered, and ran out of time',
      leftBy(timedOutAfter('confirmed'), C, R),
      'the restaurant had answered',
    ],
    [
      'a restaurant that ran out of time before anything was paid',
      leftBy(timedOutAfter('charging'), C, R),
      'and its time ran out all the same',
    ],
    ['a restaurant whose time ran out twice', leftBy(timedOutAfter('refunding'), C, R), 'the restaurant had answered'],
    [
      'an acceptance that time overruled',
      answered({ order: paid }, late),
      'accept was acknowledged, and something else',
    ],
    [
      'an acceptance that a refusal overruled',
      answered({ order: paid }, leftBy(refunded, C, R)),
      'accept was acknowledged',
    ],
    [
      'an approval that time overruled',
      answered({ kind: 'approve', order: awaiting }, leftBy(expired(DAY))),
      'approve was acknowledged',
    ],
    [
      'an approval that a rejection overruled',
      answered({ kind: 'approve', order: awaiting }, leftBy(rejected)),
      'approve was acknowledged',
    ],
    ['a rejection that was forgotten', answered({ kind: 'reject' }), 'reject was acknowledged, and something else'],
    [
      'a message that was given up on',
      { ...good, letters: [{ queue: 'notify', orderId: pending.id, error: 'no' }] },
      `${pending.id}: a message of notify was given up on: no`,
    ],
    [
      'a second payment that nobody sealed',
      { ...good, entries: [...good.entries, { ...good.entries[0], reference: 'pay_2', state: 'open' }] },
      'a payment that it does not claim is open, and was not sealed by the reconciliation',
    ],
    ['a charge that is told of twice', leftBy(toldTwice, C), '2 events tell of 1 times a charge'],
    ['what was left over', { ...good, undelivered: ['notify/ord_a:1'] }, 'this was left over: notify/ord_a:1'],
    [
      'work for the sweeper though nothing went wrong',
      withFacts({ swept: 1 }),
      'the sweeper had work though nothing went wrong',
    ],
  ] as const)('find %s', async (_, left, problem) => {
    const problems = await problemsOf(left as Left);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['a failed order that was charged', leftBy(failed, C), 'it is payment_failed, and charge was moved'],
    ['a cancelled order that was charged', leftBy(cancelled, C), 'it is cancelled, and charge was moved'],
    [
      'a rejected order that was charged',
      leftBy(expired(DAY), { ...C, orderId: costly.id, amount: costly.total }),
      'it is rejected, and charge was moved',
    ],
    ['a double charge', leftBy(confirmed, C, C), 'it is confirmed, and charge and charge was moved'],
    ['a confirmed order that was not charged', leftBy(confirmed), 'it is confirmed, and nothing was moved'],
    [
      'an order being made that was refunded',
      leftBy(processing, C, R),
      'it is processing, and charge and refund was moved',
    ],
    ['an order on its way that was not charged', leftBy(shipped), 'it is shipped, and nothing was moved'],
    [
      'a delivered order that was refunded',
      leftBy(delivered, C, R),
      'it is delivered, and charge and refund was moved',
    ],
    ['a refund that is missing', leftBy(refunded, C), 'it is refunded, and charge was moved'],
    ['a double refund', leftBy(refunded, C, R, R), 'it is refunded, and charge and refund and refund was moved'],
    ['a refund that did not fail', leftBy(refundFailed, C, R), 'it is refund_failed, and charge and refund was moved'],
    [
      'a charge of another amount',
      withMovement('charge', { amount: { amount: 1, currency: 'USD' } }),
      'another amount',
    ],
    [
      'a refund of another amount',
      withMovement('refund', { amount: { amount: 1, currency: 'USD' } }),
      'another amount',
    ],
  ] as const)('find %s, and that the books do not balance', async (_, left, problem) => {
    const problems = await problemsOf(left);
    expect(problems.filter((one) => one.includes(problem))).toHaveLength(1);
    expect(problems.filter((one) => one.startsWith('the books hold'))).toHaveLength(1);
  });

  it('find money in the books that no order accounts for', async () => {
    expect(await problemsOf(withFacts({ movements: [C, { ...C, orderId: 'ord_nobody' }] }))).toEqual([
      'the books hold 3198, and the kept orders cost 1599',
    ]);
  });

  it('look at every order by itself', async () => {
    const other = leftBy(expired(DAY));
    const facts = {
      orders: both(confirmed, expired(DAY)),
      asked: new Map([...good.facts.asked, ...other.facts.asked]),
      handled: new Set([...good.facts.handled, ...other.facts.handled]),
      notices: [...good.facts.notices, ...other.facts.notices],
    };
    expect(await problemsOf(withFacts(facts))).toEqual([]);
    const problems = await problemsOf(withFacts({ ...facts, handled: good.facts.handled }));
    expect(problems).not.toEqual([]);
    expect(problems.filter((problem) => !problem.startsWith(`${costly.id}: `))).toEqual([]);
  });

  it('judge what was found on the way and the money when a history does not come to rest', async () => {
    const left = withFacts({ violations: ['a violation'], handled: new Set(), swept: 1 }, leftBy(failed, C));
    const problems = await problemsOf({ ...left, atRest: false });
    const moved = expect.stringContaining('it is payment_failed, and charge was moved');
    const untold = expect.stringContaining('0 events tell of 1 times a charge');
    expect(problems).toEqual(['a violation', 'it does not come to rest', moved, untold]);
  });
});

/** The time of its restaurant ran out when the order was not paid, but in this status. */
function timedOutAfter(previousStatus: OrderStatus): Order {
  const order = timedOut(300_000);
  const timeline = order.timeline.map(
    (entry): TimelineEntry => (entry.name === 'restaurant_timeout' ? { ...entry, previousStatus } : entry),
  );
  return { ...order, timeline };
}
