import { describe, expect, it } from 'vitest';
import { anOrderId } from '../fixtures.ts';
import {
  CHARGE_AND_REFUND,
  expectUnknownOutcome,
  NOTHING,
  ONE_CHARGE,
  type PaymentBench,
  PRICE,
  transactionOf,
  twentyTimes,
  untilAnswered,
} from './payment-gateway.harness.ts';

export function paymentConfirmSuite(bench: PaymentBench): void {
  describe('confirm', () => {
    it('charges the whole amount', async () => {
      const { reference, transactionId, moved } = await bench.charged();
      expect(transactionId).not.toBe('');
      expect(await moved()).toEqual(ONE_CHARGE);
      expect(await bench.gateway().status(reference)).toEqual({ outcome: 'charged', transactionId });
    });

    it('repeated, answers the same transaction and charges nothing more', async () => {
      const { reference, transactionId, moved } = await bench.charged();
      expect(await bench.gateway().confirm(reference)).toEqual({ outcome: 'charged', transactionId });
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it('called twenty times at once, charges once', async () => {
      const { reference, moved } = await bench.payment();
      const answers = await twentyTimes(() => bench.gateway().confirm(reference));
      expect(new Set(answers.map(transactionOf)).size).toBe(1);
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it('charges one payment without touching another of the same order', async () => {
      const request = {
        orderId: anOrderId(),
        customerId: 'alice',
        amount: PRICE,
        paymentMethod: bench.methods().succeeds,
      };
      const { reference } = await bench.gateway().open(request);
      await bench.gateway().settle(reference);
      const other = await bench.gateway().open({ ...request, orderId: anOrderId() });
      expect(await bench.gateway().confirm(other.reference)).toMatchObject({ outcome: 'charged' });
      expect(await bench.gateway().status(reference)).toEqual({ outcome: 'sealed' });
    });

    it('answers a decline with its code, moves nothing and leaves the payment open', async () => {
      const { reference, moved } = await bench.payment('declines');
      const answer = await bench.gateway().confirm(reference);
      expect(answer).toEqual({ outcome: 'declined', declineCode: expect.stringMatching(/./) });
      expect(await moved()).toEqual(NOTHING);
      expect(await bench.gateway().status(reference)).toMatchObject({ ...answer, outcome: 'open' });
    });

    it('answers that the customer has to act, moves nothing and leaves the payment open', async () => {
      const { reference, moved } = await bench.payment('needsAction');
      expect(await bench.gateway().confirm(reference)).toEqual({ outcome: 'requires_action' });
      expect(await moved()).toEqual(NOTHING);
      expect(await bench.gateway().status(reference)).toMatchObject({ outcome: 'open' });
    });

    it('fails in an outage with an error that may be retried, however often', async () => {
      const { reference, moved } = await bench.payment('outage');
      for (let attempt = 0; attempt < 5; attempt += 1) {
        await expectUnknownOutcome(bench.gateway().confirm(reference));
      }
      expect(await moved()).toEqual(NOTHING);
    });

    it('is safe to repeat through a short outage: it charges once in the end', async () => {
      const { reference, moved } = await bench.payment('flaky');
      await expectUnknownOutcome(bench.gateway().confirm(reference));
      const answer = await untilAnswered(() => bench.gateway().confirm(reference));
      expect(answer).toMatchObject({ outcome: 'charged' });
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it('may have charged when it times out: repeated, it answers that one charge', async () => {
      const { reference, moved } = await bench.payment('timesOutAfterCharge');
      await expectUnknownOutcome(bench.gateway().confirm(reference));
      expect(await moved()).toEqual(ONE_CHARGE);
      const answer = await bench.gateway().confirm(reference);
      expect(await bench.gateway().confirm(reference)).toEqual(answer);
      expect(transactionOf(answer)).not.toBe('');
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it('still answers the charge after it was refunded', async () => {
      const { reference, transactionId, moved } = await bench.charged();
      await bench.gateway().refund(reference);
      expect(await bench.gateway().confirm(reference)).toEqual({ outcome: 'charged', transactionId });
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
    });
  });
}
