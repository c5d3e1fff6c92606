import { eventsAfter } from '../../shared/domain/events.ts';
import { type Notice, noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import type { Order, TimelineEntry } from '../../shared/domain/order.ts';
import type { Receipt } from '../../shared/domain/receipt.ts';
import { DEFAULT_THRESHOLDS, isHighValue } from '../../shared/domain/rules.ts';
import { mayMove } from '../../shared/domain/transitions.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import { MOVED_AT_END } from '../moved-at-end.ts';
import type { DataFiles } from './data-files.ts';

/** What was promised to the platform's clients. */
export interface Promised {
  /** The id of every order that was placed, each once. */
  readonly orderIds: readonly string[];
  readonly acts: readonly AcknowledgedAct[];
}

/** An act that was answered with success, and what of it the timeline has to show. */
export interface AcknowledgedAct {
  readonly orderId: string;
  readonly trace: Trace;
}

export type Trace = Partial<Pick<TimelineEntry, 'status' | 'reason'>>;

/** What it has to have moved while the order waits for people. */
const MOVED_WHILE_WAITING: typeof MOVED_AT_END = { awaiting_approval: [], paid: ['charge'] };

/**
 * Everything that is wrong with what a platform left behind that has come to rest at the time `now`; empty when it has kept its
 * promises. Nothing here believes the platform: the money is what the gateway's own books say, and what has to have been sent
 * follows from the timelines.
 */
export function judge(files: DataFiles, promised: Promised, now: number): string[] {
  const { orders, changes, messages, deadLetters, paymentsOf, movements, notices, receipts } = files;
  const known = new Set(orders.map(({ id }) => id));
  const asked = new Set(promised.orderIds);
  const [movedBy, sentBy, receiptBy, actsBy] = [
    byOrder(movements),
    byOrder(notices),
    byOrder(receipts),
    byOrder(promised.acts),
  ];
  return [
    ...promised.orderIds.filter((id) => !known.has(id)).map((id) => `${id}: this order is lost`),
    ...orders.filter(({ id }) => !asked.has(id)).map(({ id }) => `${id}: nobody placed this order`),
    ...[...paymentsOf, ...movements.map(({ orderId }) => orderId)]
      .filter((id) => !known.has(id))
      .map((id) => `${id}: the gateway knows of this order, and it does not exist`),
    ...changes.map((id) => `${id}: this change was never relayed`),
    ...messages.map((message) => `${message}: this message was never done`),
    ...deadLetters.map((letter) => `${letter}: this message was given up on`),
    ...orders.flatMap((order) => {
      const { id } = order;
      const facts = {
        moved: movedBy(id),
        sent: sentBy(id),
        receipts: receiptBy(id),
        acts: actsBy(id),
      };
      return judgeOrder(order, facts, now).map((problem) => `${id}: ${problem}`);
    }),
  ];
}

interface Facts {
  readonly moved: readonly Movement[];
  readonly sent: readonly Notice[];
  readonly receipts: readonly Receipt[];
  readonly acts: readonly AcknowledgedAct[];
}

function judgeOrder(order: Order, { moved, sent, receipts, acts }: Facts, now: number): string[] {
  return [
    ...moneyProblems(order, moved, now),
    ...receiptProblems(order, moved, receipts),
    ...timelineProblems(order),
    ...acts
      .filter(({ trace }) => !order.timeline.some((entry) => shows(entry, trace)))
      .map(({ trace }) => `an act that was acknowledged is not in the timeline: ${JSON.stringify(trace)}`),
    ...noticeProblems(order, sent),
  ];
}

function moneyProblems(order: Order, moved: readonly Movement[], now: number): string[] {
  const { status, position, total, payment } = order;
  const waiting = (position?.wait?.deadline ?? 0) > now;
  const expected = (waiting ? MOVED_WHILE_WAITING : MOVED_AT_END)[status];
  const kinds = moved.map(({ kind }) => kind).join(' and ') || 'nothing';
  const charges = moved.filter(({ kind }) => kind === 'charge').length;
  const refunds = moved.filter(({ kind }) => kind === 'refund').length;
  const strange = moved.filter(
    ({ amount, reference }) => amount.amount !== total.amount || reference !== payment.reference,
  );
  return [
    ...(expected ? [] : [`stuck: it is ${status}`]),
    ...(charges > 1 ? [`charged ${charges} times`] : []),
    ...(refunds > charges ? [`refunded ${refunds} times for ${charges} charges`] : []),
    ...(expected && kinds !== (expected.join(' and ') || 'nothing') ? [`it is ${status}, and ${kinds} was moved`] : []),
    ...strange.map(({ kind }) => `a ${kind} of another amount or payment than the order's`),
  ];
}

function receiptProblems({ payment, total }: Order, moved: readonly Movement[], receipts: readonly Receipt[]) {
  const charged = moved.some(({ kind }) => kind === 'charge');
  const [receipt] = receipts;
  if (!receipt) return charged ? ['charged without a receipt'] : [];
  if (!charged) return ['a receipt without a charge'];
  const same = receipt.transactionId === payment.transactionId && receipt.total.amount === total.amount;
  return same ? [] : ['the receipt is of another charge'];
}

function timelineProblems({ timeline, status, sequence }: Order): string[] {
  const legal = timeline.every((entry, index) => {
    const before = timeline[index - 1];
    if (entry.sequence !== index + 1) return false;
    return before === undefined || entry.status === before.status || mayMove(before.status, entry.status);
  });
  const complete = timeline.length === sequence && timeline.at(-1)?.status === status;
  return legal && complete ? [] : ['the timeline has a gap, or a move that is not possible'];
}

function shows(entry: TimelineEntry, { status, reason }: Trace): boolean {
  return (status === undefined || entry.status === status) && (reason === undefined || entry.reason === reason);
}

/** Repeats are allowed: a crash may come between a send and its record. */
function noticeProblems(order: Order, sent: readonly Notice[]): string[] {
  const expected = new Map(expectedNotices(order).map((notice) => [notice.key, notice.text]));
  const found = new Map(sent.map(({ key, text }) => [key, text]));
  return [
    ...[...expected.keys()].filter((key) => !found.has(key)).map((key) => `this notice was never sent: ${key}`),
    ...[...found].filter(([key, text]) => expected.get(key) !== text).map(([key]) => `nothing calls for notice ${key}`),
  ];
}

function expectedNotices(order: Order): Notice[] {
  const highValue = isHighValue(order.total, DEFAULT_THRESHOLDS);
  const restaurant = { email: `kitchen@${order.restaurantId}.example` };
  return eventsAfter(order, 0).flatMap((event) => {
    const toOperators = operatorsNotice(event, highValue);
    return [
      ...noticesFor(event, { restaurant, ...(order.contact && { customer: order.contact }) }),
      ...(toOperators ? [toOperators] : []),
    ];
  });
}

function byOrder<T extends { readonly orderId: string }>(found: readonly T[]): (orderId: string) => readonly T[] {
  const groups = Map.groupBy(found, ({ orderId }) => orderId);
  return (orderId) => groups.get(orderId) ?? [];
}
