import Stripe from 'stripe';
import type { Secrets } from '../../ports/secrets.ts';
import { isRefusedKey, portErrorOf } from './stripe-errors.ts';

export interface StripeClientOptions {
  readonly secrets: Secrets;
  /** Under which name the secrets have the API key. */
  readonly secretName: string;
  /** Another address than Stripe's own, for a stand-in. */
  readonly apiBase?: string;
  /** For one call; below the workflow's own limit for a task (10 s), so that Stripe's answer is what a task hears of. */
  readonly timeoutMs?: number;
}

/** One call of the API: `options` carry the key, and go with every request that it makes. */
export type StripeCall<T> = (stripe: Stripe, options: Stripe.RequestOptions) => Promise<T>;

/**
 * Calls Stripe with the key that the secrets have now. A key that is refused is asked for once more, and the call repeated with
 * another one: somebody has rotated it. Nothing else is repeated, here or in the SDK. Fails with a PortError for `operation`.
 */
export interface StripeClient {
  call<T>(operation: string, act: StripeCall<T>): Promise<T>;
}

/** What this adapter is written for; the SDK's types are those of this version. */
const API_VERSION = '2026-10-28.endive';

export function stripeClient({ secrets, secretName, apiBase, timeoutMs = 8_000 }: StripeClientOptions): StripeClient {
  const stripe = new Stripe('set-per-request', {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: withoutRetries(),
    timeout: timeoutMs,
    ...(apiBase !== undefined && addressOf(apiBase)),
  });
  return {
    async call(operation, act) {
      const apiKey = await secrets.get(secretName);
      try {
        return await act(stripe, { apiKey });
      } catch (error) {
        const fresh = isRefusedKey(error) ? await secrets.refresh(secretName) : apiKey;
        if (fresh === apiKey) throw portErrorOf(operation, error);
        return await act(stripe, { apiKey: fresh }).catch((again: unknown) => {
          throw portErrorOf(operation, again);
        });
      }
    },
  };
}

/**
 * The SDK repeats a call whose connection was closed once, also when it is told to repeat nothing. It knows such errors by their
 * code: without it they are what they are to the platform, an outcome that is not known, and the workflow repeats the call.
 */
function withoutRetries(): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient();
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...request) => {
    try {
      return await makeRequest(...request);
    } catch (cause) {
      if (!(cause instanceof Error) || !CLOSED.includes(String(Reflect.get(cause, 'code')))) throw cause;
      throw new Error('the connection was closed', { cause });
    }
  };
  return client;
}

const CLOSED: readonly string[] = ['ECONNRESET', 'EPIPE'];

function addressOf(apiBase: string): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  const { hostname, port, protocol } = new URL(apiBase);
  const http = protocol === 'http:';
  return { host: hostname, protocol: http ? 'http' : 'https', port: port === '' ? (http ? 80 : 443) : Number(port) };
}
