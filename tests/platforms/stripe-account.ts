import { fromStripe } from '../../shared/adapters/stripe/stripe-amount.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import type { StripeMovement } from '../emulators/stripe/objects.ts';
import { SECRET_KEY, WEBHOOK_SECRET } from '../emulators/stripe/stripe-server.ts';

/** A stand-in for Stripe that runs somewhere on this machine. */
export interface StripeAccount {
  readonly apiBase: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
}

export function standInAt(apiBase: string): StripeAccount {
  return { apiBase, secretKey: SECRET_KEY, webhookSecret: WEBHOOK_SECRET };
}

/** Later than a task's first retry: two of the paths need a charge that the platform has not heard of. */
const DELAY_MS = 2_000;

/** Has the stand-in post its events to this platform, some time after they happened. */
export async function subscribe({ apiBase, webhookSecret }: StripeAccount, platformUrl: string): Promise<void> {
  const endpoint = { url: `${platformUrl}/v1/webhooks/stripe`, secret: webhookSecret, delaysMs: [DELAY_MS] };
  const response = await fetch(`${apiBase}/_standin/webhooks`, { method: 'POST', body: JSON.stringify(endpoint) });
  if (!response.ok) throw new Error(`${apiBase} is not a stand-in for Stripe: it answered ${response.status}`);
}

/** The stand-in's own books, as the simulated gateway's would have it. */
export async function movementsAt({ apiBase }: StripeAccount, orderId: string): Promise<readonly Movement[]> {
  const response = await fetch(`${apiBase}/_standin/movements?orderId=${encodeURIComponent(orderId)}`);
  const movements = (await response.json()) as readonly StripeMovement[];
  return movements.flatMap(({ kind, reference, at, amount, currency }) =>
    kind === 'charge' || kind === 'refund'
      ? [{ kind, reference, orderId, at, amount: fromStripe({ amount, currency }) }]
      : [],
  );
}
