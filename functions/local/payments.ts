import { randomBytes } from 'node:crypto';
import { cachedSecrets } from '../../shared/adapters/in-process/cached-secrets.ts';
import { stripeClient } from '../../shared/adapters/stripe/stripe-client.ts';
import { stripeNewsReader } from '../../shared/adapters/stripe/stripe-news-reader.ts';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import { stripePaymentRecords } from '../../shared/adapters/stripe/stripe-payment-records.ts';
import type { LocalSettings } from '../../shared/config/settings.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import type { LocalAdapters } from './adapters.ts';

const STRIPE_SECRET_KEY = 'STRIPE_SECRET_KEY';
const STRIPE_WEBHOOK_SECRET = 'STRIPE_WEBHOOK_SECRET';

export interface StripeOptions {
  readonly settings: LocalSettings;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** The same adapters with Stripe in the place of the simulated gateway. Without both secrets, or with a live key, it does not start. */
export async function withStripe(adapters: LocalAdapters, options: StripeOptions): Promise<LocalAdapters> {
  const { settings, clock } = options;
  const secrets = cachedSecrets({ secrets: options.secrets, clock });
  await secrets.get(STRIPE_WEBHOOK_SECRET);
  if ((await secrets.get(STRIPE_SECRET_KEY)).includes('_live_')) {
    throw new PortError('permission-denied', 'PAYMENTS=stripe', {
      message: `${STRIPE_SECRET_KEY} is a live key; the local platform takes test keys (sk_test_...) only`,
    });
  }
  const client = stripeClient({
    secrets,
    secretName: STRIPE_SECRET_KEY,
    ...(settings.stripeApiBase !== undefined && { apiBase: settings.stripeApiBase }),
  });
  // Another data file on the same account is another platform: its payments are none of ours.
  const environment = await adapters.secret('payments-environment', `local-${randomBytes(8).toString('hex')}`);
  return {
    ...adapters,
    payments: stripePaymentGateway({ client, environment }),
    records: stripePaymentRecords({ client, environment }),
    news: stripeNewsReader({ secrets, secretName: STRIPE_WEBHOOK_SECRET, clock }),
  };
}
