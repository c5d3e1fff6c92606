import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type StripeOptions,
  type StripeStandIn,
  startStripe,
  WEBHOOK_SECRET,
} from '../emulators/stripe/stripe-server.ts';
import type { Delivery } from '../emulators/stripe/webhooks.ts';
import { NOON } from '../fixtures.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const ORDER = { metadata: { order_id: 'order-1' } };
const PRICE = { amount: 1_599, currency: 'eur' };

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Bench {
  readonly standIn: StripeStandIn;
  readonly stripe: Stripe;
  readonly clock: ManualClock;
  /** An intent that is not confirmed. */
  open(method?: string): Promise<Stripe.PaymentIntent>;
  charged(method?: string): Promise<Stripe.PaymentIntent>;
  moved(): readonly string[];
}

/** The official SDK against a stand-in whose time stands still. */
async function bench(options: StripeOptions = {}): Promise<Bench> {
  const clock = manualClock(NOON);
  const standIn = await startStripe({ now: clock.now, ...options });
  undo.push(standIn.close);
  const stripe = sdk(standIn);
  const open = (method = 'pm_card_visa') =>
    stripe.paymentIntents.create({ ...PRICE, ...ORDER, payment_method: method });
  return {
    standIn,
    stripe,
    clock,
    open,
    charged: async (method) => stripe.paymentIntents.confirm((await open(method)).id),
    moved: () => standIn.movements('order-1').map(({ kind, amount }) => `${kind} ${amount}`),
  };
}

function sdk({ url, secretKey }: StripeStandIn, config: Partial<Stripe.StripeConfig> = {}, key = secretKey): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...config });
}

/** What a call failed with, as far as Stripe says it in codes. */
async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const { type, code, decline_code: declineCode, param, statusCode, payment_intent: intent } = error;
    return { type, code, declineCode, param, statusCode, status: intent?.status };
  }
  throw new Error('expected the call to fail');
}

interface Received {
  readonly event: Stripe.Event;
  readonly body: string;
}

