/** An amount of money in the currency's minor unit (cents for USD, whole yen for JPY). */
export interface Money {
  /** A safe integer; never a decimal fraction. */
  readonly amount: number;
  /** ISO 4217 code, upper case. */
  readonly currency: string;
}

/** `unitPrice` times `quantity`; undefined where the exact product is beyond the safe integers. */
export function multiply(unitPrice: Money, quantity: number): Money | undefined {
  const amount = unitPrice.amount * quantity;
  return Number.isSafeInteger(amount) ? { amount, currency: unitPrice.currency } : undefined;
}

/** The exact sum; undefined where it is beyond the safe integers. Throws RangeError when the currencies differ. */
export function add(left: Money, right: Money): Money | undefined {
  if (left.currency !== right.currency) throw new RangeError(`cannot add ${right.currency} to ${left.currency}`);
  const amount = left.amount + right.amount;
  return Number.isSafeInteger(amount) ? { amount, currency: left.currency } : undefined;
}

export function sameMoney(left: Money, right: Money): boolean {
  return left.amount === right.amount && left.currency === right.currency;
}

/** For people to read, for example `15.99 USD`, `1500 JPY`. Exact: digits are moved, never divided. */
export function formatMoney({ amount, currency }: Money): string {
  const digits = fractionDigits(currency);
  const sign = amount < 0 ? '-' : '';
  const figures = Math.abs(amount)
    .toString()
    .padStart(digits + 1, '0');
  const whole = figures.slice(0, figures.length - digits);
  const fraction = digits > 0 ? `.${figures.slice(-digits)}` : '';
  return `${sign}${whole}${fraction} ${currency}`;
}

/** The currencies of ISO 4217 (list one, 2025) whose minor unit is not a hundredth. JavaScript's own table is another one. */
const FRACTION_DIGITS: readonly (readonly [digits: number, currencies: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
];

function fractionDigits(currency: string): number {
  const row = FRACTION_DIGITS.find(([, currencies]) => currencies.split(' ').includes(currency));
  return row ? row[0] : 2;
}
