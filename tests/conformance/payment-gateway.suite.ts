import { describe, expect, it } from 'vitest';
import { NOTHING, type OpenPaymentGateway, type PaymentBench, paymentBench } from './payment-gateway.harness.ts';
import { paymentConfirmSuite } from './payment-gateway-confirm.suite.ts';
import { paymentInterleavingsSuite } from './payment-gateway-interleavings.suite.ts';
import { paymentOpenSuite } from './payment-gateway-open.suite.ts';
import { paymentRefundSuite } from './payment-gateway-refund.suite.ts';
import { paymentSettleSuite } from './payment-gateway-settle.suite.ts';
import { portError } from './races.ts';

/** Everything that the port `PaymentGateway` promises. */
export function paymentGatewaySuite(name: string, open: OpenPaymentGateway): void {
  describe(`${name}: PaymentGateway`, () => {
    const bench = paymentBench(open);
    paymentOpenSuite(bench);
    paymentConfirmSuite(bench);
    paymentSettleSuite(bench);
    paymentRefundSuite(bench);
    paymentLookingSuite(bench);
    paymentInterleavingsSuite(bench);
  });
}

function paymentLookingSuite(bench: PaymentBench): void {
  it('status changes nothing: an open payment can be charged after it, and a declined one is told the same', async () => {
    const { reference, moved } = await bench.payment();
    const before = await bench.gateway().status(reference);
    expect(await bench.gateway().status(reference)).toEqual(before);
    expect(await moved()).toEqual(NOTHING);
    expect(await bench.gateway().confirm(reference)).toMatchObject({ outcome: 'charged' });
  });

  it.each(['confirm', 'settle', 'refund', 'status'] as const)('%s fails for an unknown reference', async (call) => {
    await expect(bench.gateway()[call]('pay_unknown')).rejects.toEqual(portError('not-found'));
  });
}
