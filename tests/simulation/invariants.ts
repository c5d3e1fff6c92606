import { eventsAfter, type OrderEvent } from '../../shared/domain/events.ts';
import { formatMoney, sameMoney } from '../../shared/domain/money.ts';
import { type Notice, noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import type { Order, OrderStatus } from '../../shared/domain/order.ts';
import type { Receipt } from '../../shared/domain/receipt.ts';
import { CONSUMERS, DEFAULT_THRESHOLDS, isHighValue, subscribes } from '../../shared/domain/rules.ts';
import type { LedgerEntry, Movement } from '../../shared/ports/payment-ledger.ts';
import { MOVED_AT_END } from '../moved-at-end.ts';
import { type Acknowledged, type Chronicle, sameEntry } from './chronicle.ts';
import { mustHear } from './own-rules.ts';
import { ELSEWHERE } from './people.ts';
import type { ActKind } from './plan.ts';
import type { Settled } from './scheduler.ts';
import { TIMES } from './times.ts';
import type { World } from './world.ts';

const KEPT: readonly OrderStatus[] = ['confirmed', 'processing', 'shipped', 'delivered', 'refund_failed'];

/** A timer may be early by this: clocks differ by two seconds, and a second is tolerated. */
const EARLY_MS = 5_500;

/** Everything that a history at its end has to keep; answers what it has not. The provider's books are believed, nobody else. */
export async function invariants(world: World, settled: Settled): Promise<readonly string[]> {
  const { chronicle, ledger, receipts, platform, plan } = world;
  const facts = chronicle.chronicle();
  const orders = [...facts.orders.values()];
  const receiptOf = new Map<string, Receipt | undefined>();
  const entriesOf = new Map<string, readonly LedgerEntry[]>();
  for (const { id } of orders) {
    receiptOf.set(id, await receipts.get(id));
    entriesOf.set(id, await ledger.byOrder(id));
  }
  const calm = Object.values(plan.faults).every((rate) => rate === 0);
  const money = orders.flatMap((order) =>
    about(order, moneyProblems(order, facts.movements, entriesOf.get(order.id) ?? [])),
  );
  if (!settled.atRest) return [...facts.violations, 'it does not come to rest', ...money];
  return [
    ...facts.violations,
    ...placementProblems(facts),
    ...money,
    ...orders.flatMap((order) => about(order, receiptProblems(order, receiptOf.get(order.id)))),
    ...orders.flatMap((order) => about(order, timeProblems(order))),
    ...orders.flatMap((order) => about(order, consumerProblems(order, facts))),
    ...facts.acknowledged.flatMap((answer) => about(answer.order, answerProblems(answer, facts))),
    ...balanceProblems(orders, facts.movements),
    ...platform
      .letters()
      .map(({ queue, orderId, error }) => `${orderId}: a message of ${queue} was given up on: ${error}`),
    ...platform.left().map((name) => `this was left over: ${name}`),
    ...(calm && facts.swept > 0 ? ['the sweeper had work though nothing went wrong'] : []),
  ];
}

function about({ id }: Order, problems: readonly string[]): string[] {
  return problems.map((problem) => `${id}: ${problem}`);
}

/** Every acknowledged order exists, and every order was asked for by the customer and key that its id is made of. */
function placementProblems({ orders, asked, acknowledged }: Chronicle): string[] {
  const lost = acknowledged
    .filter(({ order }) => !orders.has(order.id))
    .map(({ order }) => `${order.id}: an acknowledged order is lost`);
  const strange = [...orders.values()].flatMap((order) => {
    const wish = asked.get(order.id);
    if (!wish) return [`${order.id}: nobody asked for this order`];
    if (wish.customer !== order.customerId) {
      return [`${order.id}: it is ${order.customerId}'s, and ${wish.customer} asked for it`];
    }
    const changed = order.timeline.some(({ reason }) => reason === 'address-changed');
    const address = changed ? order.deliveryAddress === ELSEWHERE : wish.addresses.has(order.deliveryAddress);
    return [
      ...(wish.restaurants.has(order.restaurantId) ? [] : [`${order.id}: nobody asked ${order.restaurantId} for it`]),
      ...(address ? [] : [`${order.id}: it goes to ${order.deliveryAddress}, which nobody asked for`]),
    ];
  });
  return [...lost, ...strange];
}

function moneyProblems(order: Order, all: readonly Movement[], entries: readonly LedgerEntry[]): string[] {
  const { id, status, total, payment, position } = order;
  const moved = all.filter(({ orderId }) => orderId === id);
  const kinds = moved.map(({ kind }) => kind).join(' and ') || 'nothing';
  const expected = MOVED_AT_END[status];
  if (!expected || position) return [`it does not end: ${status} at ${position?.state}`];
  const expectedKinds = expected.join(' and ') || 'nothing';
  const open = entries.some(({ reference, state }) => reference === payment.reference && state === 'open');
  return [
    ...(kinds === expectedKinds ? [] : [`it is ${status}, and ${kinds} was moved`]),
    ...(moved.every(({ amount }) => amount.amount === total.amount) ? [] : ['another amount than the total was moved']),
    ...(moved.every(({ reference }) => reference === payment.reference)
      ? []
      : ["another payment than the order's was moved"]),
    ...(open ? [`it is ${status}, and its payment can still be charged`] : []),
    ...entries
      .filter(({ reference, state }) => reference !== payment.reference && state !== 'sealed')
      .map(({ state }) => `a payment that it does not claim is ${state}, and was not sealed by the reconciliation`),
    ...eventProblems(order, moved),
  ];
}

/** What is told of money is what was moved, once each. */
function eventProblems({ timeline }: Order, moved: readonly Movement[]): string[] {
  const told = { charge: 'payment_charged', refund: 'payment_refunded' } as const;
  return (['charge', 'refund'] as const).flatMap((kind) => {
    const events = timeline.filter(({ name }) => name === told[kind]).length;
    const movements = moved.filter((movement) => movement.kind === kind).length;
    return events === movements ? [] : [`${events} events tell of ${movements} times a ${kind}`];
  });
}

/** What was charged and not given back is what the orders cost that are kept. */
function balanceProblems(orders: readonly Order[], movements: readonly Movement[]): string[] {
  const balance = movements.reduce(
    (sum, { kind, amount }) => sum + (kind === 'charge' ? amount.amount : -amount.amount),
    0,
  );
  const kept = orders.filter(({ status }) => KEPT.includes(status)).reduce((sum, { total }) => sum + total.amount, 0);
  return balance === kept ? [] : [`the books hold ${balance}, and the kept orders cost ${kept}`];
}

function receiptProblems({ payment, total }: Order, receipt: Receipt | undefined): string[] {
  if (payment.transactionId !== receipt?.transactionId) {
    return [`its receipt says ${receipt?.transactionId}, and it was charged by ${payment.transactionId}`];
  }
  const right = receipt === undefined || sameMoney(receipt.total, total);
  return right ? [] : [`its receipt says ${formatMoney(receipt.total)}, and it cost ${formatMoney(total)}`];
}

/** Nobody is given less time than promised. */
function timeProblems({ timeline }: Order): string[] {
  return timeline.flatMap((entry) => {
    const began = (status: OrderStatus) =>
      timeline.find((one) => one.status === status)?.at ?? Number.NEGATIVE_INFINITY;
    const early = (since: number, ms: number) => entry.at - since < ms - EARLY_MS;
    if (entry.name === 'restaurant_timeout' && early(began('paid'), TIMES.confirmationTimeoutMs))
      return ['the restaurant had less time than promised'];
    if (entry.name === 'restaurant_timeout' && entry.previousStatus !== 'paid')
      return ['the restaurant had answered, and its time ran out all the same'];
    if (entry.reason === 'approval-expired' && early(began('awaiting_approval'), TIMES.approvalTimeoutMs))
      return ['the operators had less time than promised'];
    return [];
  });
}

/** Every event reaches everybody who subscribes; every notice is sent, and says what its event says. */
function consumerProblems(order: Order, { handled, notices, tooLate }: Chronicle): string[] {
  const highValue = isHighValue(order.total, DEFAULT_THRESHOLDS);
  const sent = notices.filter(({ orderId }) => orderId === order.id);
  const keys = new Set(sent.map(({ key }) => key));
  const events = eventsAfter(order, 0);
  const expected = new Map(
    events.flatMap((event) => expectedNotices(order, event, highValue)).map((notice) => [notice.key, notice]),
  );
  const unhandled = events.flatMap((event) =>
    CONSUMERS.filter(
      (consumer) => subscribes(consumer, { name: event.name, highValue }) && !handled.has(`${consumer}/${event.id}`),
    ).map((consumer) => `${consumer} never handled event ${event.sequence} (${event.name})`),
  );
  return [
    ...unhandled,
    ...unheardProblems(order, [...expected.values()]),
    ...[...expected.values()]
      .filter(({ key, eventId, channel }) => !keys.has(key) && (channel === 'operators' || !tooLate.has(eventId)))
      .map(({ key }) => `notice ${key} was never sent`),
    ...sent
      .filter(({ key, text, to }) => expected.get(key)?.text !== text || expected.get(key)?.to !== to)
      .map(({ key, to }) => `nothing calls for notice ${key} to ${to}`),
  ];
}

/** By the judge's own list: what the product does not even mean to tell. */
function unheardProblems({ id, timeline, contact }: Order, meant: readonly Notice[]): string[] {
  return timeline.flatMap((entry) =>
    mustHear(entry)
      .filter((recipient) => recipient !== 'customer' || contact !== undefined)
      .filter(
        (recipient) =>
          !meant.some((notice) => notice.eventId === `${id}:${entry.sequence}` && notice.recipient === recipient),
      )
      .map((recipient) => `nobody means to tell ${recipient} of event ${entry.sequence} (${entry.name})`),
  );
}

function expectedNotices(order: Order, event: OrderEvent, highValue: boolean): Notice[] {
  const restaurant = { email: `kitchen@${order.restaurantId}.example` };
  const toOperators = operatorsNotice(event, highValue);
  return [
    ...noticesFor(event, { restaurant, ...(order.contact && { customer: order.contact }) }),
    ...(toOperators ? [toOperators] : []),
  ];
}

const GIVEN_UP: readonly OrderStatus[] = ['cancelled', 'refunding', 'refunded', 'refund_failed'];

/** An answer stays true: what it showed is the beginning of what came to be. */
function answerProblems({ kind, by, order, expectedVersion }: Acknowledged, { orders }: Chronicle): string[] {
  const last = orders.get(order.id);
  if (!last) return [];
  const told = order.timeline.every((entry, index) => sameEntry(entry, last.timeline[index]));
  const said = order.timeline.at(-1);
  const written = expectedVersion === undefined || order.version === expectedVersion || isNext(order, expectedVersion);
  return [
    ...(told ? [] : [`${kind} was answered with what is not in the timeline: ${said?.name}`]),
    ...(kind === 'intrude' ? ['a stranger was shown the order'] : []),
    ...(kind !== 'intrude' && order.customerId !== by ? [`${by} was given the order of ${order.customerId}`] : []),
    ...(kind === 'change-address' && order.deliveryAddress !== ELSEWHERE
      ? ['its new address was acknowledged, and lost']
      : []),
    ...(kind === 'cancel' && !GIVEN_UP.includes(last.status)
      ? [`its cancellation was acknowledged, and it is ${last.status}`]
      : []),
    ...(kind === 'refuse' && !GIVEN_UP.includes(last.status) ? [`it was refused, and it is ${last.status}`] : []),
    ...(overruled(kind, last) ? [`${kind} was acknowledged, and something else was done`] : []),
    ...(written ? [] : [`version ${expectedVersion} was asked for, and version ${order.version} came of it`]),
  ];
}

/** What may not come after an answer was acknowledged. */
function overruled(kind: ActKind, { timeline, status }: Order): boolean {
  const has = (reason: string) => timeline.some((entry) => entry.reason === reason);
  if (kind === 'accept') return has('restaurant-timeout') || has('restaurant-refused');
  if (kind === 'approve') return has('approval-expired') || has('approval-refused');
  return kind === 'reject' && status !== 'rejected';
}

/** Whether the last write began at `version`: a write may add two events, which share an instant. */
function isNext({ timeline, version }: Order, expectedVersion: number): boolean {
  const [before, last] = timeline.slice(-2);
  return version === expectedVersion + 1 || (version === expectedVersion + 2 && before?.at === last?.at);
}
