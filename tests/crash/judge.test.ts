import { describe, expect, it } from 'vitest';
import { eventsAfter } from '../../shared/domain/events.ts';
import { noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import type { Order } from '../../shared/domain/order.ts';
import { receiptFor } from '../../shared/domain/receipt.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import { after, anOrder, aPosition, aReceipt, NOON } from '../fixtures.ts';
import type { DataFiles } from './data-files.ts';
import { judge, type Trace } from './judge.ts';

const REFERENCE = 'pay_1';
const DEADLINE = NOON + 1_000;
const WAIT = { id: 'wait@3', deadline: DEADLINE, since: NOON, alerted: false };

const customer = { email: 'ada@customers.example' };
const restaurant = { email: 'kitchen@rest-1.example' };
const pending = anOrder({ contact: customer });
const charging = after(pending, { type: 'begin-charge', reference: REFERENCE }).order;
const failed = after(charging, { type: 'record-sealed' }).order;
const paid = after(charging, { type: 'record-charge', transactionId: 'txn_1' }).order;
const waiting = {
  ...paid,
  position: aPosition({ state: 'WaitForRestaurantConfirmation', wait: WAIT, dueAt: DEADLINE }),
};
const confirmed = after(paid, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' }).order;
const refunding = after(paid, { type: 'expire-confirmation' }).order;
const refunded = after(refunding, { type: 'record-refund', refundId: 're_1' }).order;
const refundFailed = after(refunding, { type: 'record-refund-failure', code: 'refused' }).order;
const cancelled = after(pending, { type: 'cancel', by: 'customer:alice' }).order;

const C: Movement = { kind: 'charge', reference: REFERENCE, orderId: pending.id, amount: pending.total, at: NOON };
const R: Movement = { ...C, kind: 'refund' };

/** What a platform leaves that did all that an order calls for. */
function filesOf(order: Order, ...movements: readonly Movement[]): DataFiles {
  const receipt = receiptFor(order);
  return {
    orders: [order],
    changes: [],
    messages: [],
    deadLetters: [],
    notices: eventsAfter(order, 0).flatMap((event) => {
      const toOperators = operatorsNotice(event, false);
      return [...noticesFor(event, { customer, restaurant }), ...(toOperators ? [toOperators] : [])];
    }),
    receipts: receipt ? [receipt] : [],
    paymentsOf: receipt ? [order.id] : [],
    movements,
  };
}

const good = filesOf(confirmed, C);
const [firstNotice, ...otherNotices] = good.notices;
const [firstReceipt] = good.receipts;

function verdict(files: DataFiles, { now = DEADLINE, trace }: { now?: number; trace?: Trace } = {}): string[] {
  const acts = trace ? [{ orderId: pending.id, trace }] : [];
  return judge(files, { orderIds: [pending.id], acts }, now);
}

describe('the judge of crashes', () => {
  it.each([
    ['confirmed', filesOf(confirmed, C)],
    ['failed', filesOf(failed)],
    ['cancelled', filesOf(cancelled)],
    ['refunded', filesOf(refunded, C, R)],
    ['in the hands of the operators', filesOf(refundFailed, C)],
  ])('finds nothing wrong with an order that is %s', (_, files) => {
    expect(verdict(files)).toEqual([]);
  });

  it('lets an order wait for people until their time is over', () => {
    expect(verdict(filesOf(waiting, C), { now: DEADLINE - 1 })).toEqual([]);
    expect(verdict(filesOf(waiting, C), { now: DEADLINE })).toEqual([`${pending.id}: stuck: it is paid`]);
    expect(verdict(filesOf(waiting), { now: DEADLINE - 1 }).join()).toContain('it is paid, and nothing was moved');
  });

  it('lets a notice be sent twice', () => {
    expect(verdict({ ...good, notices: [...good.notices, ...good.notices] })).toEqual([]);
  });

  it('finds an act that was acknowledged in the timeline, or misses it', () => {
    expect(verdict(good, { trace: { status: 'confirmed' } })).toEqual([]);
    expect(verdict(filesOf(refunded, C, R), { trace: { reason: 'restaurant-timeout' } })).toEqual([]);
    expect(verdict(filesOf(refunded, C, R), { trace: { status: 'confirmed' } }).join()).toContain('act');
    expect(verdict(good, { trace: { status: 'confirmed', reason: 'approved' } }).join()).toContain('act');
  });

  it.each([
    ['an order that is lost', { ...good, orders: [] }, 'this order is lost'],
    ['an order that nobody placed', { ...good, orders: [confirmed, anOrder()] }, 'nobody placed this order'],
    ['a double charge', filesOf(confirmed, C, C), 'charged 2 times'],
    ['a double charge that was given back once', filesOf(refunded, C, C, R), 'charged 2 times'],
    ['a charge by a payment that is not the order’s', filesOf(confirmed, { ...C, reference: 'pay_2' }), 'another'],
    ['a charge of another amount', filesOf(confirmed, { ...C, amount: { amount: 1, currency: 'USD' } }), 'another'],
    ['a charge of an order that has failed', filesOf(failed, C), 'it is payment_failed, and charge was moved'],
    ['a charge of an order that was cancelled', filesOf(cancelled, C), 'it is cancelled, and charge was moved'],
    ['a confirmed order that was not charged', filesOf(confirmed), 'it is confirmed, and nothing was moved'],
    ['a confirmed order that was refunded', filesOf(confirmed, C, R), 'charge and refund was moved'],
    ['a refund that is missing', filesOf(refunded, C), 'it is refunded, and charge was moved'],
    ['a double refund', filesOf(refunded, C, R, R), 'refunded 2 times'],
    ['a refund that did not fail', filesOf(refundFailed, C, R), 'it is refund_failed, and charge and refund'],
    ['an order stuck in its first state', filesOf(pending), 'stuck: it is pending'],
    ['an order stuck in a charge', filesOf(charging, C), 'stuck: it is charging'],
    ['an order stuck in a refund', filesOf(refunding, C), 'stuck: it is refunding'],
    [
      'a charge of an order that does not exist',
      filesOf(confirmed, C, { ...C, orderId: 'ord_nobody' }),
      'does not exist',
    ],
    ['a payment of an order that does not exist', { ...good, paymentsOf: ['ord_nobody'] }, 'does not exist'],
    ['an event that was never published', { ...good, changes: ['ord_a@2'] }, 'was never relayed'],
    ['a message that was never done', { ...good, messages: ['notify ord_a 1'] }, 'was never done'],
    ['a message that was given up on', { ...good, deadLetters: ['notify ord_a 1'] }, 'was given up on'],
    ['a notice that was never sent', { ...good, notices: otherNotices }, 'was never sent'],
    [
      'a notice of something else',
      { ...good, notices: [{ ...firstNotice, text: 'Hello' }, ...otherNotices] },
      'calls for',
    ],
    ['a charge without a receipt', { ...good, receipts: [] }, 'without a receipt'],
    ['a receipt without a charge', { ...filesOf(failed), receipts: [firstReceipt] }, 'receipt without a charge'],
    [
      'a receipt of another charge',
      { ...good, receipts: [aReceipt({ orderId: pending.id, transactionId: 'x' })] },
      'another',
    ],
    ['a timeline with a gap', filesOf({ ...confirmed, timeline: confirmed.timeline.toSpliced(1, 1) }, C), 'a gap'],
    ['a timeline that ends before the status', filesOf({ ...confirmed, timeline: paid.timeline }, C), 'a gap'],
    ['a move that is not possible', filesOf(jumped(), C), 'not possible'],
  ] as const)('finds %s', (_, files, problem) => {
    expect(verdict(files as DataFiles).join('\n')).toContain(problem);
  });
});

/** From a charge straight to a confirmation. */
function jumped(): Order {
  const timeline = confirmed.timeline.map((one) =>
    one.status === 'paid' ? { ...one, status: 'pending' as const } : one,
  );
  return { ...confirmed, timeline };
}
