import { describe, expect, test } from 'vitest';
import { EVENT_NAMES } from '../../shared/domain/order.ts';
import {
  ADDRESS_CHANGEABLE,
  CONSUMERS,
  DEFAULT_THRESHOLDS,
  isHighValue,
  needsApproval,
  subscribes,
} from '../../shared/domain/rules.ts';
import { mayMove } from '../../shared/domain/transitions.ts';

describe('approval', () => {
  test.each([
    [99_999, 'USD', false],
    [100_000, 'USD', true],
    [100_001, 'USD', true],
    [99_999, 'EUR', false],
    [100_000, 'EUR', true],
    [149_999, 'JPY', false],
    [150_000, 'JPY', true],
    [150_001, 'JPY', true],
    [0, 'USD', false],
  ])('of %d minor units of %s is needed: %s', (amount, currency, needed) => {
    expect(needsApproval({ amount, currency }, DEFAULT_THRESHOLDS)).toBe(needed);
  });
});

describe('high value', () => {
  test.each([
    [9_999, 'USD', false],
    [10_000, 'USD', true],
    [10_001, 'USD', true],
    [14_999, 'JPY', false],
    [15_000, 'JPY', true],
    [15_001, 'JPY', true],
  ])('is what %d minor units of %s are: %s', (amount, currency, high) => {
    expect(isHighValue({ amount, currency }, DEFAULT_THRESHOLDS)).toBe(high);
  });
});

describe('thresholds', () => {
  const only = { approval: { USD: 500 }, highValue: { default: 100, USD: 200 } };

  test('of a currency of its own win over the default', () => {
    expect(isHighValue({ amount: 150, currency: 'USD' }, only)).toBe(false);
    expect(isHighValue({ amount: 150, currency: 'EUR' }, only)).toBe(true);
  });

  test('do not apply to a currency that has none where there is no default', () => {
    expect(needsApproval({ amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' }, only)).toBe(false);
    expect(needsApproval({ amount: 500, currency: 'USD' }, only)).toBe(true);
  });
});

describe('subscriptions', () => {
  const heard = (highValue: boolean) =>
    Object.fromEntries(
      CONSUMERS.map((consumer) => [consumer, EVENT_NAMES.filter((name) => subscribes(consumer, { name, highValue }))]),
    );

  test('of an order of ordinary value', () => {
    expect(heard(false)).toEqual({
      notify: [...EVENT_NAMES],
      receipt: ['payment_charged'],
      operators: ['approval_requested', 'restaurant_timeout', 'refund_failed', 'needs_attention'],
    });
  });

  test('of an order of high value bring the operators its creation, too', () => {
    expect(heard(true)).toEqual({
      notify: [...EVENT_NAMES],
      receipt: ['payment_charged'],
      operators: ['created', 'approval_requested', 'restaurant_timeout', 'refund_failed', 'needs_attention'],
    });
  });
});

describe('the address', () => {
  test('may change from the first status until the restaurant begins', () => {
    expect(ADDRESS_CHANGEABLE).toEqual(['pending', 'awaiting_approval', 'charging', 'paid', 'confirmed']);
    expect(ADDRESS_CHANGEABLE.filter((status) => mayMove(status, 'processing'))).toEqual(['confirmed']);
  });
});
