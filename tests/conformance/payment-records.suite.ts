import { describe, expect, it } from 'vitest';
import type { PaymentRecord } from '../../shared/domain/payment-record.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import type { PaymentRecords, RecordWindow } from '../../shared/ports/payment-records.ts';
import { anOrderId } from '../fixtures.ts';
import type { ManualClock } from '../manual-clock.ts';
import { type Closable, freshFor } from './harness.ts';
import { PRICE } from './payment-gateway.harness.ts';
import { portError } from './races.ts';

/** A provider with a gateway and its books; its time is `clock`'s. */
export interface PaymentRecordsHarness extends Closable {
  readonly records: PaymentRecords;
  readonly gateway: PaymentGateway;
  readonly clock: ManualClock;
}

/** Everything that the port `PaymentRecords` promises. */
export function paymentRecordsSuite(name: string, open: () => Promise<PaymentRecordsHarness>): void {
  describe(`${name}: PaymentRecords`, () => {
    const harness = freshFor(open);

    async function opened(
      paymentMethod = 'pm_card_visa',
    ): Promise<{ readonly reference: string; readonly orderId: string }> {
      const orderId = anOrderId();
      const request = { orderId, customerId: 'alice', amount: PRICE, paymentMethod };
      const { reference } = await harness().gateway.open(request);
      return { reference, orderId };
    }

    async function walk(window: RecordWindow, limit: number): Promise<readonly PaymentRecord[]> {
      const found: PaymentRecord[] = [];
      let cursor: string | undefined;
      do {
        const page = await harness().records.list(window, { limit, ...(cursor !== undefined && { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    }

    const always = (): RecordWindow => ({ since: 0, until: harness().clock.now() + 60_000 });

    it('shows an open payment with its order and amount, and no charge', async () => {
      const { reference, orderId } = await opened();
      const record = await harness().records.get(reference);
      expect(record).toEqual({ reference, orderId, amount: PRICE, state: 'open', openedAt: harness().clock.now() });
      expect(await walk(always(), 10)).toEqual([record]);
    });

    it('shows what was charged, and when', async () => {
      const { reference } = await opened();
      harness().clock.advance(5_000);
      const answer = await harness().gateway.confirm(reference);
      expect(answer.outcome).toBe('charged');
      const record = await harness().records.get(reference);
      expect(record).toMatchObject({
        state: 'charged',
        charge: { amount: PRICE.amount, at: harness().clock.now(), refunded: 0, refundPending: 0 },
      });
      expect(answer).toMatchObject({ transactionId: record?.charge?.transactionId });
      expect(record?.charge).not.toHaveProperty('refundId');
      expect(await walk(always(), 10)).toEqual([record]);
    });

    it('shows a payment that was given back as charged, with its refund', async () => {
      const { reference } = await opened();
      await harness().gateway.confirm(reference);
      const refund = await harness().gateway.refund(reference);
      const record = await harness().records.get(reference);
      expect(record).toMatchObject({ state: 'charged', charge: { amount: PRICE.amount, refunded: PRICE.amount } });
      expect(refund).toMatchObject({ refundId: record?.charge?.refundId });
      expect(await walk(always(), 10)).toEqual([record]);
    });

    it('shows why nothing was charged, before and after the payment is sealed', async () => {
      const { reference } = await opened('pm_card_chargeDeclined');
      await harness().gateway.confirm(reference);
      const declined = { state: 'open', declineCode: 'card_declined' };
      expect(await harness().records.get(reference)).toMatchObject(declined);
      await harness().gateway.settle(reference);
      expect(await harness().records.get(reference)).toMatchObject({ ...declined, state: 'sealed' });
    });

    it('knows nothing of another reference', async () => {
      expect(await harness().records.get('pi_unknown')).toBeUndefined();
      expect(await walk(always(), 10)).toEqual([]);
    });

    it('walks every payment of a window, newest first, each once', async () => {
      const { clock } = harness();
      const references: string[] = [];
      for (let index = 0; index < 9; index += 1) {
        references.push((await opened()).reference);
        clock.advance(1_000);
      }
      const start = clock.now() - 9_000;
      const of = async (window: RecordWindow, limit: number) =>
        (await walk(window, limit)).map(({ reference }) => reference);
      for (const limit of [1, 2, 4, 9, 100]) expect(await of(always(), limit)).toEqual(references.toReversed());
      expect(await of({ since: start + 2_000, until: start + 5_000 }, 2)).toEqual(references.slice(2, 6).toReversed());
      expect(await of({ since: start + 20_000, until: start + 50_000 }, 2)).toEqual([]);
    });

    it('walks on while payments are opened and charged', async () => {
      const { records, gateway, clock } = harness();
      const before: string[] = [];
      for (let index = 0; index < 6; index += 1) before.push((await opened()).reference);
      const window = { since: 0, until: clock.now() };
      const first = await records.list(window, { limit: 3 });
      await opened();
      for (const reference of before) await gateway.confirm(reference);
      const second = await records.list(window, { limit: 3, cursor: first.nextCursor ?? '' });
      const seen = [...first.items, ...second.items].map(({ reference }) => reference);
      expect(seen).toEqual(expect.arrayContaining(before));
    });

    it.each(['', 'nonsense', 'pi_nobody', '../charges', `pi_${'x'.repeat(300)}`])(
      'refuses the cursor %j',
      async (cursor) => {
        await opened();
        await expect(harness().records.list(always(), { limit: 10, cursor })).rejects.toEqual(
          portError('invalid-argument'),
        );
      },
    );
  });
}
