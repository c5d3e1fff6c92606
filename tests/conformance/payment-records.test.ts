import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import { stripePaymentRecords } from '../../shared/adapters/stripe/stripe-payment-records.ts';
import { startStripe } from '../emulators/stripe/stripe-server.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { paymentRecordsSuite } from './payment-records.suite.ts';
import { stripeUnderTest } from './stripe.harness.ts';

paymentRecordsSuite('simulated', async () => {
  const clock = manualClock(NOON);
  const ledger = memoryPaymentLedger();
  return {
    clock,
    gateway: simulatedPaymentGateway({ ledger, clock }),
    records: simulatedPaymentRecords({ ledger }),
    close: async () => {},
  };
});

paymentRecordsSuite('Stripe', async () => {
  const clock = manualClock(NOON);
  const stripe = await startStripe({ now: clock.now });
  const options = stripeUnderTest(stripe);
  return { clock, gateway: stripePaymentGateway(options), records: stripePaymentRecords(options), close: stripe.close };
});
