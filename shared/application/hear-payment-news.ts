import type { RecordCommand } from '../domain/reconciliation.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PaymentNews } from '../ports/payment-news.ts';
import type { PaymentRecords } from '../ports/payment-records.ts';
import { type RecordPorts, recordPayment } from './record-payment.ts';

export interface NewsPorts extends RecordPorts {
  readonly records: PaymentRecords;
  readonly inbox: Inbox;
  readonly metrics: Metrics;
}

export type NewsOutcome =
  /** `written` is empty where the order knew it already. */
  | { readonly kind: 'heard'; readonly orderId: string; readonly written: readonly RecordCommand['type'][] }
  | { readonly kind: 'repeated' }
  /** About a payment that no order here claims: nothing to write, and the reconciliation's business if it is ours. */
  | { readonly kind: 'foreign' };

/** The consumer's name in the inbox. */
const PAYMENT_NEWS = 'payment-news';

/**
 * Hears what the provider tells of a payment. News may be late, repeated, out of order or forged by somebody with a stolen secret: nothing is
 * believed of them but where to look. What is written is what the provider's books say now, and only to the order that claims this
 * very payment. Check, act, record: a crash has it done again, which changes nothing.
 */
export async function hearPaymentNews(ports: NewsPorts, { eventId, reference }: PaymentNews): Promise<NewsOutcome> {
  if (await ports.inbox.seen(PAYMENT_NEWS, eventId)) return { kind: 'repeated' };
  const record = await ports.records.get(reference);
  const order = record?.orderId === undefined ? undefined : await ports.orders.get(record.orderId);
  if (!record || order?.payment.reference !== reference) {
    ports.metrics.count('WebhooksForeign');
    await ports.inbox.record(PAYMENT_NEWS, eventId);
    return { kind: 'foreign' };
  }
  const written = await recordPayment(ports, order.id, record);
  if (written.includes('record-dispute')) ports.metrics.count('Disputes');
  await ports.inbox.record(PAYMENT_NEWS, eventId);
  return { kind: 'heard', orderId: order.id, written };
}
