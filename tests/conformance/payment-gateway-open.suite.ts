import { describe, expect, it } from 'vitest';
import type { PaymentRequest } from '../../shared/ports/payment-gateway.ts';
import { anOrderId } from '../fixtures.ts';
import { NOTHING, ONE_CHARGE, type PaymentBench, PRICE } from './payment-gateway.harness.ts';
import { portError } from './races.ts';

export function paymentOpenSuite(bench: PaymentBench): void {
  describe('open', () => {
    it('moves no money and answers a reference that is open', async () => {
      const { reference, moved } = await bench.payment();
      expect(await bench.gateway().status(reference)).toEqual({ outcome: 'open' });
      expect(await moved()).toEqual(NOTHING);
    });

    it('may be repeated for one order: no money moves, and only what is confirmed is charged', async () => {
      const request = {
        orderId: anOrderId(),
        customerId: 'alice',
        amount: PRICE,
        paymentMethod: bench.methods().succeeds,
      };
      const [first] = [await bench.gateway().open(request), await bench.gateway().open(request)];
      expect(await bench.moved(request.orderId)).toEqual(NOTHING);
      await bench.gateway().confirm(first.reference);
      expect(await bench.moved(request.orderId)).toEqual(ONE_CHARGE);
    });

    it.each([0, -1, 0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN, Number.POSITIVE_INFINITY])(
      'refuses the amount %d',
      async (amount) => {
        const request: PaymentRequest = {
          orderId: anOrderId(),
          customerId: 'alice',
          amount: { amount, currency: 'USD' },
          paymentMethod: bench.methods().succeeds,
        };
        await expect(bench.gateway().open(request)).rejects.toEqual(portError('invalid-argument'));
        expect(await bench.moved(request.orderId)).toEqual(NOTHING);
      },
    );

    it.each([1, 99_999_999])('takes the amount %d to the cent', async (amount) => {
      const money = { amount, currency: 'EUR' };
      const orderId = anOrderId();
      const { reference } = await bench.gateway().open({
        orderId,
        customerId: 'alice',
        amount: money,
        paymentMethod: bench.methods().succeeds,
      });
      await bench.gateway().confirm(reference);
      expect(await bench.moved(orderId)).toEqual({ charges: [money], refunds: [] });
    });
  });
}
