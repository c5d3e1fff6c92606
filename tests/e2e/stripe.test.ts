import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StripeStandIn, startStripe, WEBHOOK_SECRET } from '../emulators/stripe/stripe-server.ts';
import type { Delivery } from '../emulators/stripe/webhooks.ts';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';
import { standInAt } from '../platforms/stripe-account.ts';
import { PATHS } from './paths.ts';
import { type PathResult, runPath } from './run-path.ts';

/** People take seconds here instead of minutes: time is real. Between two tries there is enough of it to act, also on a busy machine. */
const SETTINGS = { CONFIRMATION_TIMEOUT_MS: '4000', APPROVAL_TIMEOUT_MS: '4000', RETRY_BASE_MS: '1000' };

/** They act between a charge and the moment in which the platform hears of it: there is none when the news come before the answer. */
const UNHEARD = ['cancelled during the charge, charged all the same', 'settled by an operator, charged all the same'];

const DELIVERIES: readonly (readonly [string, Delivery | undefined])[] = [
  ['no webhook arrives', undefined],
  ['webhooks arrive twice, and before the answers of the calls', { copies: 2, beforeAnswer: true }],
  ['webhooks arrive late and out of order', { delaysMs: [2_900, 2_000, 2_500, 2_050, 2_700, 2_000, 2_150] }],
];

describe.each(DELIVERIES)('with Stripe, %s', (_, delivery) => {
  let stripe: StripeStandIn;
  let platform: Platform;
  const paths = PATHS.filter(({ name }) => !delivery?.beforeAnswer || !UNHEARD.includes(name));
  const results = new Map<string, Promise<PathResult>>();
  beforeAll(async () => {
    stripe = await startStripe();
    platform = await localPlatform({
      storage: 'sqlite',
      time: 'system',
      settings: SETTINGS,
      stripe: standInAt(stripe.url),
    });
    const endpoint = stripe.webhooks.endpoint();
    if (!endpoint) throw new Error('the platform did not subscribe');
    stripe.webhooks.to(delivery && { ...endpoint, secret: WEBHOOK_SECRET, ...delivery });
    // All at once: each takes seconds, because time is real.
    for (const path of paths) results.set(path.name, runPath(platform, path, { run: 'stripe' }));
    await Promise.allSettled(results.values());
  }, 60_000);
  afterAll(async () => {
    await stripe.close();
    await platform.stop();
  });

  it.each(paths)('an order comes to the same end: $name', async ({ name }) => {
    expect((await results.get(name))?.problems).toEqual([]);
  });

  it('every webhook was taken', async () => {
    await stripe.webhooks.idle();
    const statuses = new Set(stripe.webhooks.log.map(({ status }) => status));
    expect([...statuses]).toEqual(delivery ? [200] : []);
  });

  it('asked for the API version that the adapter is written for, and never searched', () => {
    expect(new Set(stripe.requests.map(({ version }) => version)).size).toBe(1);
    expect(stripe.requests.filter(({ operation }) => operation.includes('search'))).toEqual([]);
  });
});

describe('what happens at Stripe after an order has ended', () => {
  let stripe: StripeStandIn;
  let platform: Platform;
  beforeAll(async () => {
    stripe = await startStripe({ refundsSettleAfterMs: 0 });
    platform = await localPlatform({
      storage: 'memory',
      time: 'system',
      settings: { RETRY_BASE_MS: '100' },
      stripe: standInAt(stripe.url),
    });
    const endpoint = stripe.webhooks.endpoint();
    if (endpoint) stripe.webhooks.to({ ...endpoint, delaysMs: [0] });
  });
  afterAll(async () => {
    await stripe.close();
    await platform.stop();
  });

  const ask = async (path: string, by: string, init: RequestInit = {}) => {
    const groups = by === 'olga' ? ['operator'] : by === 'kitchen' ? ['restaurant:rest-1'] : [];
    const headers = {
      authorization: `Bearer ${await platform.token(by, groups)}`,
      'content-type': 'application/json',
      ...init.headers,
    };
    const response = await platform.request(path, { ...init, headers });
    return { status: response.status, json: (await response.json()) as OrderAnswer };
  };

  /** An order that the restaurant has accepted. */
  async function confirmed(paymentMethod: string): Promise<string> {
    const body = {
      restaurantId: 'rest-1',
      items: [{ menuItemId: 'pizza', quantity: 1 }],
      deliveryAddress: '1 Main Street',
    };
    const { json } = await ask('/v1/orders', 'alice', {
      method: 'POST',
      headers: { 'idempotency-key': `after-${paymentMethod}` },
      body: JSON.stringify({ ...body, paymentMethod }),
    });
    await becomes(json.id, ({ status }) => status === 'paid');
    await act(json.id, 'confirmation', 'kitchen', { accepted: true });
    return json.id;
  }

  const act = (id: string, what: string, by: string, body: object) =>
    ask(`/v1/orders/${id}/${what}`, by, { method: 'POST', body: JSON.stringify(body) });

  const becomes = (id: string, wanted: (order: OrderAnswer) => boolean) =>
    platform.settle(async () => wanted((await ask(`/v1/orders/${id}`, 'olga')).json));

  it('a dispute reaches the order and the operators, and holds off refunds until it is won', async () => {
    const id = await confirmed('pm_card_visa');
    for (const status of ['processing', 'shipped']) {
      await ask(`/v1/orders/${id}/status`, 'kitchen', { method: 'PUT', body: JSON.stringify({ status }) });
    }
    const reference = stripe.intents().find(({ metadata }) => metadata['order_id'] === id)?.id ?? '';
    const dispute = stripe.happens.openDispute(reference);
    await becomes(id, ({ payment }) => payment.dispute === 'open');
    expect(await act(id, 'refund', 'olga', { reason: 'cold' })).toMatchObject({
      status: 409,
      json: { code: 'payment-disputed' },
    });
    stripe.happens.closeDispute(dispute, 'won');
    await becomes(id, ({ payment }) => payment.dispute === 'won');
    expect((await act(id, 'refund', 'olga', { reason: 'cold' })).status).toBe(200);
    await becomes(id, ({ status }) => status === 'refunded');
    await platform.settle(async () => (await platform.notices(id)).length > 0);
    const events = (await platform.events(id)).filter(({ name }) => name === 'needs_attention');
    expect(events.map(({ reason }) => reason)).toEqual(['dispute-open', 'dispute-won']);
    expect(stripe.movements(id).filter(({ kind }) => kind === 'refund')).toHaveLength(1);
  });

  it('a refund that comes back is with the operators', async () => {
    const id = await confirmed('pm_card_refundFail');
    for (const status of ['processing', 'shipped']) {
      await ask(`/v1/orders/${id}/status`, 'kitchen', { method: 'PUT', body: JSON.stringify({ status }) });
    }
    await act(id, 'refund', 'olga', { reason: 'cold' });
    await becomes(id, ({ status }) => status === 'refund_failed');
    const moves = (await platform.events(id)).map(({ name }) => name).slice(-2);
    expect(moves).toEqual(['payment_refunded', 'refund_failed']);
  });
});

interface OrderAnswer {
  readonly id: string;
  readonly status: string;
  readonly payment: { readonly dispute?: string };
}