/** An endpoint that checks signatures as the SDK does, and answers with these statuses, the last one again and again. */
async function endpoint({ standIn, clock }: Bench, delivery: Delivery = {}, statuses: readonly number[] = [200]) {
  const received: Received[] = [];
  const answers = [...statuses];
  const { webhooks } = new Stripe('checks-only');
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const signature = request.headers['stripe-signature'] ?? '';
    const event = webhooks.constructEvent(body, signature, WEBHOOK_SECRET, 300, undefined, clock.now());
    received.push({ event, body });
    response.writeHead((answers.length > 1 ? answers.shift() : answers[0]) ?? 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  standIn.webhooks.to({ url, secret: WEBHOOK_SECRET, ...delivery });
  return { received, types: () => received.map(({ event }) => event.type) };
}

describe('payment intents', () => {
  it('are charged once: a second confirmation shows what became of the first', async () => {
    const { stripe, open, moved } = await bench();
    const { id, status, created, metadata } = await open();
    expect({ status, created, metadata }).toEqual({
      status: 'requires_confirmation',
      created: NOON / 1_000,
      metadata: ORDER.metadata,
    });
    expect(await stripe.paymentIntents.confirm(id)).toMatchObject({ status: 'succeeded' });
    expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
      statusCode: 400,
      status: 'succeeded',
    });
    expect(moved()).toEqual(['charge 1599']);
  });

  it('are charged once by twenty confirmations at a time', async () => {
    const { stripe, open, moved } = await bench();
    const { id } = await open();
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => stripe.paymentIntents.confirm(id)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(moved()).toEqual(['charge 1599']);
  });

  it('that are canceled stay canceled, and those that are charged cannot be', async () => {
    const { stripe, open, charged, moved } = await bench();
    const { id } = await open();
    expect(await stripe.paymentIntents.cancel(id)).toMatchObject({ status: 'canceled' });
    expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject({ status: 'canceled' });
    expect(moved()).toEqual([]);
    const paid = await charged();
    expect(await failure(stripe.paymentIntents.cancel(paid.id))).toMatchObject({ status: 'succeeded' });
  });

  it.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    // Stripe gives no more reason; the SDK makes an empty text of that.
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', ''],
  ])('that are declined forget %s, keep why, and have a failed charge', async (method, code, declineCode) => {
    const { stripe, open, moved } = await bench();
    const { id } = await open(method);
    const said = { type: 'StripeCardError', code, declineCode, statusCode: 402, status: 'requires_payment_method' };
    expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject(said);
    const after = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(after).toMatchObject({
      payment_method: null,
      last_payment_error: { code },
      latest_charge: { status: 'failed', failure_code: code, amount_captured: 0 },
    });
    expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject({ code: 'payment_intent_unexpected_state' });
    expect(await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'succeeded',
      last_payment_error: null,
    });
    expect(moved()).toEqual(['charge 1599']);
  });

  it('wait for the customer, or fail when they are not to', async () => {
    const { stripe, open } = await bench();
    const waiting = await open('pm_card_authenticationRequired');
    expect(await stripe.paymentIntents.confirm(waiting.id)).toMatchObject({ status: 'requires_action' });
    const failing = await open('pm_card_authenticationRequired');
    const confirmation = stripe.paymentIntents.confirm(failing.id, { error_on_requires_action: true });
    expect(await failure(confirmation)).toMatchObject({
      code: 'authentication_required',
      statusCode: 402,
      status: 'requires_payment_method',
    });
  });

  it('are processing until the issuer has made up its mind', async () => {
    const { stripe, standIn, charged, moved } = await bench();
    const [yes, no] = [await charged('pm_card_processing'), await charged('pm_card_processing')];
    expect(yes.status).toBe('processing');
    expect(await failure(stripe.paymentIntents.cancel(yes.id))).toMatchObject({ status: 'processing' });
    standIn.happens.endProcessing(yes.id, true);
    standIn.happens.endProcessing(no.id, false);
    const states = standIn.intents().map(({ status }) => status);
    expect(states).toEqual(['succeeded', 'requires_payment_method']);
    expect(moved()).toEqual(['charge 1599']);
  });

  it('are listed newest first, by their time, in pages, with their charge when asked for', async () => {
    const { stripe, clock, open, charged } = await bench();
    const first = await charged();
    clock.advance(5_000);
    const second = await open();
    clock.advance(5_000);
    const third = await open();
    const ids = async (params: Stripe.PaymentIntentListParams) => {
      const { data, has_more: more } = await stripe.paymentIntents.list(params);
      return { ids: data.map(({ id }) => id), more };
    };
    expect(await ids({})).toEqual({ ids: [third.id, second.id, first.id], more: false });
    expect(await ids({ limit: 2 })).toEqual({ ids: [third.id, second.id], more: true });
    expect(await ids({ limit: 2, starting_after: second.id })).toEqual({ ids: [first.id], more: false });
    const from = NOON / 1_000;
    expect(await ids({ created: { gte: from, lte: from + 5 } })).toEqual({ ids: [second.id, first.id], more: false });
    const { data } = await stripe.paymentIntents.list({ expand: ['data.latest_charge.refunds'] });
    expect(data.at(-1)?.latest_charge).toMatchObject({ status: 'succeeded', refunds: { data: [] } });
    expect(await failure(stripe.paymentIntents.list({ starting_after: 'pi_unknown' }))).toMatchObject({
      code: 'resource_missing',
      param: 'starting_after',
    });
    expect(await failure(stripe.paymentIntents.list({ limit: 101 }))).toMatchObject({ param: 'limit' });
  });

  it('are found by a search an hour late', async () => {
    const { stripe, clock, open } = await bench();
    const { id } = await open();
    const search = async () => {
      const { data } = await stripe.paymentIntents.search({ query: "metadata['order_id']:'order-1'" });
      return data.map((found) => found.id);
    };
    clock.advance(HOUR_MS - 1_000);
    expect(await search()).toEqual([]);
    clock.advance(1_000);
    expect(await search()).toEqual([id]);
  });
});

