import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { stripeNewsReader } from '../../shared/adapters/stripe/stripe-news-reader.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { portError } from '../conformance/races.ts';
import { NOON } from '../fixtures.ts';

const SECONDS = NOON / 1_000;
const { webhooks } = new Stripe('signs-only');

/** A reader whose signing secret is the first of `secrets`, and after each refresh the next. */
function reader(...secrets: readonly string[]) {
  let turn = 0;
  const secret = () => secrets[Math.min(turn, secrets.length - 1)] ?? '';
  const news = stripeNewsReader({
    secrets: {
      get: async () => secret(),
      async refresh() {
        turn += 1;
        return secret();
      },
    },
    secretName: 'STRIPE_WEBHOOK_SECRET',
    clock: { now: () => NOON },
  });
  return {
    read: (payload: string, header = sign(payload)) => news.read(new TextEncoder().encode(payload), header),
    refreshes: () => turn,
  };
}

function sign(payload: string, secret = 'whsec_a', timestamp = SECONDS): string {
  return webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

const event = (type: string, object: object) =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
const metadata = { order_id: 'ord_a' };
const SUCCEEDED = event('payment_intent.succeeded', { id: 'pi_1', metadata });

describe('news of Stripe', () => {
  it.each([
    ['payment_intent.succeeded', { id: 'pi_1', metadata }],
    ['payment_intent.payment_failed', { id: 'pi_1', metadata }],
    ['payment_intent.canceled', { id: 'pi_1', metadata }],
    ['payment_intent.processing', { id: 'pi_1', metadata }],
    ['payment_intent.requires_action', { id: 'pi_1', metadata }],
    ['charge.refunded', { id: 'ch_1', payment_intent: 'pi_1', metadata }],
    ['charge.refund.updated', { id: 're_1', payment_intent: 'pi_1', metadata }],
    ['refund.created', { id: 're_1', payment_intent: 'pi_1', metadata }],
    ['refund.updated', { id: 're_1', payment_intent: 'pi_1', metadata }],
    ['refund.failed', { id: 're_1', payment_intent: 'pi_1', metadata }],
    ['charge.dispute.created', { id: 'du_1', payment_intent: 'pi_1', metadata }],
    ['charge.dispute.updated', { id: 'du_1', payment_intent: 'pi_1', metadata }],
    ['charge.dispute.closed', { id: 'du_1', payment_intent: 'pi_1', metadata }],
    ['charge.dispute.funds_withdrawn', { id: 'du_1', payment_intent: 'pi_1', metadata }],
    ['charge.dispute.funds_reinstated', { id: 'du_1', payment_intent: 'pi_1', metadata }],
  ])('%s say which payment they are about', async (type, object) => {
    const news = { eventId: 'evt_1', type, reference: 'pi_1', orderId: 'ord_a' };
    expect(await reader('whsec_a').read(event(type, object))).toEqual({ kind: 'news', news });
  });

  it.each([
    ['invoice.paid', { id: 'in_1' }],
    ['charge.refunded', { id: 'ch_1', payment_intent: null }],
    ['refund.created', {}],
  ])('%s about no payment of ours are unknown', async (type, object) => {
    expect(await reader('whsec_a').read(event(type, object))).toEqual({ kind: 'unknown', eventId: 'evt_1', type });
  });

  it.each([-300, -299, 0, 300])('that are %i s away are in time', async (offset) => {
    const header = sign(SUCCEEDED, 'whsec_a', SECONDS + offset);
    expect((await reader('whsec_a').read(SUCCEEDED, header)).kind).toBe('news');
  });

  it.each([-301, 301, -86_400])('that are %i s away are not', async (offset) => {
    const header = sign(SUCCEEDED, 'whsec_a', SECONDS + offset);
    expect(await reader('whsec_a').read(SUCCEEDED, header)).toEqual({ kind: 'refused', reason: 'too-old' });
  });

  it.each([
    ['another secret', sign(SUCCEEDED, 'whsec_b')],
    ['another body', sign(`${SUCCEEDED} `)],
    ['another time', sign(SUCCEEDED).replace(/t=\d+/, `t=${SECONDS - 1}`)],
    ['no scheme that counts', sign(SUCCEEDED).replace('v1=', 'v0=')],
    ['no time', sign(SUCCEEDED).replace(/t=\d+,/, '')],
    ['too much of it', `${sign(SUCCEEDED)},${'v1=0,'.repeat(1_000)}`],
    ['nonsense', 'nonsense'],
  ])('with a signature of %s are refused', async (_, header) => {
    expect(await reader('whsec_a').read(SUCCEEDED, header)).toEqual({ kind: 'refused', reason: 'bad-signature' });
  });

  it('without a signature are refused, without a look at the secrets', async () => {
    const { read, refreshes } = reader('whsec_a');
    expect(await read(SUCCEEDED, '')).toEqual({ kind: 'refused', reason: 'no-signature' });
    expect(refreshes()).toBe(0);
  });

  it('are taken over a rotation of the secret, with its own two signatures as well', async () => {
    const rotated = reader('whsec_a', 'whsec_b');
    const header = sign(SUCCEEDED, 'whsec_b');
    expect((await rotated.read(SUCCEEDED, header)).kind).toBe('news');
    expect((await rotated.read(SUCCEEDED, header)).kind).toBe('news');
    expect(rotated.refreshes()).toBe(1);
    const both = `${sign(SUCCEEDED, 'whsec_a')},${sign(SUCCEEDED, 'whsec_b').split(',')[1]}`;
    expect((await reader('whsec_b').read(SUCCEEDED, both)).kind).toBe('news');
    expect((await reader('whsec_a').read(SUCCEEDED, both)).kind).toBe('news');
  });

  it.each(['', 'nothing', '[]', 'null', '"text"', '{}', '{"id":"evt 1","type":"a"}', '{"id":"evt_1"}'])(
    'that are signed and say %j are malformed',
    async (payload) => {
      expect(await reader('whsec_a').read(payload)).toEqual({ kind: 'refused', reason: 'malformed' });
    },
  );

  it('cannot be judged while the secret cannot be had', async () => {
    const failing = async () => Promise.reject(new PortError('unavailable', 'Secrets.get'));
    const news = stripeNewsReader({
      secrets: { get: failing, refresh: failing },
      secretName: 'STRIPE_WEBHOOK_SECRET',
      clock: { now: () => NOON },
    });
    const body = new TextEncoder().encode(SUCCEEDED);
    await expect(news.read(body, sign(SUCCEEDED))).rejects.toEqual(portError('unavailable'));
  });
});
