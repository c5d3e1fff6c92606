import Stripe from 'stripe';
import { PortError, type PortErrorCode } from '../../ports/port-error.ts';

const { errors } = Stripe;

/**
 * What a failed call means to a port. Anything that is not Stripe's is answered as it is: a defect. Stripe's words stay in the
 * cause alone, because they may quote what somebody sent; the message has its code and the id of the request.
 */
export function portErrorOf(operation: string, error: unknown): unknown {
  if (!(error instanceof errors.StripeError)) return error;
  const code = error.code ?? error.type;
  const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
  return new PortError(portCodeOf(error), operation, { message: `Stripe answered ${code}${request}`, cause: error });
}

export function isRefusedKey(error: unknown): boolean {
  return error instanceof errors.StripeAuthenticationError;
}

/** The intent that a call found in a state in which it cannot do what was asked; undefined for other errors. */
export function unexpectedIntent(error: unknown): Stripe.PaymentIntent | undefined {
  return error instanceof errors.StripeInvalidRequestError && error.code === 'payment_intent_unexpected_state'
    ? error.payment_intent
    : undefined;
}

/** Whether it says so of the object itself, and not of something that was sent along. */
export function isMissing(error: unknown, ...params: readonly string[]): boolean {
  return (
    error instanceof errors.StripeInvalidRequestError &&
    error.code === 'resource_missing' &&
    (params.length === 0 || params.includes(error.param ?? ''))
  );
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof errors.StripeError && error.code !== undefined && codes.includes(error.code);
}

function portCodeOf(error: Stripe.errors.StripeError): PortErrorCode {
  // Another call holds the object, or has the same idempotency key: it passes by itself.
  if (error.code === 'lock_timeout' || error.statusCode === 409) return 'unavailable';
  if (error instanceof errors.StripeConnectionError) return timedOut(error) ? 'deadline-exceeded' : 'unavailable';
  if (error instanceof errors.StripeRateLimitError) return 'resource-exhausted';
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError) {
    return 'permission-denied';
  }
  if (error.statusCode !== undefined && error.statusCode >= 500) return 'unavailable';
  if (isMissing(error)) return 'not-found';
  // Answers that are no JSON, from a proxy say: nobody knows what happened.
  return error instanceof errors.StripeAPIError ? 'unavailable' : 'invalid-argument';
}

function timedOut({ detail }: Stripe.errors.StripeConnectionError): boolean {
  return typeof detail === 'object' && Reflect.get(detail, 'code') === 'ETIMEDOUT';
}