describe('what the stand-in refuses', () => {
  it.each([
    ['an amount below one', { ...PRICE, amount: 0 }, 'amount'],
    ['an amount with a fraction', { ...PRICE, amount: 1.5 }, 'amount'],
    ['more than eight digits', { ...PRICE, amount: 100_000_000 }, 'amount'],
    ['no such method', { ...PRICE, payment_method: 'pm_unknown' }, 'payment_method'],
    ['a parameter that it does not know', { ...PRICE, capture_method: 'manual' as const }, 'capture_method'],
  ])('%s', async (_, params, param) => {
    const { stripe, standIn } = await bench();
    const refused = await failure(stripe.paymentIntents.create(params));
    expect(refused).toMatchObject({ type: 'StripeInvalidRequestError', param });
    expect(standIn.intents()).toEqual([]);
  });

  it('another key, until the keys are rotated', async () => {
    const { standIn } = await bench();
    const stripe = sdk(standIn, {}, 'sk_test_other');
    expect(await failure(stripe.paymentIntents.list())).toMatchObject({
      type: 'StripeAuthenticationError',
      statusCode: 401,
    });
    standIn.keys.clear();
    standIn.keys.add('sk_test_other');
    expect(await stripe.paymentIntents.list()).toMatchObject({ data: [] });
  });

  it('a request without a key, and one for an address that it does not have', async () => {
    const { standIn } = await bench();
    expect((await fetch(`${standIn.url}/v1/payment_intents`)).status).toBe(401);
    expect((await fetch(`${standIn.url}/v1/topups`)).status).toBe(404);
  });

  it('another version of the API', async () => {
    const { stripe, standIn } = await bench();
    const call = stripe.paymentIntents.list({}, { apiVersion: '2020-08-27' });
    expect(await failure(call)).toMatchObject({ statusCode: 400, param: 'stripe-version' });
    expect(standIn.requests.at(-1)).toEqual({ operation: 'payment_intents.list', version: '2020-08-27' });
  });

  it.each([
    ['an intent', (stripe: Stripe) => stripe.paymentIntents.retrieve('pi_unknown')],
    ['a customer', (stripe: Stripe) => stripe.customers.retrieve('cus_unknown')],
    ['a method', (stripe: Stripe) => stripe.paymentMethods.retrieve('pm_unknown')],
    ['a charge', (stripe: Stripe) => stripe.charges.retrieve('ch_unknown')],
    ['a refund', (stripe: Stripe) => stripe.refunds.retrieve('re_unknown')],
    ['a dispute', (stripe: Stripe) => stripe.disputes.retrieve('du_unknown')],
  ])('%s that is not there', async (_, call) => {
    const { stripe } = await bench();
    expect(await failure(call(stripe))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
  });
});

describe('saved payment methods', () => {
  it('belong to a customer, and can only be used together with that one', async () => {
    const { stripe, standIn } = await bench();
    standIn.happens.saveCard('pm_saved', 'pm_card_visa', 'alice');
    const { customer } = await stripe.paymentMethods.retrieve('pm_saved', { expand: ['customer'] });
    expect(customer).toMatchObject({ object: 'customer', metadata: { customer_id: 'alice' } });
    const plain = await stripe.paymentMethods.retrieve('pm_saved');
    if (typeof plain.customer !== 'string') throw new Error('expected the id of a customer');
    expect(await stripe.customers.retrieve(plain.customer)).toEqual(customer);
    const alone = { ...PRICE, payment_method: 'pm_saved' };
    expect(await failure(stripe.paymentIntents.create(alone))).toMatchObject({ param: 'payment_method' });
    const intent = await stripe.paymentIntents.create({ ...alone, customer: plain.customer });
    expect(await stripe.paymentIntents.confirm(intent.id)).toMatchObject({ status: 'succeeded' });
  });
});

describe('refunds', () => {
  it('give back what is left, and never more', async () => {
    const { stripe, standIn, charged, moved } = await bench();
    const { id } = await charged();
    standIn.happens.refund(id, 599);
    expect(await failure(stripe.refunds.create({ payment_intent: id, amount: 1_001 }))).toMatchObject({
      param: 'amount',
    });
    const { id: refundId } = await stripe.refunds.create({ payment_intent: id });
    expect(await failure(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(moved()).toEqual(['charge 1599', 'refund 599', 'refund 1000']);
    const { data } = await stripe.refunds.list({ payment_intent: id });
    expect(data.map(({ amount, status }) => `${amount} ${status}`)).toEqual(['1000 succeeded', '599 succeeded']);
    expect(await stripe.refunds.retrieve(refundId)).toMatchObject({ amount: 1_000 });
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(charge).toMatchObject({ amount_refunded: 1_599, refunded: true });
  });

  it('need a charge', async () => {
    const { stripe, open } = await bench();
    const { id } = await open();
    expect(await failure(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ statusCode: 400 });
  });

  it.each([
    ['pm_card_refundFails', ['failed', 'failed'], ['charge 1599']],
    ['pm_card_refundFail', ['succeeded', 'failed'], ['charge 1599', 'refund 1599', 'refund-returned 1599']],
    ['pm_card_pendingRefund', ['pending', 'succeeded'], ['charge 1599', 'refund 1599']],
  ])('of %s are %j, a minute later', async (method, states, money) => {
    const { stripe, clock, charged, moved } = await bench();
    const { id } = await charged(method);
    const refund = await stripe.refunds.create({ payment_intent: id });
    clock.advance(MINUTE_MS);
    const later = await stripe.refunds.retrieve(refund.id);
    expect([refund.status, later.status]).toEqual(states);
    expect(moved()).toEqual(money);
    expect(later.failure_reason !== undefined).toBe(later.status === 'failed');
  });
});

describe('disputes', () => {
  it('take the money, keep it from being refunded, and bring it back when they are won', async () => {
    const { stripe, standIn, charged, moved } = await bench();
    const { id } = await charged('pm_card_createDispute');
    expect(moved()).toEqual(['charge 1599', 'dispute-withdrawn 1599']);
    expect(await failure(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ code: 'charge_disputed' });
    const { data } = await stripe.disputes.list({ payment_intent: id });
    expect(data).toMatchObject([{ status: 'needs_response', amount: 1_599 }]);
    standIn.happens.closeDispute(data[0]?.id ?? '', 'won');
    expect(await stripe.disputes.retrieve(data[0]?.id ?? '')).toMatchObject({ status: 'won' });
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ status: 'succeeded' });
    expect(moved()).toEqual(['charge 1599', 'dispute-withdrawn 1599', 'dispute-returned 1599', 'refund 1599']);
  });

  it('that are lost keep it', async () => {
    const { stripe, standIn, charged, moved } = await bench();
    const { id } = await charged();
    standIn.happens.closeDispute(standIn.happens.openDispute(id), 'lost');
    expect(await failure(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ code: 'charge_disputed' });
    expect(moved()).toEqual(['charge 1599', 'dispute-withdrawn 1599']);
  });
});

describe('idempotency keys', () => {
  const KEY = { idempotencyKey: 'key-1' };

  it('get the first answer again for a day', async () => {
    const { stripe, standIn, clock } = await bench();
    const create = () => stripe.paymentIntents.create(PRICE, KEY);
    const first = await create();
    clock.advance(24 * HOUR_MS - 1);
    const again = await create();
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(standIn.intents()).toHaveLength(1);
    clock.advance(1);
    expect((await create()).id).not.toBe(first.id);
  });

  it('are refused with other parameters, and for another call', async () => {
    const { stripe, open } = await bench();
    const { id } = await open();
    await stripe.paymentIntents.create(PRICE, KEY);
    const other = stripe.paymentIntents.create({ ...PRICE, amount: 1 }, KEY);
    expect(await failure(other)).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    const elsewhere = stripe.paymentIntents.confirm(id, {}, KEY);
    expect(await failure(elsewhere)).toMatchObject({ type: 'StripeIdempotencyError' });
  });

  it('get a failure of Stripe again, and a decline', async () => {
    const { stripe, standIn, open, moved } = await bench();
    const { id } = await open();
    standIn.fault({ operation: 'payment_intents.confirm', kind: '500', times: 1 });
    const confirm = () => failure(stripe.paymentIntents.confirm(id, {}, KEY));
    expect([await confirm(), await confirm()]).toMatchObject([{ statusCode: 500 }, { statusCode: 500 }]);
    expect(moved()).toEqual([]);
    const declined = await open('pm_card_chargeDeclined');
    const decline = () => failure(stripe.paymentIntents.confirm(declined.id, {}, { idempotencyKey: 'key-2' }));
    expect(await decline()).toEqual(await decline());
  });

  it('keep nothing of a call that was never carried out', async () => {
    const { stripe, standIn } = await bench();
    const create = () => stripe.paymentIntents.create(PRICE, KEY);
    for (const [kind, code] of [
      ['429', 'rate_limit'],
      ['lock', 'lock_timeout'],
    ] as const) {
      standIn.fault({ operation: 'payment_intents.create', kind, times: 1 });
      expect(await failure(create())).toMatchObject({ code, statusCode: 429 });
    }
    expect(await create()).toMatchObject({ object: 'payment_intent' });
  });

  it('conflict while the first call is under way', async () => {
    const { stripe, standIn } = await bench();
    const stall = standIn.stallNext('payment_intents.create');
    const first = stripe.paymentIntents.create(PRICE, KEY);
    await stall.reached;
    expect(await failure(stripe.paymentIntents.create(PRICE, KEY))).toMatchObject({ statusCode: 409 });
    stall.release();
    expect((await stripe.paymentIntents.create(PRICE, KEY)).id).toBe((await first).id);
  });
});

describe('faults', () => {
  it.each([
    ['drop-after', 'StripeConnectionError', ['charge 1599']],
    ['500-after', 'StripeAPIError', ['charge 1599']],
    ['500', 'StripeAPIError', []],
    ['429', 'StripeRateLimitError', []],
    ['lock', 'StripeRateLimitError', []],
  ] as const)('%s is a %s, once', async (kind, type, money) => {
    const { stripe, standIn, open, moved } = await bench();
    const { id } = await open();
    standIn.fault({ operation: 'payment_intents.confirm', kind, times: 1 });
    expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject({ type });
    expect(moved()).toEqual(money);
    await stripe.paymentIntents.confirm(id).catch(() => undefined);
    expect(moved()).toEqual(['charge 1599']);
  });

  it('the SDK repeats a call that was dropped before any answer once, by itself, with the same key', async () => {
    const { stripe, standIn, open, moved } = await bench();
    const { id } = await open();
    standIn.fault({ operation: 'payment_intents.confirm', kind: 'drop-before', times: 1 });
    expect(await stripe.paymentIntents.confirm(id)).toMatchObject({ status: 'succeeded' });
    standIn.fault({ operation: 'refunds.create', kind: 'drop-before', times: 2 });
    expect(await failure(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      type: 'StripeConnectionError',
    });
    expect(moved()).toEqual(['charge 1599']);
  });

  it('hang: the SDK gives up, and nothing was done', async () => {
    const { standIn, open, moved } = await bench();
    const { id } = await open();
    standIn.fault({ operation: 'payment_intents.confirm', kind: 'hang', times: 1 });
    const impatient = sdk(standIn, { timeout: 100 });
    expect(await failure(impatient.paymentIntents.confirm(id))).toMatchObject({ type: 'StripeConnectionError' });
    expect(moved()).toEqual([]);
  });

  it('slow: the SDK gives up, and it was done all the same', async () => {
    const { standIn, open, moved } = await bench();
    const { id } = await open();
    standIn.fault({ operation: 'payment_intents.confirm', kind: 'slow', ms: 300, times: 1 });
    const impatient = sdk(standIn, { timeout: 50 });
    expect(await failure(impatient.paymentIntents.confirm(id))).toMatchObject({ type: 'StripeConnectionError' });
    await expect.poll(moved).toEqual(['charge 1599']);
  });

  it("the demo's cards: flaky fails twice, an outage always, and one charges and loses its answer", async () => {
    const { stripe, open, moved } = await bench();
    const [flaky, outage, lost] = [
      await open('pm_card_flaky'),
      await open('pm_card_outage'),
      await open('pm_card_timeoutAfterCommit'),
    ];
    for (const { id } of [flaky, flaky, outage, outage, outage]) {
      expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject({ statusCode: 500 });
    }
    expect(moved()).toEqual([]);
    expect(await stripe.paymentIntents.confirm(flaky.id)).toMatchObject({ status: 'succeeded' });
    expect(await failure(stripe.paymentIntents.confirm(lost.id))).toMatchObject({ type: 'StripeConnectionError' });
    expect(await stripe.paymentIntents.retrieve(lost.id)).toMatchObject({ status: 'succeeded' });
    expect(moved()).toEqual(['charge 1599', 'charge 1599']);
  });
});

describe('webhooks', () => {
  it('are signed, and tell of the object as it was', async () => {
    const tried = await bench();
    const { types, received } = await endpoint(tried);
    const { id } = await tried.charged();
    await tried.standIn.webhooks.idle();
    expect(types().toSorted()).toEqual(['charge.succeeded', 'payment_intent.created', 'payment_intent.succeeded']);
    const created = received.find(({ event }) => event.type === 'payment_intent.created')?.event;
    expect(created?.data.object).toMatchObject({ id, status: 'requires_confirmation', metadata: ORDER.metadata });
    expect(new Set(received.map(({ event }) => event.id)).size).toBe(3);
  });

  it('come again, byte for byte, until they are taken', async () => {
    const tried = await bench();
    const { received } = await endpoint(tried, {}, [500, 503, 200]);
    await tried.open();
    await tried.standIn.webhooks.idle();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(tried.standIn.webhooks.log.map(({ status }) => status)).toEqual([500, 503, 200]);
  });

  it('come twice when they are to', async () => {
    const tried = await bench();
    const { received } = await endpoint(tried, { copies: 2 });
    await tried.open();
    await tried.standIn.webhooks.idle();
    expect(received.map(({ event }) => event.id)).toEqual([received[0]?.event.id, received[0]?.event.id]);
  });

  it('come in another order when they are held back, and not before they are let go', async () => {
    const tried = await bench();
    const { types } = await endpoint(tried, { hold: true });
    await tried.charged();
    expect(types()).toEqual([]);
    tried.standIn.webhooks.release();
    await tried.standIn.webhooks.idle();
    expect(types().toSorted()).toEqual(['charge.succeeded', 'payment_intent.created', 'payment_intent.succeeded']);
  });

  it('come before the answer of the call when they are to', async () => {
    const tried = await bench();
    const { types } = await endpoint(tried, { beforeAnswer: true });
    await tried.open();
    expect(types()).toEqual(['payment_intent.created']);
  });

  it('tell of what happens without a call', async () => {
    const tried = await bench();
    const { id } = await tried.charged('pm_card_pendingRefund');
    const refund = await tried.stripe.refunds.create({ payment_intent: id });
    const { types } = await endpoint(tried);
    tried.standIn.happens.endRefund(refund.id, 'failed');
    const dispute = tried.standIn.happens.openDispute(id);
    tried.standIn.happens.closeDispute(dispute, 'won');
    await tried.standIn.webhooks.idle();
    expect(types().toSorted()).toEqual([
      'charge.dispute.closed',
      'charge.dispute.created',
      'charge.dispute.funds_reinstated',
      'charge.dispute.funds_withdrawn',
      'refund.failed',
      'refund.updated',
    ]);
    // Ended by hand: the minute does not end it again.
    tried.clock.advance(MINUTE_MS);
    tried.standIn.wake();
    expect(await tried.stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'failed' });
  });
});

