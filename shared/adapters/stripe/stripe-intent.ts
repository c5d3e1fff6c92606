import type Stripe from 'stripe';
import { PortError } from '../../ports/port-error.ts';

/** What is written on every intent, so that it can be found again, and told from those of others on the same account. */
export const METADATA = {
  orderId: 'order_id',
  customerId: 'customer_id',
  /** Which platform opened it: a development stack must never touch the payments of another one. */
  environment: 'orders_environment',
  /** There is none that may be charged: a confirmation declines. */
  refusedMethod: 'payment_method_refused',
} as const;

/** The words of the platform's own API, the same with every provider. */
export const AUTHENTICATION_REQUIRED = 'authentication-required';
const INVALID_METHOD = 'invalid_payment_method';

const AUTHENTICATION: readonly string[] = ['authentication_required', 'payment_intent_authentication_failure'];

/** Why nothing was charged, when the issuer said no or the customer had to act; undefined when nobody said anything. */
export function declineCodeOf({
  last_payment_error: error,
  metadata,
  status,
}: Stripe.PaymentIntent): string | undefined {
  if (error) return codeOf(error);
  if (status === 'requires_action') return AUTHENTICATION_REQUIRED;
  return metadata[METADATA.refusedMethod] === undefined ? undefined : INVALID_METHOD;
}

/** The issuer's own reason where it says more than that it declined. The SDK's errors have empty texts for what is not there. */
export function codeOf(error: { readonly code?: string; readonly decline_code?: string }): string {
  const code = error.code || 'card_declined';
  const reason = error.decline_code || 'generic_decline';
  if (AUTHENTICATION.includes(code) || AUTHENTICATION.includes(reason)) return AUTHENTICATION_REQUIRED;
  return reason === 'generic_decline' ? code : reason;
}

/** The charge of an intent that succeeded. */
export function transactionOf({ id, latest_charge: charge }: Stripe.PaymentIntent): string {
  if (!charge) throw new PortError('internal', 'Stripe', { message: `intent ${id} succeeded and has no charge` });
  return typeof charge === 'string' ? charge : charge.id;
}
