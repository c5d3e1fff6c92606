import { describe, expect, it } from 'vitest';
import {
  CHARGE_AND_REFUND,
  expectUnknownOutcome,
  NOTHING,
  ONE_CHARGE,
  type PaymentBench,
  twentyTimes,
} from './payment-gateway.harness.ts';
import { portError } from './races.ts';

export function paymentRefundSuite(bench: PaymentBench): void {
  describe('refund', () => {
    it('gives the whole charge back', async () => {
      const { reference, transactionId, moved } = await bench.charged();
      const answer = await bench.gateway().refund(reference);
      expect(answer).toEqual({ outcome: 'refunded', refundId: expect.stringMatching(/./) });
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
      expect(await bench.gateway().status(reference)).toEqual({ ...answer, transactionId });
    });

    it('repeated, answers the same refund and gives nothing more back', async () => {
      const { reference, moved } = await bench.charged();
      const answer = await bench.gateway().refund(reference);
      expect(await bench.gateway().refund(reference)).toEqual(answer);
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
    });

    it('called twenty times at once, gives back once', async () => {
      const { reference, moved } = await bench.charged();
      const answers = await twentyTimes(() => bench.gateway().refund(reference));
      expect(answers).toEqual(Array(20).fill(answers[0]));
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
    });

    it('that was stalled while another went through gives nothing more back', async () => {
      const { reference, moved } = await bench.charged();
      const stall = bench.stallNext('refund');
      const stalled = bench.gateway().refund(reference);
      await stall.reached;
      const answer = await bench.gateway().refund(reference);
      stall.release();
      expect(await stalled).toEqual(answer);
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
    });

    it('works for a charge whose confirm timed out', async () => {
      const { reference, moved } = await bench.payment('timesOutAfterCharge');
      await expectUnknownOutcome(bench.gateway().confirm(reference));
      expect(await bench.gateway().refund(reference)).toMatchObject({ outcome: 'refunded' });
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
    });

    it('fails for a payment that is open, was declined or is sealed', async () => {
      const opened = await bench.payment();
      const declined = await bench.payment('declines');
      await bench.gateway().confirm(declined.reference);
      const sealed = await bench.payment();
      await bench.gateway().settle(sealed.reference);
      for (const { reference, moved } of [opened, declined, sealed]) {
        await expect(bench.gateway().refund(reference)).rejects.toEqual(portError('invalid-argument'));
        expect(await moved()).toEqual(NOTHING);
      }
    });

    it('that is refused for good says so each time, and the charge stays', async () => {
      const { reference, transactionId, moved } = await bench.charged('refundFails');
      const answer = await bench.gateway().refund(reference);
      expect(answer).toEqual({ outcome: 'failed', code: expect.stringMatching(/./) });
      expect(await bench.gateway().refund(reference)).toEqual(answer);
      expect(await moved()).toEqual(ONE_CHARGE);
      expect(await bench.gateway().status(reference)).toEqual({ outcome: 'charged', transactionId });
    });
  });
}