describe('for other processes', () => {
  const post = (standIn: StripeStandIn, name: string, body: object) =>
    fetch(`${standIn.url}/_standin/${name}`, { method: 'POST', body: JSON.stringify(body) });

  it('shows the books, of one order and of all', async () => {
    const { standIn, charged } = await bench();
    const { id } = await charged();
    const read = async (path: string) => (await fetch(`${standIn.url}/_standin/${path}`)).json();
    const movement = { kind: 'charge', reference: id, orderId: 'order-1', amount: 1_599, currency: 'eur', at: NOON };
    expect(await read('movements?orderId=order-1')).toEqual([movement]);
    expect(await read('movements')).toEqual([movement]);
    expect(await read('movements?orderId=order-2')).toEqual([]);
    expect(await read('intents?orderId=order-1')).toMatchObject([{ id, status: 'succeeded' }]);
  });

  it('has things happen', async () => {
    const { standIn, stripe, charged, moved } = await bench();
    const { id: reference } = await charged();
    const refund = (await (await post(standIn, 'refund', { reference, amount: 99 })).json()) as { id: string };
    await post(standIn, 'end-refund', { id: refund.id, status: 'failed' });
    const dispute = (await (await post(standIn, 'open-dispute', { reference })).json()) as { id: string };
    await post(standIn, 'close-dispute', { id: dispute.id, status: 'won' });
    expect(moved()).toEqual([
      'charge 1599',
      'refund 99',
      'refund-returned 99',
      'dispute-withdrawn 1599',
      'dispute-returned 1599',
    ]);
    const { id: processing } = await charged('pm_card_processing');
    await post(standIn, 'end-processing', { reference: processing, approved: true });
    expect(await stripe.paymentIntents.retrieve(processing)).toMatchObject({ status: 'succeeded' });
    await post(standIn, 'save-card', { method: 'pm_saved', card: 'pm_card_visa', customerId: 'alice' });
    expect(await stripe.paymentMethods.retrieve('pm_saved')).toMatchObject({ customer: expect.any(String) });
    await post(standIn, 'faults', { operation: 'payment_intents.list', kind: '500', times: 1 });
    expect(await failure(stripe.paymentIntents.list())).toMatchObject({ statusCode: 500 });
  });

  it.each([
    ['faults', { operation: 'payment_intents.list', kind: 'flood', times: 1 }, 'kind'],
    ['webhooks', { url: 'nowhere', secret: 'x' }, 'url'],
    ['close-dispute', { id: 'du_1', status: 'open' }, 'status'],
  ])('names what is wrong with %s', async (name, body, field) => {
    const { standIn } = await bench();
    const response = await post(standIn, name, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(new RegExp(`^${field}`)) } });
  });
});
