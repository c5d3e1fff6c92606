import { describe, expect, it } from 'vitest';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import type { PaymentRecords } from '../../shared/ports/payment-records.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { aProvider, expectProblem, type Person, startApi } from './app.harness.ts';

const PATH = '/v1/operations/reconciliations';
const SINCE = new Date(NOON - 1_000).toISOString();
const USD = { amount: 1599, currency: 'USD' };

async function startWithBooks(wrapped: (records: PaymentRecords) => PaymentRecords = (same) => same) {
  const clock = manualClock(NOON);
  const { records, ...provider } = aProvider(clock);
  const { payments } = provider;
  const metrics = countingMetrics();
  const api = await startApi({ clock, metrics, provider: { ...provider, records: wrapped(records) } });
  /** A payment that no order claims, and the reference of it. */
  const stray = async (charged: boolean, orderId = 'ord_nobody') => {
    const { reference } = await payments.open({
      orderId,
      amount: USD,
      paymentMethod: 'pm_card_visa',
      customerId: 'alice',
    });
    if (charged) await payments.confirm(reference);
    return reference;
  };
  const ask = (body: unknown, as: Person = 'olga') => api.send('POST', PATH, { as, body });
  return { ask, stray, clock, payments, metrics, api };
}

describe('reconciling', () => {
  it('answers what differs and what is to be done, and changes nothing by itself', async () => {
    const { ask, stray, clock, payments } = await startWithBooks();
    const reference = await stray(true);
    clock.advance(7_200_000);
    for (let times = 0; times < 2; times += 1) {
      const { status, json } = await ask({ since: SINCE });
      const finding = {
        kind: 'charge-without-order',
        remedy: 'refund-charge',
        orderId: 'ord_nobody',
        reference,
        charged: USD,
      };
      expect([status, json]).toEqual([
        200,
        { payments: 1, orders: 0, findings: [finding], nextCursor: expect.any(String) },
      ]);
    }
    expect(await payments.status(reference)).toMatchObject({ outcome: 'charged' });
  });

  it('repairs what is safe where it is asked to, page by page', async () => {
    const { ask, stray, clock, payments, metrics } = await startWithBooks();
    const references = [await stray(true), await stray(false), await stray(true)];
    clock.advance(7_200_000);
    const repairs: unknown[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const { json } = await ask({ since: SINCE, limit: 1, repair: true, ...(cursor && { cursor }) });
      const page = json as { findings: { kind: string; repair: unknown }[]; nextCursor: string | null };
      repairs.push(...page.findings.map(({ kind, repair }) => [kind, repair]));
      cursor = page.nextCursor;
    }
    const done = { outcome: 'done' };
    expect(repairs).toEqual([
      ['charge-without-order', done],
      ['orphan-payment', done],
      ['charge-without-order', done],
    ]);
    const states = await Promise.all(references.map((reference) => payments.status(reference)));
    expect(states.map((state) => state.outcome)).toEqual(['refunded', 'sealed', 'refunded']);
    expect(metrics.sums()).toEqual({ PaymentDiscrepancies: 3 });
  });

  it('says nothing of what changed within the hour', async () => {
    const { ask, stray, clock } = await startWithBooks();
    await stray(true);
    clock.advance(3_599_999);
    expect((await ask({ since: SINCE, repair: true })).json).toMatchObject({ payments: 1, findings: [] });
    clock.advance(1);
    expect((await ask({ since: SINCE, repair: true })).json).toMatchObject({
      findings: [{ repair: { outcome: 'done' } }],
    });
  });

  it.each(['alice', 'mario'] as const)('is not for %s', async (person) => {
    const { ask } = await startWithBooks();
    expectProblem(await ask({ since: SINCE }, person), 403, 'forbidden');
  });

  it.each([
    [{}, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2026-11-22' }, 'since'],
    [{ since: '2999-01-01T00:00:00Z' }, 'since'],
    [{ since: SINCE, limit: 0 }, 'limit'],
    [{ since: SINCE, limit: 101 }, 'limit'],
    [{ since: SINCE, repair: 'yes' }, 'repair'],
    [{ since: SINCE, colour: 'red' }, 'colour'],
    [[], 'body'],
  ])('refuses %j, naming %s', async (body, field) => {
    const { ask } = await startWithBooks();
    expectProblem(await ask(body), 400, 'invalid-request', field);
  });

  it.each(['nonsense', 'payments.1', 'orders.1.nonsense', `payments.${NOON}.nonsense`])(
    'refuses the cursor %s',
    async (cursor) => {
      const { ask } = await startWithBooks();
      expectProblem(await ask({ since: SINCE, cursor }), 400, 'invalid-cursor', 'cursor');
    },
  );

  it('is 503 while the provider cannot be asked', async () => {
    const { ask } = await startWithBooks((inner) => ({
      ...inner,
      list: () => Promise.reject(new PortError('unavailable', 'PaymentRecords.list')),
    }));
    expectProblem(await ask({ since: SINCE }), 503, 'unavailable');
  });
});
