import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { type StripeClient, stripeClient } from '../../shared/adapters/stripe/stripe-client.ts';
import { SECRET_KEY, type StripeStandIn } from '../emulators/stripe/stripe-server.ts';

/** The official SDK against the stand-in. */
export function stripeUnderTest({ url }: Pick<StripeStandIn, 'url'>): {
  readonly client: StripeClient;
  readonly environment: string;
} {
  const secrets = environmentSecrets({ STRIPE_SECRET_KEY: SECRET_KEY });
  return {
    client: stripeClient({ secrets, secretName: 'STRIPE_SECRET_KEY', apiBase: url, timeoutMs: 2_000 }),
    environment: 'test',
  };
}
