import type { RecordCharge, RecordDispute, RecordRefund, RecordRefundFailure, RecordSealed } from './commands.ts';
import type { Money } from './money.ts';
import type { Order, OrderStatus } from './order.ts';
import type { Charge, PaymentRecord } from './payment-record.ts';

/** Writes down what the provider's books say: the very commands of the workflow, which may be repeated. */
export type RecordCommand = RecordCharge | RecordDispute | RecordRefund | RecordRefundFailure | RecordSealed;

/** What the order does not know yet of its own payment, one step at a time; undefined when it is up to date. Never moves money. */
export function commandFor(order: Order, record: PaymentRecord): RecordCommand | undefined {
  if (record.reference !== order.payment.reference) return undefined;
  const { charge, declineCode } = record;
  if (order.status === 'charging') {
    // Another amount is for people to look at, and not a payment of this order.
    if (charge) return isOf(order, record) ? { type: 'record-charge', transactionId: charge.transactionId } : undefined;
    if (record.state !== 'sealed') return undefined;
    return { type: 'record-sealed', ...(declineCode !== undefined && { declineCode }) };
  }
  return charge && order.payment.transactionId !== undefined
    ? (disputeNews(order, charge) ?? refundNews(order, charge))
    : undefined;
}

function disputeNews({ payment }: Order, { dispute }: Charge): RecordDispute | undefined {
  if (!dispute) return undefined;
  const known = payment.dispute?.id === dispute.id ? payment.dispute.status : undefined;
  const isNews = known === undefined || (known === 'open' && dispute.status !== 'open');
  return isNews ? { type: 'record-dispute', dispute } : undefined;
}

function refundNews({ status, payment }: Order, charge: Charge): RecordRefund | RecordRefundFailure | undefined {
  const { refundId, refundFailure } = charge;
  const owed = status === 'refunding' || status === 'refund_failed';
  if (owed && charge.refunded >= charge.amount && refundId !== undefined && refundId !== payment.failedRefundId) {
    return { type: 'record-refund', refundId };
  }
  if (!refundFailure || refundFailure.refundId === payment.failedRefundId || held(charge) === 0) return undefined;
  const cameBack = status === 'refunded' && refundFailure.refundId === payment.refundId;
  return status === 'refunding' || cameBack ? { type: 'record-refund-failure', ...refundFailure } : undefined;
}

export const DISCREPANCY_KINDS = [
  /** Money was taken for an order that does not exist. */
  'charge-without-order',
  /** Money was taken by another payment than the order's own. */
  'second-charge',
  /** A payment that no order claims could still be charged. */
  'orphan-payment',
  /** The order does not know what became of its payment or refund. */
  'outcome-not-recorded',
  'dispute-not-recorded',
  /** The order waits for a payment that nobody gets on with. */
  'payment-stuck',
  /** The provider knows nothing of the payment that the order claims. */
  'payment-missing',
  /** The order counts as charged, and the provider has not charged it. */
  'charge-missing',
  /** Another amount than the order's total was charged. */
  'amount-differs',
  /** We hold money that has to go back. */
  'refund-owed',
  /** An order that is kept was given back, wholly or in part. */
  'refunded-but-kept',
  'partly-refunded',
] as const;
export type DiscrepancyKind = (typeof DISCREPANCY_KINDS)[number];

/** What is to be done. Nothing here ever charges; `tell-operators` is for people alone. */
export type Remedy = 'record-outcome' | 'refund-charge' | 'seal-payment' | 'settle-payment' | 'tell-operators';

const REMEDIES: Readonly<Record<DiscrepancyKind, Remedy>> = {
  'charge-without-order': 'refund-charge',
  'second-charge': 'refund-charge',
  'orphan-payment': 'seal-payment',
  'outcome-not-recorded': 'record-outcome',
  'dispute-not-recorded': 'record-outcome',
  'payment-stuck': 'settle-payment',
  'payment-missing': 'tell-operators',
  'charge-missing': 'tell-operators',
  'amount-differs': 'tell-operators',
  'refund-owed': 'refund-charge',
  'refunded-but-kept': 'tell-operators',
  'partly-refunded': 'tell-operators',
};

