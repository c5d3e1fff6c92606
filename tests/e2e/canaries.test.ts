import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jsonLogger } from '../../functions/local/logger.ts';
import { type LocalServer, startLocal } from '../../functions/local/server.ts';
import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import { type StripeStandIn, startStripe } from '../emulators/stripe/stripe-server.ts';

/** Each is found nowhere else: whoever writes one of them into a log is caught. */
const CANARIES = {
  stripeKey: 'sk_test_canary0123456789',
  wrongStripeKey: 'sk_test_canaryOfYesterday',
  webhookSecret: 'whsec_canary9876543210',
  smtpPassword: 'canary-smtp-password',
  address: '7 Canary Lane',
  email: 'canary@customer.example',
  phone: '+15550002263',
  idempotencyKey: 'canary-idempotency-key',
  paymentMethod: 'pm_canary_of_nobody',
  reason: 'canary-in-a-reason',
  query: 'canary-in-a-query',
  unknownField: 'canary-in-a-field',
  brokenJson: 'canary-in-broken-json',
  webhookBody: 'canary-in-a-webhook',
  webhookSignature: 'v1=ca4a27ca4a27',
} as const;

const CARDS = [
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_flaky',
  'pm_card_timeoutAfterCommit',
  'pm_card_refundFails',
  CANARIES.paymentMethod,
];

describe('the logs', () => {
  let stripe: StripeStandIn;
  let server: LocalServer;
  const lines: string[] = [];
  const tokens: string[] = [];
  beforeAll(async () => {
    stripe = await startStripe({ secretKey: CANARIES.stripeKey });
    server = await startLocal({
      settings: readLocalSettings({
        PORT: '0',
        DATA_FILE: ':memory:',
        LOG_LEVEL: 'debug',
        PAYMENTS: 'stripe',
        STRIPE_API_BASE: stripe.url,
        RETRY_BASE_MS: '10',
        CONFIRMATION_TIMEOUT_MS: '1000',
        // Nobody listens there: every mail fails.
        SMTP_URL: `smtp://canary-user:${CANARIES.smtpPassword}@127.0.0.1:9`,
      }),
      logger: jsonLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }),
      secrets: environmentSecrets({
        STRIPE_SECRET_KEY: CANARIES.stripeKey,
        STRIPE_WEBHOOK_SECRET: CANARIES.webhookSecret,
      }),
    });
    stripe.webhooks.to({ url: `${server.url}/v1/webhooks/stripe`, secret: CANARIES.webhookSecret });
    await customersAndStrangers();
    await stripe.webhooks.idle();
    // A key that Stripe does not know any more: its errors are logged.
    stripe.keys.clear();
    stripe.keys.add(CANARIES.wrongStripeKey);
    await place('pm_card_visa', 'afterwards');
    await untilLogged('permission-denied');
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    await stripe.close();
  });

  it.each(Object.entries(CANARIES))('hold no %s', (_, canary) => {
    expect(lines.filter((line) => line.includes(canary))).toEqual([]);
  });

  it('hold no token', () => {
    expect(tokens.length).toBeGreaterThan(0);
    // Its last part is the signature: without it the rest is of no use, and it stands nowhere else.
    const signatures = tokens.map((token) => token.split('.').at(-1) ?? '');
    expect(lines.filter((line) => signatures.some((signature) => line.includes(signature)))).toEqual([]);
  });

  it('hold what was done, and what failed: there is something to search', () => {
    const text = lines.join('');
    for (const words of ['"request"', '"segment"', '"webhook"', 'ECONNREFUSED', 'permission-denied']) {
      expect(text).toContain(words);
    }
    expect(lines.length).toBeGreaterThan(50);
  });

  async function token(sub: string, groups: readonly string[] = []): Promise<string> {
    const given = await server.container.issuer.token({ sub, groups: [...groups] });
    tokens.push(given.token);
    return given.token;
  }

  async function send(path: string, init: RequestInit, by?: string): Promise<Response> {
    const headers = { ...(by !== undefined && { Authorization: `Bearer ${by}` }), ...init.headers };
    return fetch(`${server.url}${path}`, { method: 'POST', ...init, headers });
  }

  async function place(paymentMethod: string, key: string): Promise<string> {
    const response = await send(
      '/v1/orders',
      {
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `${CANARIES.idempotencyKey}-${key}` },
        body: JSON.stringify({
          restaurantId: 'rest-1',
          items: [{ menuItemId: 'pizza', quantity: 1 }],
          deliveryAddress: CANARIES.address,
          paymentMethod,
          contact: { email: CANARIES.email, phone: CANARIES.phone },
        }),
      },
      await token('alice'),
    );
    expect(response.status).toBe(201);
    return ((await response.json()) as { id: string }).id;
  }

  async function customersAndStrangers(): Promise<void> {
    const json = { 'Content-Type': 'application/json' };
    for (const card of CARDS) await place(card, card);
    const id = await place('pm_card_visa', 'cancelled');
    const alice = await token('alice');
    await send(
      `/v1/orders/${id}/cancellation`,
      { headers: json, body: JSON.stringify({ reason: CANARIES.reason }) },
      alice,
    );
    await send('/v1/orders', { headers: json, body: `{"${CANARIES.brokenJson}` }, alice);
    await send('/v1/orders', { headers: json, body: JSON.stringify({ [CANARIES.unknownField]: 1 }) }, alice);
    await send(`/v1/orders?cursor=${CANARIES.query}`, { method: 'GET' }, alice);
    await send('/v1/orders', { headers: json, body: '{}' }, `${alice}x`);
    const signature = { 'Stripe-Signature': `t=1,${CANARIES.webhookSignature}` };
    await send('/v1/webhooks/stripe', { headers: signature, body: CANARIES.webhookBody });
    await untilLogged('ECONNREFUSED');
    await untilLogged('"webhook"');
  }

  async function untilLogged(words: string): Promise<void> {
    await vi.waitFor(() => expect(lines.some((line) => line.includes(words))).toBe(true), 20_000);
  }
});
