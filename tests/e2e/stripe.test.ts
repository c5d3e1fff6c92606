import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StripeStandIn, startStripe, WEBHOOK_SECRET } from '../emulators/stripe/stripe-server.ts';
import type { Delivery } from '../emulators/stripe/webhooks.ts';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';
import { standInAt } from '../platforms/stripe-account.ts';
import { PATHS } from './paths.ts';
import { type PathResult, runPath } from './run-path.ts';

/** People take seconds here instead of minutes: time is real. */
const SETTINGS = { CONFIRMATION_TIMEOUT_MS: '4000', APPROVAL_TIMEOUT_MS: '4000', RETRY_BASE_MS: '300' };

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
