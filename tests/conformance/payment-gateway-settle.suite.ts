import { describe, expect, it } from 'vitest';
import {
  CHARGE_AND_REFUND,
  expectUnknownOutcome,
  NOTHING,
  ONE_CHARGE,
  type PaymentBench,
  transactionOf,
  twentyTimes,
} from './payment-gateway.harness.ts';

export function paymentSettleSuite(bench: PaymentBench): void {
  describe('settle', () => {
    it('seals a payment that nobody confirmed, and no confirm charges it any more', async () => {
      const { reference, moved } = await bench.payment();
      expect(await bench.gateway().settle(reference)).toEqual({ outcome: 'sealed' });
      const answers = await twentyTimes(() => bench.gateway().confirm(reference));
      expect(answers).toEqual(answers.map(() => ({ outcome: 'sealed' })));
      expect(await bench.gateway().status(reference)).toEqual({ outcome: 'sealed' });
      expect(await moved()).toEqual(NOTHING);
    });

    it('answers the charge of a charged payment, and leaves it charged', async () => {
      const { reference, transactionId, moved } = await bench.charged();
      expect(await bench.gateway().settle(reference)).toEqual({ outcome: 'charged', transactionId });
      expect(await bench.gateway().status(reference)).toEqual({ outcome: 'charged', transactionId });
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it('answers the charge also after it was refunded', async () => {
      const { reference, transactionId, moved } = await bench.charged();
      await bench.gateway().refund(reference);
      expect(await bench.gateway().settle(reference)).toEqual({ outcome: 'charged', transactionId });
      expect(await moved()).toEqual(CHARGE_AND_REFUND);
    });

    it('finds the charge of a confirm that timed out', async () => {
      const { reference, moved } = await bench.payment('timesOutAfterCharge');
      await expectUnknownOutcome(bench.gateway().confirm(reference));
      expect(await bench.gateway().settle(reference)).toMatchObject({ outcome: 'charged' });
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it('seals a declined payment with the code of the decline, and no confirm charges it any more', async () => {
      const { reference, moved } = await bench.payment('declines');
      const declined = await bench.gateway().confirm(reference);
      expect(await bench.gateway().settle(reference)).toEqual({ ...declined, outcome: 'sealed' });
      expect(await bench.gateway().confirm(reference)).toEqual({ outcome: 'sealed' });
      expect(await moved()).toEqual(NOTHING);
    });

    it('seals a payment that the customer had to act on, with a code', async () => {
      const { reference, moved } = await bench.payment('needsAction');
      await bench.gateway().confirm(reference);
      const answer = await bench.gateway().settle(reference);
      expect(answer).toEqual({ outcome: 'sealed', declineCode: expect.stringMatching(/./) });
      expect(await bench.gateway().confirm(reference)).toEqual({ outcome: 'sealed' });
      expect(await moved()).toEqual(NOTHING);
    });

    it('seals a payment whose issuer could not be reached, without a code', async () => {
      const { reference, moved } = await bench.payment('outage');
      await expectUnknownOutcome(bench.gateway().confirm(reference));
      expect(await bench.gateway().settle(reference)).toEqual({ outcome: 'sealed' });
      expect(await moved()).toEqual(NOTHING);
    });

    it('seals a flaky payment for good, also when it would have been charged the next time', async () => {
      const { reference, moved } = await bench.payment('flaky');
      await expectUnknownOutcome(bench.gateway().confirm(reference));
      await bench.gateway().settle(reference);
      const answers = await twentyTimes(() => bench.gateway().confirm(reference));
      expect(answers).toEqual(answers.map(() => ({ outcome: 'sealed' })));
      expect(await moved()).toEqual(NOTHING);
    });

    it.each(['succeeds', 'declines', 'needsAction', 'timesOutAfterCharge'] as const)(
      'repeated, and at once, answers the same: %s',
      async (method) => {
        const { reference } = await bench.payment(method);
        await bench
          .gateway()
          .confirm(reference)
          .catch(() => undefined);
        const first = await bench.gateway().settle(reference);
        expect(await twentyTimes(() => bench.gateway().settle(reference))).toEqual(Array(20).fill(first));
      },
    );

    it('stops a confirm that began before it and reaches the provider after it', async () => {
      const { reference, moved } = await bench.payment();
      const stall = bench.stallNext('confirm');
      const confirming = bench.gateway().confirm(reference);
      await stall.reached;
      expect(await bench.gateway().settle(reference)).toEqual({ outcome: 'sealed' });
      stall.release();
      expect(await confirming).toEqual({ outcome: 'sealed' });
      expect(await moved()).toEqual(NOTHING);
    });

    it('that reaches the provider after a confirm answers its charge', async () => {
      const { reference, moved } = await bench.payment();
      const stall = bench.stallNext('settle');
      const settling = bench.gateway().settle(reference);
      await stall.reached;
      const confirmed = await bench.gateway().confirm(reference);
      stall.release();
      expect(await settling).toEqual({ outcome: 'charged', transactionId: transactionOf(confirmed) });
      expect(await moved()).toEqual(ONE_CHARGE);
    });

    it.each(['confirm first', 'settle first'])('decides a race with confirms one way: %s', async (order) => {
      for (let round = 0; round < 20; round += 1) {
        const { reference, moved } = await bench.payment();
        const confirm = () => bench.gateway().confirm(reference);
        const settle = () => bench.gateway().settle(reference);
        const calls = order === 'confirm first' ? [confirm, settle, confirm] : [settle, confirm, settle];
        const answers = await Promise.all(calls.map((call) => call()));
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect(await moved()).toEqual(answers[0]?.outcome === 'charged' ? ONE_CHARGE : NOTHING);
      }
    });
  });
}
