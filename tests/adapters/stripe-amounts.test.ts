import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromStripe, toStripe } from '../../shared/adapters/stripe/stripe-amount.ts';

const CURRENCIES = ['USD', 'EUR', 'JPY', 'KRW', 'ISK', 'UGX', 'MGA', 'BHD', 'JOD', 'KWD', 'OMR', 'TND', 'MXN'] as const;
const money = fc.record({
  amount: fc.integer({ min: -10, max: 10_000_000_000 }),
  currency: fc.constantFrom(...CURRENCIES),
});

describe('an amount', () => {
  it.each([
    ['USD', 1599, 1599],
    ['JPY', 500, 500],
    ['ISK', 500, 50_000],
    ['UGX', 500, 50_000],
    ['MGA', 500, 5],
    ['KWD', 5_120, 5_120],
  ])('in %s of %i is %i to Stripe', (currency, amount, stripes) => {
    expect(toStripe({ amount, currency })).toEqual({ amount: stripes, currency: currency.toLowerCase() });
  });

  it('that Stripe can charge comes back as it was', () => {
    fc.assert(
      fc.property(money, (given) => {
        const charged = toStripe(given);
        if (charged) expect(fromStripe(charged)).toEqual(given);
      }),
    );
  });

  it('that Stripe cannot charge exactly is none at all', () => {
    fc.assert(
      fc.property(money, (given) => {
        const charged = toStripe(given);
        if (!charged) return;
        expect(Number.isInteger(charged.amount)).toBe(true);
        expect(charged.amount).toBeGreaterThanOrEqual(1);
        expect(charged.amount).toBeLessThanOrEqual(99_999_999);
      }),
    );
  });

  it.each([
    [0, 'USD'],
    [-1, 'USD'],
    [1.5, 'USD'],
    [100_000_000, 'USD'],
    [Number.NaN, 'USD'],
    [Number.MAX_SAFE_INTEGER + 1, 'USD'],
    [501, 'MGA'],
    [5_121, 'KWD'],
    [1_000, 'IQD'],
    [1_000_000, 'ISK'],
  ])('of %s in %s is refused', (amount, currency) => {
    expect(toStripe({ amount, currency })).toBeUndefined();
  });
});
