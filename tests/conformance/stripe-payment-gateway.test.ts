import { fromStripe } from '../../shared/adapters/stripe/stripe-amount.ts';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import { startStripe } from '../emulators/stripe/stripe-server.ts';
import { paymentGatewaySuite } from './payment-gateway.suite.ts';
import { stripeUnderTest } from './stripe.harness.ts';

const STALLS = {
  confirm: 'payment_intents.confirm',
  settle: 'payment_intents.cancel',
  refund: 'refunds.create',
} as const;

paymentGatewaySuite('Stripe', async () => {
  const stripe = await startStripe();
  return {
    gateway: stripePaymentGateway(stripeUnderTest(stripe)),
    methods: {
      succeeds: 'pm_card_visa',
      declines: 'pm_card_chargeDeclined',
      flaky: 'pm_card_flaky',
      outage: 'pm_card_outage',
      timesOutAfterCharge: 'pm_card_timeoutAfterCommit',
      refundFails: 'pm_card_refundFails',
      needsAction: 'pm_card_authenticationRequired',
    },
    moved: async (orderId) => {
      const of = (kind: string) =>
        stripe
          .movements(orderId)
          .filter((movement) => movement.kind === kind)
          .map(fromStripe);
      return { charges: of('charge'), refunds: of('refund') };
    },
    stallNext: (operation) => stripe.stallNext(STALLS[operation]),
    close: stripe.close,
  };
});
