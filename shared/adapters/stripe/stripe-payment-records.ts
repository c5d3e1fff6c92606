import type Stripe from 'stripe';
import type { Charge, Dispute, PaymentRecord } from '../../domain/payment-record.ts';
import type { PaymentRecords } from '../../ports/payment-records.ts';
import { PortError } from '../../ports/port-error.ts';
import { fromStripe } from './stripe-amount.ts';
import type { StripeClient } from './stripe-client.ts';
import { isMissing } from './stripe-errors.ts';
import { declineCodeOf, METADATA } from './stripe-intent.ts';
import { chargeOf, refundsOf, stageOf, sumOf } from './stripe-refunds.ts';

export interface StripePaymentRecordsOptions {
  readonly client: StripeClient;
  /** As in `stripePaymentGateway`: intents of another one are shown without an order. */
  readonly environment: string;
}

/** Refunds come with their charge, so that a page is one call; only a disputed charge costs another one. */
const EXPAND = 'latest_charge.refunds';

/** Stripe's books: intents by the time of their creation, in whole seconds. List is never behind; Stripe's search may be, by an hour. */
export function stripePaymentRecords({ client, environment }: StripePaymentRecordsOptions): PaymentRecords {
  return {
    list: ({ since, until }, { limit, cursor }) =>
      client.call('PaymentRecords.list', async (stripe, options) => {
        if (cursor !== undefined && !INTENT.test(cursor)) throw foreignCursor();
        const created = { gte: Math.floor(since / 1_000), lte: Math.floor(until / 1_000) };
        const page = {
          created,
          limit,
          expand: [`data.${EXPAND}`],
          ...(cursor !== undefined && { starting_after: cursor }),
        };
        const { data, has_more: more } = await stripe.paymentIntents.list(page, options).catch((error: unknown) => {
          throw isMissing(error, 'starting_after') ? foreignCursor() : error;
        });
        const items: PaymentRecord[] = [];
        for (const intent of data) items.push(await recordOf(stripe, options, intent, environment));
        return { items, nextCursor: more ? (data.at(-1)?.id ?? null) : null };
      }),
    get: (reference) =>
      client.call('PaymentRecords.get', async (stripe, options) => {
        try {
          const intent = await stripe.paymentIntents.retrieve(reference, { expand: [EXPAND] }, options);
          return await recordOf(stripe, options, intent, environment);
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      }),
  };
}

const INTENT = /^pi_[A-Za-z0-9_]{1,255}$/;

function foreignCursor(): PortError {
  return new PortError('invalid-argument', 'PaymentRecords.list', {
    message: 'the cursor does not belong to this list',
  });
}

async function recordOf(
  stripe: Stripe,
  options: Stripe.RequestOptions,
  intent: Stripe.PaymentIntent,
  environment: string,
): Promise<PaymentRecord> {
  const { id, amount, currency, created, metadata } = intent;
  const orderId = metadata[METADATA.environment] === environment ? metadata[METADATA.orderId] : undefined;
  const charge = chargeOf(intent);
  const declineCode = charge ? undefined : declineCodeOf(intent);
  return {
    reference: id,
    ...(orderId !== undefined && { orderId }),
    amount: fromStripe({ amount, currency }),
    state: STATES[intent.status] ?? 'open',
    openedAt: created * 1_000,
    ...(charge && { charge: chargeRecord(charge, await disputeOf(stripe, options, id, charge)) }),
    ...(declineCode !== undefined && { declineCode }),
  };
}

const STATES: Readonly<Record<string, PaymentRecord['state']>> = {
  succeeded: 'charged',
  canceled: 'sealed',
  processing: 'pending',
};

function chargeRecord(charge: Stripe.Charge, dispute: Dispute | undefined): Charge {
  const { currency } = charge;
  const ours = (amount: number): number => fromStripe({ amount, currency }).amount;
  const refunds = refundsOf(charge);
  const through = refunds.findLast((refund) => stageOf(refund) === 'succeeded');
  const last = refunds.at(-1);
  return {
    transactionId: charge.id,
    amount: ours(charge.amount_captured),
    at: charge.created * 1_000,
    refunded: ours(sumOf(refunds, 'succeeded')),
    refundPending: ours(sumOf(refunds, 'pending')),
    ...(through && { refundId: through.id }),
    ...(last &&
      stageOf(last) === 'failed' && {
        refundFailure: { refundId: last.id, code: last.failure_reason ?? 'refund_failed' },
      }),
    ...(dispute && { dispute }),
  };
}

async function disputeOf(
  stripe: Stripe,
  options: Stripe.RequestOptions,
  reference: string,
  { disputed }: Stripe.Charge,
): Promise<Dispute | undefined> {
  if (!disputed) return undefined;
  const { data } = await stripe.disputes.list({ payment_intent: reference, limit: 1 }, options);
  const [latest] = data;
  return latest && { id: latest.id, status: DISPUTES[latest.status] ?? 'open' };
}

/** An appeal does not bring the money back before it is won; `prevented` has given it to the customer. */
const DISPUTES: Readonly<Record<string, Dispute['status']>> = {
  won: 'won',
  warning_closed: 'won',
  lost: 'lost',
  prevented: 'lost',
  appeal_needs_response: 'lost',
  appeal_under_review: 'lost',
};
