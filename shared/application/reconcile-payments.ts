import type { Order } from '../domain/order.ts';
import type { PaymentRecord } from '../domain/payment-record.ts';
import { compare, type Discrepancy, type Pair } from '../domain/reconciliation.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PageRequest } from '../ports/page.ts';
import type { PaymentGateway } from '../ports/payment-gateway.ts';
import type { PaymentRecords } from '../ports/payment-records.ts';
import { isPortError, PortError } from '../ports/port-error.ts';
import { invalidCursor } from './list-orders.ts';
import { type RecordPorts, recordPayment } from './record-payment.ts';
import { type Refused, refuse } from './refusal.ts';

export interface ReconcilePorts extends RecordPorts {
  readonly records: PaymentRecords;
  readonly payments: PaymentGateway;
  readonly metrics: Metrics;
}

export interface ReconcileRequest {
  /** Payments that were opened, and orders that were changed, at this instant or later. Epoch milliseconds. */
  readonly since: number;
  readonly page: PageRequest;
  /** Does what is safe; without it nothing is changed. */
  readonly repair: boolean;
  /** Leaves the orders out that no payment of the time belongs to: finding those walks all orders there are. */
  readonly paymentsOnly?: boolean;
}

export interface Finding extends Discrepancy {
  /** What came of the remedy. Absent where nothing was tried. */
  readonly repair?: { readonly outcome: 'done' | 'pending' | 'failed'; readonly reason?: string };
}

export interface Reconciled {
  readonly kind: 'done';
  /** Payments and orders of this page that were looked at. */
  readonly payments: number;
  readonly orders: number;
  readonly findings: readonly Finding[];
  readonly nextCursor: string | null;
}

/** Nothing is said of orders and payments that were changed within this time: somebody may be at work on them. */
export const RECONCILE_GRACE_MS = 3_600_000;

/** Pairs that are looked at side by side. */
const CONCURRENCY = 10;

/**
 * Compares a page of the provider's payments, and after the last of them a page of the orders, with each other; answers how they
 * differ and what is to be done. With `repair` it does what is safe: it records what the provider knows, seals payments that no order
 * claims, settles those that are stuck, and gives back what we hold without a right to it. It never charges. It may be repeated,
 * also beside itself and the workflow: every remedy is safe to repeat by the provider's own rules or by the order's revision.
 */
export async function reconcilePayments(
  ports: ReconcilePorts,
  request: ReconcileRequest,
): Promise<Reconciled | Refused> {
  const { since, page, repair } = request;
  if (since > ports.clock.now()) return refuse('invalid-request', 'since must not lie after now', 'since');
  const place = placeOf(page.cursor, ports.clock.now());
  if (!place) return invalidCursor();
  try {
    const walked = await (place.walk === 'orders' ? ordersWalk : paymentsWalk)(ports, since, place, page.limit);
    const now = ports.clock.now();
    const found = walked.pairs.flatMap((pair) => compare(pair, now, RECONCILE_GRACE_MS) ?? []);
    if (found.length > 0) ports.metrics.count('PaymentDiscrepancies', found.length);
    const findings = repair ? await inTurns(found, (discrepancy) => repaired(ports, discrepancy)) : found;
    const { payments, orders } = walked;
    const ended = request.paymentsOnly && walked.next?.walk === 'orders';
    const nextCursor = walked.next && !ended ? cursorOf(walked.next) : null;
    return { kind: 'done', payments, orders, findings, nextCursor };
  } catch (error) {
    if (isPortError(error, 'invalid-argument') && page.cursor !== undefined) return invalidCursor();
    throw error;
  }
}

/** Where the next page begins: in which of the two walks, and for the payments up to which instant they are walked. */
interface Place {
  readonly walk: 'payments' | 'orders';
  readonly until: number;
  /** Of the port that is walked; absent at the beginning. */
  readonly cursor?: string;
}

const PLACE = /^(payments|orders)\.(\d{1,15})\.(.*)$/;

