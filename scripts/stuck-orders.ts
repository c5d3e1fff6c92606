import { formatMoney } from '../shared/domain/money.ts';
import { OPERATORS_STATUSES, type OperatorsStatus } from '../shared/domain/rules.ts';
import type { OperatorClient } from './operator-client.ts';
import type { OrderAnswer } from './order-answer.ts';
import { distanceText, spanText, timeText } from './spans.ts';
import { table } from './table.ts';

/** An order that does not get on. */
export interface StuckOrder {
  readonly order: OrderAnswer;
  /** Since when it has been where it is, epoch milliseconds. */
  readonly waitingSince: number;
  readonly why: readonly string[];
}

export interface Found {
  readonly pastDue: readonly OrderAnswer[];
  /** Whether there are more past due than were read. */
  readonly morePastDue: boolean;
  /** Orders in one of the `OPERATORS_STATUSES`. */
  readonly listed: readonly OrderAnswer[];
}

const PAST_DUE = 'past due';
const WHY: Readonly<Record<OperatorsStatus, string>> = {
  pending: 'no payment opened',
  awaiting_approval: 'no payment opened',
  charging: 'charge in doubt',
  refunding: 'refund in doubt',
  refund_failed: 'refund refused',
};
/** Where an order rests for people, by design. */
const FOR_PEOPLE = 'RequireApproval';
const PAGE = '100';

/** Everything that may be stuck. Orders go on while this reads, so one may be found twice. */
export async function findCandidates(client: OperatorClient): Promise<Found> {
  const [pastDue, ...listed] = await Promise.all([
    client.get<{ orders: OrderAnswer[]; more: boolean }>('/v1/operations/past-due-orders', { limit: PAGE }),
    ...OPERATORS_STATUSES.map((status) => ordersIn(client, status)),
  ]);
  return { pastDue: pastDue.orders, morePastDue: pastDue.more, listed: listed.flat() };
}

async function ordersIn(client: OperatorClient, status: OperatorsStatus): Promise<OrderAnswer[]> {
  const orders: OrderAnswer[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.get<{ orders: OrderAnswer[]; nextCursor: string | null }>('/v1/orders', {
      status,
      limit: PAGE,
      cursor,
    });
    orders.push(...page.orders);
    if (page.nextCursor === null) return orders;
    cursor = page.nextCursor;
  }
}

/** Those past due, and those that have been in their status for `olderThanMs`; each once, the longest waiting first. */
export function stuckAmong(
  { pastDue, listed }: Omit<Found, 'morePastDue'>,
  now: number,
  olderThanMs: number,
): StuckOrder[] {
  const late = new Set(pastDue.map(({ id }) => id));
  const lasting = listed.filter((order) => now - waitingSince(order) >= olderThanMs && !waitsForPeople(order));
  const byId = new Map([...lasting, ...pastDue].map((order) => [order.id, order]));
  return [...byId.values()]
    .map((order) => ({ order, waitingSince: waitingSince(order), why: whyOf(order, late.has(order.id)) }))
    .sort((left, right) => left.waitingSince - right.waitingSince);
}

/** An act on an order that rests does not make its wait any shorter; without a rest it counts from the last change. */
function waitingSince({ updatedAt, workflow }: OrderAnswer): number {
  const changed = Date.parse(updatedAt);
  return workflow?.since === undefined ? changed : Math.min(changed, Date.parse(workflow.since));
}

/** One whose deadline the sweeper had to come for waits for nobody any more. */
function waitsForPeople({ workflow }: OrderAnswer): boolean {
  return workflow?.state === FOR_PEOPLE && workflow.sweeps === undefined;
}

function whyOf(order: OrderAnswer, late: boolean): string[] {
  const status = OPERATORS_STATUSES.find((one) => one === order.status);
  return [...(late ? [PAST_DUE] : []), ...(status && !waitsForPeople(order) ? [WHY[status]] : [])];
}

/** A table of the first `limit`, and a last line in words that counts all of them. */
export function stuckText(
  stuck: readonly StuckOrder[],
  { morePastDue }: Pick<Found, 'morePastDue'>,
  limit: number,
  now: number,
): string {
  if (stuck.length === 0) return 'no order is stuck';
  const head = [
    'order',
    'status',
    'payment',
    'total',
    'workflow',
    'since',
    'waiting',
    'due',
    'attempt',
    'sweeps',
    'why',
  ];
  const rows = stuck.slice(0, limit).map((one) => rowOf(one, now));
  const above = rows.length === 1 ? 'the one that waits the longest' : `the ${rows.length} that wait the longest`;
  const shown = rows.length < stuck.length ? `; above: ${above}` : '';
  return `${table(head, rows)}\n\n${summary(stuck, morePastDue)}${shown}`;
}

function rowOf({ order, waitingSince: since, why }: StuckOrder, now: number): string[] {
  const { id, status, payment, total, workflow } = order;
  return [
    id,
    status,
    payment.status,
    formatMoney(total),
    workflow?.state ?? '-',
    timeText(since),
    spanText(now - since),
    workflow ? distanceText(Date.parse(workflow.dueAt), now) : '-',
    workflow ? String(workflow.attempt) : '-',
    String(workflow?.sweeps ?? 0),
    why.join(', '),
  ];
}

function summary(stuck: readonly StuckOrder[], morePastDue: boolean): string {
  const counted = [...Map.groupBy(stuck, ({ order }) => order.status)].map(
    ([status, those]) => `${those.length} ${status}`,
  );
  const late = stuck.filter(({ why }) => why.includes(PAST_DUE)).length;
  const past = late > 0 ? ` (${late} past due${morePastDue ? ', and more than were read' : ''})` : '';
  return `${stuck.length === 1 ? '1 order needs' : `${stuck.length} orders need`} attention: ${counted.join(', ')}${past}`;
}
