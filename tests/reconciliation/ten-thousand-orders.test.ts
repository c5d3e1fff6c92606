import { afterEach, describe, expect, it } from 'vitest';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import { stripePaymentRecords } from '../../shared/adapters/stripe/stripe-payment-records.ts';
import { type Finding, type ReconcilePorts, reconcilePayments } from '../../shared/application/reconcile-payments.ts';
import { DISCREPANCY_KINDS } from '../../shared/domain/reconciliation.ts';
import { stripeUnderTest } from '../conformance/stripe.harness.ts';
import { type StripeStandIn, startStripe } from '../emulators/stripe/stripe-server.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { type Planted, plant } from './planted.ts';

const DAY = 86_400_000;
const TIMES = { approvalTimeoutMs: DAY, confirmationTimeoutMs: 300_000 };
const FOR_PEOPLE = ['payment-missing', 'charge-missing', 'amount-differs', 'refunded-but-kept', 'partly-refunded'];

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

async function grown(count: number, discrepancies: number) {
  const clock = manualClock(NOON);
  const stripe = await startStripe({ now: clock.now });
  undo.push(stripe.close);
  const options = stripeUnderTest(stripe);
  const { orders } = memoryOrderStore();
  const planted = await plant({ books: stripe.books, environment: options.environment, orders, count, discrepancies });
  clock.advance(DAY);
  const metrics = countingMetrics();
  const ports: ReconcilePorts = {
    orders,
    clock,
    times: TIMES,
    metrics,
    payments: stripePaymentGateway(options),
    records: stripePaymentRecords(options),
  };
  return { ports, planted, stripe, metrics };
}

interface Run {
  readonly repair: boolean;
  /** Broken off after so many pages. */
  readonly pages?: number;
}

async function reconcile(ports: ReconcilePorts, { repair, pages = Number.POSITIVE_INFINITY }: Run) {
  const findings: Finding[] = [];
  let looked = { payments: 0, orders: 0, pages: 0 };
  for (let cursor: string | undefined; looked.pages < pages; ) {
    const page = { limit: 100, ...(cursor !== undefined && { cursor }) };
    const result = await reconcilePayments(ports, { since: NOON - 1_000, page, repair });
    if (result.kind === 'refused') throw new Error(result.message);
    findings.push(...result.findings);
    looked = {
      payments: looked.payments + result.payments,
      orders: looked.orders + result.orders,
      pages: looked.pages + 1,
    };
    if (result.nextCursor === null) break;
    cursor = result.nextCursor;
  }
  return { findings, ...looked };
}

const named = (found: readonly Planted[]) =>
  found.map(({ kind, orderId, reference }) => `${kind} ${orderId} ${reference}`).sort();
const forPeople = (planted: readonly Planted[]) => planted.filter(({ kind }) => FOR_PEOPLE.includes(kind));
const countOf = ({ books }: StripeStandIn, kind: string) => books.movements.filter((one) => one.kind === kind).length;

describe('a reconciliation of 10,000 orders with 500 differences in them, over the API of Stripe', () => {
  it('finds exactly those, repairs the safe ones, charges nobody, and finds nothing more to do after that', async () => {
    const { ports, planted, stripe, metrics } = await grown(10_000, 500);
    expect(new Set(planted.map(({ kind }) => kind))).toEqual(new Set(DISCREPANCY_KINDS));
    expect(planted).toHaveLength(500);
    const [charges, refunds] = [countOf(stripe, 'charge'), countOf(stripe, 'refund')];

    const repaired = await reconcile(ports, { repair: true });
    expect(named(repaired.findings)).toEqual(named(planted));
    expect(metrics.sums()).toEqual({ PaymentDiscrepancies: 500 });
    for (const { kind, remedy, repair } of repaired.findings) {
      const people = FOR_PEOPLE.includes(kind);
      expect([remedy === 'tell-operators', repair?.outcome]).toEqual(people ? [true, undefined] : [false, 'done']);
    }
    const owed = planted.filter(({ kind }) => /^(charge-without-order|second-charge|refund-owed)$/.test(kind));
    expect([countOf(stripe, 'charge'), countOf(stripe, 'refund')]).toEqual([charges, refunds + owed.length]);

    const again = await reconcile(ports, { repair: true });
    expect(named(again.findings)).toEqual(named(forPeople(planted)));
    expect([countOf(stripe, 'charge'), countOf(stripe, 'refund')]).toEqual([charges, refunds + owed.length]);
  }, 300_000);
});

describe('a reconciliation', () => {
  it('changes nothing unless it is to repair', async () => {
    const { ports, planted, stripe } = await grown(480, 48);
    const before = JSON.stringify([...stripe.books.intents.values()]);
    const movements = stripe.books.movements.length;
    for (let times = 0; times < 2; times += 1) {
      expect(named((await reconcile(ports, { repair: false })).findings)).toEqual(named(planted));
    }
    expect(JSON.stringify([...stripe.books.intents.values()])).toBe(before);
    expect(stripe.books.movements).toHaveLength(movements);
  });

  it('that is broken off, or is run twice at once, is made good by the next one', async () => {
    const { ports, planted, stripe } = await grown(480, 48);
    const charges = countOf(stripe, 'charge');
    await reconcile(ports, { repair: true, pages: 2 });
    await Promise.all([reconcile(ports, { repair: true }), reconcile(ports, { repair: true })]);
    expect(named((await reconcile(ports, { repair: true })).findings)).toEqual(named(forPeople(planted)));
    expect(countOf(stripe, 'charge')).toBe(charges);
    for (const { id, amount_captured: captured, amount_refunded: back } of stripe.books.charges.values()) {
      expect({ id, ok: back <= captured }).toEqual({ id, ok: true });
    }
  });

  it('tells what a remedy failed with, tries the others, and finishes it the next time', async () => {
    const { ports, planted, stripe } = await grown(480, 48);
    stripe.fault({ operation: 'refunds.create', kind: '500-after', times: 3 });
    stripe.fault({ operation: 'payment_intents.cancel', kind: '500', times: 2 });
    const first = await reconcile(ports, { repair: true });
    expect(named(first.findings)).toEqual(named(planted));
    expect(first.findings.filter(({ repair }) => repair?.outcome === 'failed').length).toBeGreaterThan(0);
    await reconcile(ports, { repair: true });
    const third = await reconcile(ports, { repair: true });
    expect(named(third.findings)).toEqual(named(forPeople(planted)));
  });
});
