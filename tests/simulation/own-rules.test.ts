import { describe, expect, it } from 'vitest';
import { ORDER_STATUSES } from '../../shared/domain/order.ts';
import { mayMove } from '../../shared/domain/transitions.ts';
import { after, anOrder } from '../fixtures.ts';
import { isLegal, mayBeCharged, mustHear, shows, type Wish, wishProblems } from './own-rules.ts';

const order = anOrder({ contact: { email: 'ann@example.org' } });
const wish: Wish = {
  restaurant: order.restaurantId,
  address: order.deliveryAddress,
  total: 1599,
  contact: { email: 'ann@example.org' },
};

describe("the judge's own rules", () => {
  it('know the moves that the product knows: a new one has to be written down twice', () => {
    for (const from of ORDER_STATUSES) {
      const ours = ORDER_STATUSES.filter((to) => isLegal(from, to, undefined));
      expect({ from, ours }).toEqual({ from, ours: ORDER_STATUSES.filter((to) => mayMove(from, to)) });
    }
  });

  it('give no money back by a cancellation once the food is on its way', () => {
    const from = ORDER_STATUSES.filter((status) => isLegal(status, 'refunding', 'cancellation-requested'));
    expect(from).toEqual(['paid', 'confirmed', 'processing']);
  });

  it.each([
    [99_999, undefined, true],
    [100_000, undefined, false],
    [100_000, false, false],
    [100_000, true, true],
  ])('of a total of %i, approved: %s, may be charged: %s', (amount, accepted, expected) => {
    const approval = accepted === undefined ? {} : { approval: { accepted, at: 0, by: 'operator:olga' } };
    expect(mayBeCharged({ total: { amount, currency: 'USD' }, ...approval })).toBe(expected);
  });

  it.each([
    ['another total', { total: 1598 }],
    ['another address', { address: 'elsewhere' }],
    ['another restaurant', { restaurant: 'rest-2' }],
    ['another contact', { contact: { phone: '+12025550123' } }],
  ] as const)('find %s than was asked for', (_, other) => {
    expect(wishProblems(order, [wish])).toEqual([]);
    expect(wishProblems(order, [{ ...wish, ...other }, wish])).toEqual([]);
    expect(wishProblems(order, [{ ...wish, ...other }])).toEqual(['it is not what was asked for']);
  });

  it('want an answer to show what it says was done', () => {
    const moved = after(order, { type: 'cancel', by: 'customer:ann' }).order;
    expect(shows({ kind: 'cancel', order: moved })).toBe(true);
    expect(shows({ kind: 'cancel', order })).toBe(false);
    expect(shows({ kind: 'deliver', order })).toBe(false);
    expect(shows({ kind: 'place', order, wish })).toBe(true);
    expect(shows({ kind: 'place-another-body', order, wish: { ...wish, address: 'work' } })).toBe(false);
  });

  it.each([
    [{ name: 'refund_failed', status: 'refund_failed' }, ['customer', 'operators']],
    [{ name: 'payment_charged', status: 'paid' }, ['customer', 'restaurant']],
    [{ name: 'payment_charged', status: 'paid', reason: 'cancelled-while-charging' }, ['customer']],
    [{ name: 'status_changed', status: 'refunding', reason: 'cancellation-requested' }, ['customer', 'restaurant']],
    [{ name: 'updated', status: 'paid' }, []],
  ] as const)('want %j to be told to %j', (entry, told) => {
    expect(mustHear({ sequence: 2, version: 2, at: 0, by: 'system', ...entry })).toEqual(told);
  });
});
