import type { Money } from '../../domain/money.ts';

/** The largest amount of one charge: eight digits. Source: docs.stripe.com/currencies, "Maximum amounts". */
const MOST = 99_999_999;

/**
 * Where Stripe's minor unit is another one than ISO 4217's, or only some amounts can be charged. `factor` times our amount is
 * Stripe's; `step`: only multiples of it, in our units. Source: docs.stripe.com/currencies, "Special cases" and "Three-decimal currencies".
 */
const SPECIAL: Readonly<Record<string, { readonly factor: number; readonly step: number }>> = {
  // Without decimals, and sent with two.
  ISK: { factor: 100, step: 1 },
  UGX: { factor: 100, step: 1 },
  // With decimals in ISO 4217, and sent without.
  MGA: { factor: 0.01, step: 100 },
  // The last of the three digits has to be a nought.
  BHD: { factor: 1, step: 10 },
  JOD: { factor: 1, step: 10 },
  KWD: { factor: 1, step: 10 },
  OMR: { factor: 1, step: 10 },
  TND: { factor: 1, step: 10 },
};

/** Their minor units differ, and Stripe does not charge them. */
const UNSUPPORTED: readonly string[] = ['CLF', 'IQD', 'LYD', 'UYI', 'UYW'];

export interface StripeAmount {
  readonly amount: number;
  /** Lower case. */
  readonly currency: string;
}

/** The same money in Stripe's minor units; undefined for what Stripe cannot charge exactly. */
export function toStripe({ amount, currency }: Money): StripeAmount | undefined {
  const { factor, step } = SPECIAL[currency] ?? { factor: 1, step: 1 };
  if (!Number.isSafeInteger(amount) || amount % step !== 0 || UNSUPPORTED.includes(currency)) return undefined;
  const converted = Math.round(amount * factor);
  return converted >= 1 && converted <= MOST ? { amount: converted, currency: currency.toLowerCase() } : undefined;
}

/** Stripe's amount in the minor units of ISO 4217. */
export function fromStripe({ amount, currency }: StripeAmount): Money {
  const upper = currency.toUpperCase();
  const { factor } = SPECIAL[upper] ?? { factor: 1 };
  return { amount: factor < 1 ? amount * Math.round(1 / factor) : amount / factor, currency: upper };
}