export interface Discrepancy {
  readonly kind: DiscrepancyKind;
  readonly remedy: Remedy;
  readonly orderId: string;
  readonly reference: string;
  /** Absent when there is no such order. */
  readonly orderStatus?: OrderStatus;
  /** The order's total. */
  readonly total?: Money;
  /** What the provider has taken, and given back of it. */
  readonly charged?: Money;
  readonly refunded?: Money;
}

/** An order and a payment of it; one of them may be missing. */
export interface Pair {
  readonly orderId: string;
  readonly order: Order | undefined;
  readonly record: PaymentRecord | undefined;
}

const UNCHARGED: readonly OrderStatus[] = ['payment_failed', 'cancelled', 'rejected'];
const BEFORE_CHARGE: readonly OrderStatus[] = ['pending', 'awaiting_approval', 'charging', ...UNCHARGED];
const TO_BE_RETURNED: readonly OrderStatus[] = [...UNCHARGED, 'refunding', 'refunded'];

/**
 * How the order and the provider's books differ; undefined when they agree, or when either was changed within the last `graceMs`
 * milliseconds: somebody may be at work on it. An order whose refund has failed is with the operators already.
 */
export function compare({ orderId, order, record }: Pair, now: number, graceMs: number): Discrepancy | undefined {
  const latest = Math.max(order?.updatedAt ?? 0, record?.openedAt ?? 0, record?.charge?.at ?? 0);
  const kind = latest > now - graceMs ? undefined : kindOf(order, record);
  const reference = record?.reference ?? order?.payment.reference;
  if (kind === undefined || reference === undefined) return undefined;
  return {
    kind,
    remedy: kind === 'payment-stuck' && record?.state === 'pending' ? 'tell-operators' : REMEDIES[kind],
    orderId,
    reference,
    ...(order && { orderStatus: order.status, total: order.total }),
    ...(record?.charge && amounts(record.charge, record.amount.currency)),
  };
}

function kindOf(order: Order | undefined, record: PaymentRecord | undefined): DiscrepancyKind | undefined {
  if (order && order.payment.reference !== undefined && !record) return 'payment-missing';
  if (!record) return undefined;
  if (order?.payment.reference !== record.reference) return strayKind(order, record);
  const command = commandFor(order, record);
  if (command) return command.type === 'record-dispute' ? 'dispute-not-recorded' : 'outcome-not-recorded';
  return record.charge ? chargedKind(order, record, record.charge) : unchargedKind(order);
}

/** Of a payment that is not the one which its order claims. */
function strayKind(order: Order | undefined, { state, charge }: PaymentRecord): DiscrepancyKind | undefined {
  if (charge) {
    if (held(charge) === 0) return undefined;
    return order ? 'second-charge' : 'charge-without-order';
  }
  return state === 'open' ? 'orphan-payment' : undefined;
}

function unchargedKind({ status }: Order): DiscrepancyKind | undefined {
  if (status === 'charging') return 'payment-stuck';
  return BEFORE_CHARGE.includes(status) ? undefined : 'charge-missing';
}

function chargedKind(order: Order, record: PaymentRecord, charge: Charge): DiscrepancyKind | undefined {
  const { status } = order;
  if (!isOf(order, record)) return 'amount-differs';
  if (TO_BE_RETURNED.includes(status)) return held(charge) > 0 ? 'refund-owed' : undefined;
  if (status === 'refund_failed' || charge.refunded === 0) return undefined;
  return charge.refunded < charge.amount ? 'partly-refunded' : 'refunded-but-kept';
}

/** What we still have of the charge: nothing while a bank disputes it, nor once the bank has decided against us. */
function held({ amount, refunded, refundPending, dispute }: Charge): number {
  return dispute && dispute.status !== 'won' ? 0 : amount - refunded - refundPending;
}

function isOf({ total }: Order, { amount, charge }: PaymentRecord): boolean {
  return charge?.amount === total.amount && amount.currency === total.currency;
}

function amounts({ amount, refunded }: Charge, currency: string): Pick<Discrepancy, 'charged' | 'refunded'> {
  return { charged: { amount, currency }, ...(refunded > 0 && { refunded: { amount: refunded, currency } }) };
}
