import { afterEach, describe, expect, it } from 'vitest';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import { stripePaymentRecords } from '../../shared/adapters/stripe/stripe-payment-records.ts';
import { stripeUnderTest } from '../conformance/stripe.harness.ts';
import { startStripe } from '../emulators/stripe/stripe-server.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

async function bench() {
  const clock = manualClock(NOON);
  const stripe = await startStripe({ now: clock.now });
  undo.push(stripe.close);
  const { client, environment } = stripeUnderTest(stripe);
  const gateway = stripePaymentGateway({ client, environment });
  const records = stripePaymentRecords({ client, environment });
  const charged = async (paymentMethod = 'pm_card_visa') => {
    const amount = { amount: 1599, currency: 'USD' };
    const { reference } = await gateway.open({ orderId: 'ord_a', customerId: 'alice', amount, paymentMethod });
    await gateway.confirm(reference);
    return reference;
  };
  const chargeOf = async (reference: string) => (await records.get(reference))?.charge;
  return { clock, stripe, client, gateway, records, charged, chargeOf };
}

describe('the books of Stripe', () => {
  it('show a dispute with its end, beside the charge', async () => {
    const { stripe, charged, chargeOf } = await bench();
    for (const end of ['won', 'lost'] as const) {
      const reference = await charged();
      const id = stripe.happens.openDispute(reference);
      expect(await chargeOf(reference)).toMatchObject({ amount: 1599, refunded: 0, dispute: { id, status: 'open' } });
      stripe.happens.closeDispute(id, end);
      expect(await chargeOf(reference)).toMatchObject({ dispute: { id, status: end } });
    }
  });

  it('show parts that were given back, and the last of them', async () => {
    const { stripe, charged, chargeOf } = await bench();
    const reference = await charged();
    stripe.happens.refund(reference, 100);
    const last = stripe.happens.refund(reference, 200);
    expect(await chargeOf(reference)).toMatchObject({ amount: 1599, refunded: 300, refundPending: 0, refundId: last });
  });

  it('show a refund on its way, and what becomes of it', async () => {
    const { clock, stripe, gateway, charged, chargeOf } = await bench();
    const reference = await charged('pm_card_pendingRefund');
    expect(await gateway.refund(reference)).toEqual({ outcome: 'pending' });
    expect(await gateway.refund(reference)).toEqual({ outcome: 'pending' });
    expect(await chargeOf(reference)).toMatchObject({ refunded: 0, refundPending: 1599 });
    clock.advance(60_000);
    expect(await chargeOf(reference)).toMatchObject({ refunded: 1599, refundPending: 0, refundId: expect.any(String) });
    expect(stripe.movements('ord_a').map(({ kind }) => kind)).toEqual(['charge', 'refund']);
  });

  it('show a refund that came back as a failure, and the next one that went through', async () => {
    const { clock, stripe, gateway, charged, chargeOf } = await bench();
    const reference = await charged('pm_card_refundFail');
    const first = await gateway.refund(reference);
    if (first.outcome !== 'refunded') throw new Error(`the refund is ${first.outcome}`);
    clock.advance(60_000);
    const failed = await chargeOf(reference);
    expect(failed).toMatchObject({
      refunded: 0,
      refundFailure: { refundId: first.refundId, code: expect.any(String) },
    });
    const next = stripe.happens.refund(reference);
    const after = await chargeOf(reference);
    expect(after).toMatchObject({ refunded: 1599, refundId: next });
    expect(after).not.toHaveProperty('refundFailure');
  });

  it('show the payments of another platform on the account without an order', async () => {
    const { client, records, charged } = await bench();
    const reference = await charged();
    expect(await records.get(reference)).toMatchObject({ orderId: 'ord_a' });
    const other = stripePaymentRecords({ client, environment: 'production' });
    expect(await other.get(reference)).toMatchObject({ reference, state: 'charged' });
    expect(await other.get(reference)).not.toHaveProperty('orderId');
    const window = { since: NOON - 1_000, until: NOON + 1_000 };
    expect((await other.list(window, { limit: 10 })).items[0]).not.toHaveProperty('orderId');
  });

  it('cost one call for a page, and another one for each dispute in it', async () => {
    const { stripe, records, charged } = await bench();
    for (let made = 0; made < 20; made += 1) await charged();
    stripe.happens.openDispute(await charged());
    const before = stripe.requests.length;
    const { items } = await records.list({ since: NOON - 1_000, until: NOON + 1_000 }, { limit: 100 });
    expect([items.length, stripe.requests.length - before]).toEqual([21, 2]);
  });
});

describe('a refund', () => {
  it('is not made while a dispute holds the money, nor after it was lost', async () => {
    const { stripe, gateway, charged } = await bench();
    const reference = await charged();
    const id = stripe.happens.openDispute(reference);
    const refused = { outcome: 'failed', code: 'payment-disputed' };
    expect(await gateway.refund(reference)).toEqual(refused);
    stripe.happens.closeDispute(id, 'lost');
    expect(await gateway.refund(reference)).toEqual(refused);
    expect(stripe.movements('ord_a').map(({ kind }) => kind)).toEqual(['charge', 'dispute-withdrawn']);
  });

  it('gives back what is left where a part was given back by hand', async () => {
    const { stripe, gateway, charged } = await bench();
    const reference = await charged();
    stripe.happens.refund(reference, 100);
    expect(await gateway.refund(reference)).toMatchObject({ outcome: 'refunded' });
    const back = stripe.movements('ord_a').filter(({ kind }) => kind === 'refund');
    expect(back.map(({ amount }) => amount)).toEqual([100, 1_499]);
  });
});
