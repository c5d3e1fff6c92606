import { describe, expect, test } from 'vitest';
import { ORDER_STATUSES, type OrderStatus } from '../../shared/domain/order.ts';
import { ENDS, mayMove, TRANSITIONS } from '../../shared/domain/transitions.ts';

const PAIRS = ORDER_STATUSES.flatMap((from) => ORDER_STATUSES.map((to) => [from, to] as const));

/** All that can be reached from a status, by one move or more. */
function ahead(from: OrderStatus): ReadonlySet<OrderStatus> {
  const reached = new Set<OrderStatus>();
  const open = [...TRANSITIONS[from]];
  for (let status = open.pop(); status; status = open.pop()) {
    if (reached.has(status)) continue;
    reached.add(status);
    open.push(...TRANSITIONS[status]);
  }
  return reached;
}

describe('the moves of an order', () => {
  test('are exactly these', () => {
    expect(PAIRS.filter(([from, to]) => mayMove(from, to)).map(([from, to]) => `${from} -> ${to}`)).toEqual([
      'pending -> awaiting_approval',
      'pending -> charging',
      'pending -> cancelled',
      'awaiting_approval -> charging',
      'awaiting_approval -> cancelled',
      'awaiting_approval -> rejected',
      'charging -> paid',
      'charging -> payment_failed',
      'charging -> cancelled',
      'paid -> confirmed',
      'paid -> refunding',
      'confirmed -> processing',
      'confirmed -> refunding',
      'processing -> shipped',
      'processing -> refunding',
      'shipped -> delivered',
      'shipped -> refunding',
      'delivered -> refunding',
      'refunding -> refunded',
      'refunding -> refund_failed',
      'refunded -> refund_failed',
      'refund_failed -> refunding',
      'refund_failed -> refunded',
    ]);
  });

  test('reach every status from a new order', () => {
    expect([...ahead('pending'), 'pending'].toSorted()).toEqual([...ORDER_STATUSES].toSorted());
  });

  test('never stay where they are', () => {
    expect(ORDER_STATUSES.filter((status) => mayMove(status, status))).toEqual([]);
  });

  test('never lead from a paid order to one that was not charged', () => {
    expect([...ahead('paid')].toSorted()).toEqual(
      ['confirmed', 'processing', 'shipped', 'delivered', 'refunding', 'refunded', 'refund_failed'].toSorted(),
    );
  });

  test('go through charging before anything that costs money', () => {
    expect(ORDER_STATUSES.filter((from) => mayMove(from, 'paid'))).toEqual(['charging']);
  });

  test('end where money is settled', () => {
    expect(ORDER_STATUSES.filter((status) => ahead(status).size === 0)).toEqual([
      'payment_failed',
      'cancelled',
      'rejected',
    ]);
    // A refund may come back from the customer's bank: then it is with the operators.
    expect(ENDS.filter((status) => ahead(status).size > 0)).toEqual(['refunded']);
    expect(TRANSITIONS.refunded).toEqual(['refund_failed']);
  });
});
