import Stripe from 'stripe';
import type {
  ConfirmResult,
  PaymentGateway,
  PaymentRequest,
  PaymentState,
  RefundResult,
  SettleResult,
} from '../../ports/payment-gateway.ts';
import { PortError } from '../../ports/port-error.ts';
import { toStripe } from './stripe-amount.ts';
import type { StripeClient } from './stripe-client.ts';
import { isMissing, unexpectedIntent } from './stripe-errors.ts';
import { AUTHENTICATION_REQUIRED, codeOf, declineCodeOf, METADATA, transactionOf } from './stripe-intent.ts';
import { chargeOf, refundIntent, refundsOf, sumOf } from './stripe-refunds.ts';

export interface StripePaymentGatewayOptions {
  readonly client: StripeClient;
  /** Names this platform among all that use the account; never changes. */
  readonly environment: string;
}

/**
 * Payments as Stripe's PaymentIntents: a reference is an intent's id. An intent is charged at most once, and one that is canceled
 * never: that is Stripe's own rule, so no call needs an idempotency key (which would repeat a stored failure for a day).
 */
export function stripePaymentGateway({ client, environment }: StripePaymentGatewayOptions): PaymentGateway {
  return {
    open: (request) =>
      client.call('PaymentGateway.open', (stripe, options) => open(stripe, options, request, environment)),
    confirm: (reference) =>
      client.call('PaymentGateway.confirm', async (stripe, options) => {
        const intent = await confirm(stripe, reference, options);
        return 'outcome' in intent ? intent : confirmed(intent);
      }),
    settle: (reference) =>
      client.call('PaymentGateway.settle', async (stripe, options) =>
        settled(await orUnexpected(stripe.paymentIntents.cancel(reference, {}, options))),
      ),
    refund: (reference) =>
      client.call(
        'PaymentGateway.refund',
        (stripe, options): Promise<RefundResult> => refundIntent(stripe, options, reference),
      ),
    status: (reference) =>
      client.call('PaymentGateway.status', async (stripe, options) => {
        const expand = ['latest_charge.refunds'];
        return stateOf(await stripe.paymentIntents.retrieve(reference, { expand }, options));
      }),
  };
}

async function open(
  stripe: Stripe,
  options: Stripe.RequestOptions,
  { orderId, customerId, amount, paymentMethod }: PaymentRequest,
  environment: string,
): Promise<{ readonly reference: string }> {
  const charged = toStripe(amount);
  if (!charged) {
    throw new PortError('invalid-argument', 'PaymentGateway.open', {
      message: 'Stripe cannot charge this amount in this currency',
    });
  }
  const method = await usableMethod(stripe, options, { customerId, paymentMethod });
  const create = (withMethod: Partial<Stripe.PaymentIntentCreateParams>, refused: boolean) =>
    stripe.paymentIntents.create(
      {
        ...charged,
        ...withMethod,
        allowed_payment_method_types: ['card'],
        metadata: {
          [METADATA.orderId]: orderId,
          [METADATA.customerId]: customerId,
          [METADATA.environment]: environment,
          ...(refused && { [METADATA.refusedMethod]: 'yes' }),
        },
      },
      options,
    );
  try {
    const { id } = await create(method ?? {}, method === undefined);
    return { reference: id };
  } catch (error) {
    // It went away since, or is no card: the customer hears of it as a decline, and not of an outage.
    if (!isRefusedMethod(error)) throw error;
    return { reference: (await create({}, true)).id };
  }
}

/**
 * The payment method as it may be charged; undefined for one that Stripe does not know, and for one that is saved for somebody
 * else: whoever knows its id could pay with it otherwise.
 */
async function usableMethod(
  stripe: Stripe,
  options: Stripe.RequestOptions,
  { customerId, paymentMethod }: Pick<PaymentRequest, 'customerId' | 'paymentMethod'>,
): Promise<Pick<Stripe.PaymentIntentCreateParams, 'customer' | 'payment_method'> | undefined> {
  // Anything else would be another address of the API.
  if (!/^[A-Za-z0-9_]{1,255}$/.test(paymentMethod)) return undefined;
  try {
    const { customer } = await stripe.paymentMethods.retrieve(paymentMethod, { expand: ['customer'] }, options);
    if (!customer) return { payment_method: paymentMethod };
    const owner = typeof customer === 'string' || customer.deleted ? undefined : customer.metadata[METADATA.customerId];
    if (typeof customer === 'string' || owner !== customerId) return undefined;
    return { payment_method: paymentMethod, customer: customer.id };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isRefusedMethod(error: unknown): boolean {
  const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;
  return (
    error instanceof StripeCardError || (error instanceof StripeInvalidRequestError && error.param === 'payment_method')
  );
}

/** The intent after the attempt, or what the issuer said in place of it. */
async function confirm(
  stripe: Stripe,
  reference: string,
  options: Stripe.RequestOptions,
): Promise<Stripe.PaymentIntent | ConfirmResult> {
  try {
    return await orUnexpected(stripe.paymentIntents.confirm(reference, { error_on_requires_action: true }, options));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
    return declined(codeOf(error));
  }
}

/** The intent as it is, where a call found it in a state in which there is nothing left to do. */
async function orUnexpected(call: Promise<Stripe.PaymentIntent>): Promise<Stripe.PaymentIntent> {
  try {
    return await call;
  } catch (error) {
    const intent = unexpectedIntent(error);
    if (!intent) throw error;
    return intent;
  }
}

function confirmed(intent: Stripe.PaymentIntent): ConfirmResult {
  switch (intent.status) {
    case 'succeeded':
      return { outcome: 'charged', transactionId: transactionOf(intent) };
    case 'canceled':
      return { outcome: 'sealed' };
    case 'requires_action':
      return { outcome: 'requires_action' };
    case 'requires_payment_method':
      return declined(declineCodeOf(intent) ?? 'card_declined');
    default:
      return { outcome: 'pending' };
  }
}

function declined(declineCode: string): ConfirmResult {
  return declineCode === AUTHENTICATION_REQUIRED
    ? { outcome: 'requires_action' }
    : { outcome: 'declined', declineCode };
}

function settled(intent: Stripe.PaymentIntent): SettleResult {
  if (intent.status === 'succeeded') return { outcome: 'charged', transactionId: transactionOf(intent) };
  if (intent.status !== 'canceled') return { outcome: 'pending' };
  return { outcome: 'sealed', ...declineOf(intent) };
}

function stateOf(intent: Stripe.PaymentIntent): PaymentState {
  const charge = chargeOf(intent);
  if (intent.status === 'canceled') return { outcome: 'sealed' };
  if (intent.status === 'processing') return { outcome: 'pending' };
  if (intent.status !== 'succeeded' || !charge) return { outcome: 'open', ...declineOf(intent) };
  const { id } = charge;
  const refunds = refundsOf(charge);
  const last = refunds.findLast(({ status }) => status === 'succeeded');
  return last && sumOf(refunds, 'succeeded') >= charge.amount_captured
    ? { outcome: 'refunded', transactionId: id, refundId: last.id }
    : { outcome: 'charged', transactionId: id };
}

function declineOf(intent: Stripe.PaymentIntent): { readonly declineCode?: string } {
  const declineCode = declineCodeOf(intent);
  return declineCode === undefined ? {} : { declineCode };
}