function placeOf(cursor: string | undefined, now: number): Place | undefined {
  if (cursor === undefined) return { walk: 'payments', until: now };
  const [, walk, until, inner] = PLACE.exec(cursor) ?? [];
  if (walk === undefined) return undefined;
  return {
    walk: walk === 'orders' ? 'orders' : 'payments',
    until: Number(until),
    ...(inner !== undefined && inner !== '' && { cursor: inner }),
  };
}

function cursorOf({ walk, until, cursor = '' }: Place): string {
  return `${walk}.${until}.${cursor}`;
}

function pageAt({ cursor }: Place, limit: number): PageRequest {
  return { limit, ...(cursor !== undefined && { cursor }) };
}

interface Walked {
  readonly pairs: readonly Pair[];
  readonly payments: number;
  readonly orders: number;
  readonly next: Place | undefined;
}

/** Every payment beside the order that it was opened for. Those of other platforms on the provider's account are passed over. */
async function paymentsWalk(ports: ReconcilePorts, since: number, place: Place, limit: number): Promise<Walked> {
  const { until } = place;
  const { items, nextCursor } = await ports.records.list({ since, until }, pageAt(place, limit));
  const ours = items.flatMap((record) => (record.orderId === undefined ? [] : [{ record, orderId: record.orderId }]));
  const pairs = await inTurns(ours, async ({ record, orderId }) => ({
    orderId,
    record,
    order: await ports.orders.get(orderId),
  }));
  const next: Place = nextCursor === null ? { walk: 'orders', until } : { walk: 'payments', until, cursor: nextCursor };
  return { pairs, payments: items.length, orders: 0, next };
}

/** Every order that claims a payment which the other walk did not meet: one that is missing, or was opened before `since`. */
async function ordersWalk(ports: ReconcilePorts, since: number, place: Place, limit: number): Promise<Walked> {
  const { until } = place;
  const { items, nextCursor } = await ports.orders.changedSince(since, pageAt(place, limit));
  const pairs = await inTurns(items, async (order) => {
    const record = await recordOf(ports, order);
    const met = order.payment.reference === undefined || (record !== undefined && record.openedAt >= since);
    return met ? [] : [{ orderId: order.id, order, record }];
  });
  return {
    pairs: pairs.flat(),
    payments: 0,
    orders: items.length,
    next: nextCursor === null ? undefined : { walk: 'orders', until, cursor: nextCursor },
  };
}

async function recordOf({ records }: ReconcilePorts, { payment }: Order): Promise<PaymentRecord | undefined> {
  return payment.reference === undefined ? undefined : records.get(payment.reference);
}

/** Tries the remedy. What fails is told, and does not keep the others from being tried. */
async function repaired(ports: ReconcilePorts, discrepancy: Discrepancy): Promise<Finding> {
  if (discrepancy.remedy === 'tell-operators') return discrepancy;
  try {
    return { ...discrepancy, repair: await remedy(ports, discrepancy) };
  } catch (error) {
    if (!isPortError(error)) throw error;
    return { ...discrepancy, repair: { outcome: 'failed', reason: error.code } };
  }
}

async function remedy(
  ports: ReconcilePorts,
  { remedy, reference, orderId }: Discrepancy,
): Promise<Finding['repair'] & {}> {
  const { payments } = ports;
  if (remedy === 'refund-charge') {
    const refund = await payments.refund(reference);
    if (refund.outcome === 'failed') return { outcome: 'failed', reason: refund.code };
    if (refund.outcome === 'pending') return { outcome: 'pending' };
  }
  if (remedy === 'seal-payment' || remedy === 'settle-payment') {
    const settled = await payments.settle(reference);
    if (settled.outcome === 'pending') return { outcome: 'pending' };
  }
  const record = await ports.records.get(reference);
  if (!record)
    throw new PortError('not-found', 'reconcilePayments', { message: 'the provider no longer knows the payment' });
  await recordPayment(ports, orderId, record);
  return { outcome: 'done' };
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += CONCURRENCY) {
    results.push(...(await Promise.all(items.slice(start, start + CONCURRENCY).map(act))));
  }
  return results;
}
