import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { after, anOrder, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { aProvider, expectProblem, type Sent, startApi, WEBHOOK_SECRET } from './app.harness.ts';

const PATH = '/v1/webhooks/stripe';
const { webhooks } = new Stripe('signs-only');

/** An API with an order whose charge has happened and is not written, and a way to post events about it. */
async function startWithCharge(wrapped: (orders: OrderStore) => OrderStore = (same) => same) {
  const clock = manualClock(NOON);
  const provider = aProvider(clock);
  const { payments } = provider;
  const metrics = countingMetrics();
  const orders = wrapped(memoryOrderStore().orders);
  const api = await startApi({ provider, orders, clock, metrics });
  const pending = anOrder();
  const request = { orderId: pending.id, amount: pending.total, paymentMethod: 'pm_card_visa', customerId: 'alice' };
  const { reference } = await payments.open(request);
  const charging = after(pending, { type: 'begin-charge', reference }).order;
  await orders.create(charging, []);
  await payments.confirm(reference);
  const event = {
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: { object: { id: reference, object: 'payment_intent', metadata: { order_id: pending.id } } },
  };
  const signed = (payload: string, secret = WEBHOOK_SECRET, at = NOON / 1_000) =>
    webhooks.generateTestHeaderString({ payload, secret, timestamp: at });
  const post = (payload: string, sent: Sent = {}) =>
    api.send('POST', PATH, { as: null, raw: payload, headers: { 'Stripe-Signature': signed(payload) }, ...sent });
  const statusOf = async () => (await orders.get(pending.id))?.status;
  return { api, event, post, signed, statusOf, metrics, orderId: pending.id };
}

describe('a webhook of Stripe', () => {
  it('that is signed is written to its order, without anybody signed in', async () => {
    const { event, post, statusOf, api } = await startWithCharge();
    const { status, json } = await post(JSON.stringify(event));
    expect([status, json, await statusOf(), api.writes()]).toEqual([200, { received: true }, 'paid', 1]);
  });

  it('that is repeated is acknowledged, and written once', async () => {
    const { event, post, api } = await startWithCharge();
    for (let times = 0; times < 3; times += 1) expect((await post(JSON.stringify(event))).status).toBe(200);
    expect(api.writes()).toBe(1);
  });

  it('that comes ten times at once is written once', async () => {
    const { event, post, api, statusOf } = await startWithCharge();
    const payload = JSON.stringify(event);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(payload)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect([await statusOf(), api.writes()]).toEqual(['paid', 1]);
  });

  it('of a type that nothing listens to is acknowledged and counted', async () => {
    const { event, post, metrics, statusOf } = await startWithCharge();
    const answers = ['invoice.paid', 'customer.created'].map((type, number) =>
      post(JSON.stringify({ ...event, id: `evt_other_${number}`, type })),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect([metrics.sums(), await statusOf()]).toEqual([{ WebhooksUnknown: 2 }, 'charging']);
  });

  it('is signed over its bytes: other white space in the body is another body', async () => {
    const { event, post, signed, statusOf } = await startWithCharge();
    const payload = JSON.stringify(event);
    const headers = { 'Stripe-Signature': signed(payload) };
    expectProblem(await post(JSON.stringify(event, null, 1), { headers }), 400, 'webhook-refused', 'Stripe-Signature');
    expect(await statusOf()).toBe('charging');
  });

  it.each([
    ['without a signature', () => ({})],
    ['with an empty signature', () => ({ 'Stripe-Signature': '' })],
    ['with nonsense for a signature', () => ({ 'Stripe-Signature': 'v1=,t=now' })],
    [
      'with the signature of another secret',
      (sign: Sign, body: string) => ({ 'Stripe-Signature': sign(body, 'whsec_b') }),
    ],
    [
      'signed five minutes and a second ago',
      (sign: Sign, body: string) => ({ 'Stripe-Signature': sign(body, WEBHOOK_SECRET, NOON / 1_000 - 301) }),
    ],
    [
      'signed in the future',
      (sign: Sign, body: string) => ({ 'Stripe-Signature': sign(body, WEBHOOK_SECRET, NOON / 1_000 + 301) }),
    ],
  ] as const)('%s is refused, counted, and changes nothing', async (_, make) => {
    const { event, post, signed, statusOf, metrics } = await startWithCharge();
    const payload = JSON.stringify(event);
    const headers = make(signed, payload) as Readonly<Record<string, string>>;
    expectProblem(await post(payload, { headers }), 400, 'webhook-refused', 'Stripe-Signature');
    expect([metrics.sums(), await statusOf()]).toEqual([{ WebhooksRefused: 1 }, 'charging']);
  });

  it.each(['', 'nothing', '[]', '{}', '{"id":1,"type":2}'])(
    'that is signed and says %j is refused, naming the body',
    async (payload) => {
      const { post, statusOf } = await startWithCharge();
      expectProblem(await post(payload), 400, 'webhook-refused', 'body');
      expect(await statusOf()).toBe('charging');
    },
  );

  it('of more than 256 KiB is refused before anything is read of it', async () => {
    const { event, post, metrics } = await startWithCharge();
    const payload = JSON.stringify({ ...event, filler: 'x'.repeat(262_144) });
    expectProblem(await post(payload), 413, 'payload-too-large');
    expect(metrics.sums()).toEqual({});
  });

  it('is to come again when the order cannot be written', async () => {
    let down = true;
    const { event, post, statusOf } = await startWithCharge((inner) => ({
      ...inner,
      async save(...args) {
        if (down) throw new PortError('unavailable', 'OrderStore.save');
        await inner.save(...args);
      },
    }));
    expectProblem(await post(JSON.stringify(event)), 503, 'unavailable');
    down = false;
    expect((await post(JSON.stringify(event))).status).toBe(200);
    expect(await statusOf()).toBe('paid');
  });

  it('leaves a line in the logs with what it was about, and nothing of its body or signature', async () => {
    const { event, post, api, orderId } = await startWithCharge();
    await post(JSON.stringify({ ...event, secret_of_somebody: 'canary-body' }));
    const line = api.logs.find(({ message }) => message === 'webhook');
    expect(line).toMatchObject({ eventId: 'evt_1', outcome: 'heard', orderId, written: ['record-charge'] });
    expect(JSON.stringify(api.logs)).not.toMatch(/canary-body|v1=/);
  });

  it('is not there where the provider posts nothing', async () => {
    const { news: _, ...silent } = aProvider(manualClock(NOON));
    const api = await startApi({ provider: silent });
    expect((await api.send('POST', PATH, { as: 'olga', body: {} })).status).toBe(404);
  });
});

type Sign = (payload: string, secret?: string, at?: number) => string;
