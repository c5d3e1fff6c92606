import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, formatMoney, type Money, multiply, sameMoney } from '../../shared/domain/money.ts';
import { LIMITS } from '../../shared/domain/rules.ts';

const usd = (amount: number): Money => ({ amount, currency: 'USD' });
const amounts = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const quantities = fc.integer({ min: 1, max: LIMITS.quantity });
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** What an exact result has to be: the number, or nothing where a number cannot hold it. */
function exactly(amount: bigint): Money | undefined {
  return amount <= MOST ? usd(Number(amount)) : undefined;
}

describe('multiply', () => {
  test('is exact for every price and quantity, or undefined beyond the safe integers', () => {
    fc.assert(
      fc.property(fc.oneof(amounts, fc.integer({ min: 0, max: 10_000_000 })), quantities, (amount, quantity) => {
        expect(multiply(usd(amount), quantity)).toEqual(exactly(BigInt(amount) * BigInt(quantity)));
      }),
    );
  });

  test('answers the largest safe amount, and nothing from one more on', () => {
    expect(multiply(usd(Number.MAX_SAFE_INTEGER), 1)).toEqual(usd(Number.MAX_SAFE_INTEGER));
    expect(multiply(usd(2 ** 52), 2)).toBeUndefined();
  });

  test('keeps the currency', () => {
    expect(multiply({ amount: 1500, currency: 'JPY' }, 3)).toEqual({ amount: 4500, currency: 'JPY' });
  });
});

describe('add', () => {
  test('is exact for all amounts, or undefined beyond the safe integers', () => {
    fc.assert(
      fc.property(amounts, amounts, (left, right) => {
        expect(add(usd(left), usd(right))).toEqual(exactly(BigInt(left) + BigInt(right)));
      }),
    );
  });

  test('answers the largest safe amount, and nothing from one more on', () => {
    expect(add(usd(Number.MAX_SAFE_INTEGER - 1), usd(1))).toEqual(usd(Number.MAX_SAFE_INTEGER));
    expect(add(usd(Number.MAX_SAFE_INTEGER), usd(1))).toBeUndefined();
  });

  test('does what decimal fractions get wrong: 0.10 and 0.20 make 0.30', () => {
    const sum = add(usd(10), usd(20));
    expect(sum && formatMoney(sum)).toBe('0.30 USD');
  });

  test('refuses two currencies', () => {
    expect(() => add(usd(1), { amount: 1, currency: 'EUR' })).toThrow(new RangeError('cannot add EUR to USD'));
  });
});

describe('sameMoney', () => {
  test.each([
    [usd(100), usd(100), true],
    [usd(100), usd(101), false],
    [usd(100), { amount: 100, currency: 'EUR' }, false],
  ])('of %j and %j is %s', (left, right, same) => {
    expect(sameMoney(left, right)).toBe(same);
  });
});

describe('formatMoney', () => {
  test.each([
    [1599, 'USD', '15.99 USD'],
    [5, 'USD', '0.05 USD'],
    [0, 'USD', '0.00 USD'],
    [-1599, 'USD', '-15.99 USD'],
    [100_000, 'EUR', '1000.00 EUR'],
    [1500, 'JPY', '1500 JPY'],
    [0, 'JPY', '0 JPY'],
    [1234, 'KWD', '1.234 KWD'],
    [7, 'KWD', '0.007 KWD'],
    [150_000, 'HUF', '1500.00 HUF'],
    [150_000, 'IDR', '1500.00 IDR'],
    [1_500_000, 'IQD', '1500.000 IQD'],
    [1500, 'KRW', '1500 KRW'],
    [15_000, 'CLF', '1.5000 CLF'],
    [Number.MAX_SAFE_INTEGER, 'USD', '90071992547409.91 USD'],
  ])('shows %d minor units of %s as %s', (amount, currency, text) => {
    expect(formatMoney({ amount, currency })).toBe(text);
  });

  test('loses no digit of any amount', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('USD', 'JPY', 'KWD', 'CLF'), (amount, currency) => {
        const [figures = ''] = formatMoney({ amount, currency }).split(' ');
        expect(BigInt(figures.replace('.', ''))).toBe(BigInt(amount));
      }),
    );
  });
});
