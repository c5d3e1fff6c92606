import type Stripe from 'stripe';
import type { RefundResult } from '../../ports/payment-gateway.ts';
import { PortError } from '../../ports/port-error.ts';
import { hasCode } from './stripe-errors.ts';

/** `requires_action` is on its way, too: the customer has to fetch it. */
export type RefundStage = 'failed' | 'pending' | 'succeeded';

/**
 * Gives back what is left of an intent's charge, also where somebody has given back a part by hand. Of several at once one
 * succeeds: Stripe never gives back more than was charged. One that failed does not keep another from being tried.
 */
export async function refundIntent(
  stripe: Stripe,
  options: Stripe.RequestOptions,
  reference: string,
): Promise<RefundResult> {
  const charge = await chargeToRefund(stripe, options, reference);
  if (charge.disputed && !(await isWon(stripe, options, reference))) return DISPUTED;
  const before = givenBack(charge, refundsOf(charge));
  if (before) return before;
  try {
    const refund = await stripe.refunds.create({ payment_intent: reference }, options);
    const stage = stageOf(refund);
    if (stage === 'failed') return { outcome: 'failed', code: refund.failure_reason ?? 'refund_failed' };
    return stage === 'succeeded' ? { outcome: 'refunded', refundId: refund.id } : { outcome: 'pending' };
  } catch (error) {
    if (hasCode(error, 'charge_disputed', 'refund_disputed_payment')) return DISPUTED;
    if (!hasCode(error, 'charge_already_refunded')) throw error;
    const again = await chargeToRefund(stripe, options, reference);
    return givenBack(again, refundsOf(again)) ?? { outcome: 'pending' };
  }
}

const DISPUTED: RefundResult = { outcome: 'failed', code: 'payment-disputed' };

/** Oldest first. Stripe lists ten at the most with a charge, and the newest first. */
export function refundsOf(charge: Stripe.Charge): readonly Stripe.Refund[] {
  return (charge.refunds?.data ?? []).toReversed();
}

export function stageOf({ status }: Pick<Stripe.Refund, 'status'>): RefundStage {
  if (status === 'succeeded') return 'succeeded';
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending';
}

export function sumOf(refunds: readonly Stripe.Refund[], stage: RefundStage): number {
  return refunds.filter((refund) => stageOf(refund) === stage).reduce((sum, { amount }) => sum + amount, 0);
}

/** The charge of an intent that was retrieved with it. */
export function chargeOf({ status, latest_charge: charge }: Stripe.PaymentIntent): Stripe.Charge | undefined {
  return status === 'succeeded' && charge && typeof charge !== 'string' ? charge : undefined;
}

async function chargeToRefund(
  stripe: Stripe,
  options: Stripe.RequestOptions,
  reference: string,
): Promise<Stripe.Charge> {
  const intent = await stripe.paymentIntents.retrieve(reference, { expand: ['latest_charge.refunds'] }, options);
  const charge = chargeOf(intent);
  if (charge) return charge;
  throw new PortError('invalid-argument', 'PaymentGateway.refund', { message: 'the payment was never charged' });
}

function givenBack(
  { amount_captured: charged }: Stripe.Charge,
  refunds: readonly Stripe.Refund[],
): RefundResult | undefined {
  const last = refunds.findLast((refund) => stageOf(refund) === 'succeeded');
  const back = sumOf(refunds, 'succeeded');
  if (last && back >= charged) return { outcome: 'refunded', refundId: last.id };
  return back + sumOf(refunds, 'pending') >= charged ? { outcome: 'pending' } : undefined;
}

async function isWon(stripe: Stripe, options: Stripe.RequestOptions, reference: string): Promise<boolean> {
  const { data } = await stripe.disputes.list({ payment_intent: reference, limit: 100 }, options);
  return data.every(({ status }) => status === 'won' || status === 'warning_closed');
}
