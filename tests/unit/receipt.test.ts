import { describe, expect, test } from 'vitest';
import type { Command } from '../../shared/domain/commands.ts';
import type { Order } from '../../shared/domain/order.ts';
import { receiptFor } from '../../shared/domain/receipt.ts';
import { aLineItem, anOrder, NOON, after as written } from '../fixtures.ts';

const PAID_AT = NOON + 60_000;
const LATER = NOON + 3_600_000;

const placed = anOrder({
  items: [aLineItem({ quantity: 2 }), aLineItem({ menuItemId: 'soda', unitPrice: { amount: 299, currency: 'USD' } })],
  total: { amount: 3497, currency: 'USD' },
});

function follow(order: Order, now: number, ...commands: readonly Command[]): Order {
  return commands.reduce((current, command) => written(current, command, now).order, order);
}

const charging = follow(placed, NOON, { type: 'begin-charge', reference: 'pay_1' });
const paid = follow(charging, PAID_AT, { type: 'record-charge', transactionId: 'txn_1' });

describe('a receipt', () => {
  test('proves the charge: what was bought, for how much, under which transaction, and when', () => {
    expect(receiptFor(paid)).toEqual({
      orderId: placed.id,
      lines: placed.items,
      total: { amount: 3497, currency: 'USD' },
      transactionId: 'txn_1',
      paidAt: PAID_AT,
    });
  });

  test.each<readonly [string, Order]>([
    ['placed', placed],
    ['being charged', charging],
    ['declined', follow(charging, LATER, { type: 'record-sealed', declineCode: 'expired_card' })],
    ['cancelled before it was charged', follow(placed, LATER, { type: 'cancel', by: 'customer:alice' })],
  ])('is not given for an order that was %s', (_, order) => {
    expect(receiptFor(order)).toBeUndefined();
  });

  const refunding = follow(paid, LATER, { type: 'expire-confirmation' });

  test.each<readonly [string, Order]>([
    ['confirmed', follow(paid, LATER, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' })],
    ['sent elsewhere', follow(paid, LATER, { type: 'change-address', deliveryAddress: 'x', by: 'customer:alice' })],
    ['being refunded', refunding],
    ['refunded', follow(refunding, LATER, { type: 'record-refund', refundId: 're_1' })],
    ['not refunded', follow(refunding, LATER, { type: 'record-refund-failure', code: 'refund_refused' })],
  ])('stays the same when the order is %s', (_, order) => {
    expect(receiptFor(order)).toEqual(receiptFor(paid));
  });

  test('holds no address and no means of payment', () => {
    const text = JSON.stringify(receiptFor(paid));
    expect(text).not.toContain(paid.deliveryAddress);
    expect(text).not.toContain(paid.paymentMethod);
  });
});
