import Stripe from 'stripe';
import type { Clock } from '../../ports/clock.ts';
import type { NewsReading, PaymentNewsReader } from '../../ports/payment-news.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { METADATA } from './stripe-intent.ts';

export interface StripeNewsReaderOptions {
  readonly secrets: Secrets;
  /** Under which name the secrets have the endpoint's signing secret. */
  readonly secretName: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** How old a signature may be, and how far ahead of our clock. Source: Stripe's own default. */
const TOLERANCE_SECONDS = 300;
/** Longer headers than Stripe's are not even parsed. */
const LONGEST_SIGNATURE = 2_000;

/** Every type after which the books may say something new of a payment. */
const LISTENED_TO: readonly string[] = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'charge.refunded',
  'charge.refund.updated',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
];

/** Stripe's webhooks. A signature that does not fit is tried once more with the secret as it is now: it may have been rotated. */
export function stripeNewsReader({ secrets, secretName, clock }: StripeNewsReaderOptions): PaymentNewsReader {
  return {
    async read(body, signature) {
      if (signature === undefined || signature === '') return refused('no-signature');
      const at = TIMESTAMP.exec(signature)?.[1];
      if (signature.length > LONGEST_SIGNATURE || at === undefined) return refused('bad-signature');
      const known = await secrets.get(secretName);
      if (!(await isSigned(body, signature, known))) {
        const fresh = await secrets.refresh(secretName);
        if (fresh === known || !(await isSigned(body, signature, fresh))) return refused('bad-signature');
      }
      const age = Math.abs(Math.floor(clock.now() / 1_000) - Number(at));
      return age > TOLERANCE_SECONDS ? refused('too-old') : readEvent(body);
    },
  };
}

const TIMESTAMP = /(?:^|,)t=(\d{1,15})(?:,|$)/;

const { webhooks } = new Stripe('verifies-signatures-only');

/** Whatever its age: that is told apart. */
async function isSigned(body: Uint8Array, header: string, secret: string): Promise<boolean> {
  try {
    await webhooks.signature?.verifyHeaderAsync(body, header, secret, 0);
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}

function readEvent(body: Uint8Array): NewsReading {
  const event = parse(body);
  const { id, type, data } = event;
  if (typeof id !== 'string' || typeof type !== 'string' || !EVENT.test(id)) return refused('malformed');
  if (!LISTENED_TO.includes(type)) return { kind: 'unknown', eventId: id, type: TYPE.test(type) ? type : 'other' };
  const object = fieldsOf(fieldsOf(data)['object']);
  const reference = type.startsWith('payment_intent.') ? object['id'] : object['payment_intent'];
  // A charge or refund that was made without an intent is none of this platform's.
  if (typeof reference !== 'string') return { kind: 'unknown', eventId: id, type };
  const orderId = fieldsOf(object['metadata'])[METADATA.orderId];
  return { kind: 'news', news: { eventId: id, type, reference, ...(typeof orderId === 'string' && { orderId }) } };
}

const EVENT = /^[A-Za-z0-9_]{1,255}$/;
const TYPE = /^[a-z0-9_.]{1,100}$/;

function parse(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return {};
    throw error;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function refused(reason: Extract<NewsReading, { kind: 'refused' }>['reason']): NewsReading {
  return { kind: 'refused', reason };
}
