import { formatMoney, type Money } from '../shared/domain/money.ts';
import { plain } from './command.ts';
import { type OperatorClient, RefusedError } from './operator-client.ts';
import type { OrderAnswer, TimelineAnswer } from './order-answer.ts';
import { distanceText, timeText } from './spans.ts';
import { table } from './table.ts';

/** All that there is to know of an order. */
export interface OrderFacts {
  readonly order: OrderAnswer;
  readonly timeline: TimelineAnswer['events'];
  /** Ids. */
  readonly deadLetters: readonly string[];
  /** What the gateway's own books say, on the local platform. */
  readonly ledger?: LedgerAnswer;
}

interface LedgerAnswer {
  readonly movements: readonly { readonly kind: string; readonly amount: Money; readonly at: number }[];
  readonly entries: readonly { readonly reference: string; readonly state: string; readonly attempts: number }[];
}

export async function factsOf(client: OperatorClient, id: string): Promise<OrderFacts> {
  const order = await client.get<OrderAnswer>(`/v1/orders/${id}`);
  const { events } = await client.get<TimelineAnswer>(`/v1/orders/${id}/timeline`);
  // For operators alone, as all of this is: what others may see of an order would be taken for the whole.
  const { deadLetters } = await client.get<{ readonly deadLetters: readonly { readonly id: string }[] }>(
    '/v1/operations/dead-letters',
    { orderId: id },
  );
  const ledger = await ledgerOf(client, id);
  return {
    order,
    timeline: events,
    deadLetters: deadLetters.map(({ id: letter }) => letter),
    ...(ledger && { ledger }),
  };
}

/** Undefined where the platform does not keep the gateway's books. */
async function ledgerOf(client: OperatorClient, orderId: string): Promise<LedgerAnswer | undefined> {
  try {
    return await client.get<LedgerAnswer>('/dev/ledger', { orderId });
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

export function factsText({ order, timeline, deadLetters, ledger }: OrderFacts, now: number): string {
  const letters = deadLetters.length === 0 ? [] : [`Dead letters: ${deadLetters.join(', ')}`];
  return [headText(order, now), timelineText(timeline), ...letters, ...(ledger ? [ledgerText(ledger)] : [])].join(
    '\n\n',
  );
}

function headText(order: OrderAnswer, now: number): string {
  const { id, status, payment, total, items, customerId, restaurantId, updatedAt } = order;
  const code = payment.declineCode === undefined ? '' : ` (${payment.declineCode})`;
  return [
    `${id} of ${formatMoney(total)} is ${status}, its payment ${payment.status}${code}`,
    `  customer    ${plain(customerId)}`,
    `  restaurant  ${restaurantId}`,
    `  items       ${items.map(({ quantity, name }) => `${quantity} x ${plain(name)}`).join(', ')}`,
    `  placed      ${timeText(order.createdAt)}`,
    `  changed     ${timeText(updatedAt)}, ${distanceText(Date.parse(updatedAt), now)} (version ${order.version})`,
    `  workflow    ${workflowText(order, now)}`,
  ].join('\n');
}

function workflowText({ workflow }: OrderAnswer, now: number): string {
  if (!workflow) return 'nothing left to run';
  const { state, dueAt, attempt, since, sweeps, alerted } = workflow;
  return [
    state,
    ...(since === undefined ? [] : [`since ${timeText(since)}`]),
    `due ${timeText(dueAt)} (${distanceText(Date.parse(dueAt), now)})`,
    ...(attempt > 0 ? [`attempt ${attempt}`] : []),
    ...(sweeps === undefined ? [] : [`sweeps ${sweeps}`]),
    ...(alerted ? ['the operators were told'] : []),
  ].join(', ');
}

function timelineText(events: TimelineAnswer['events']): string {
  const rows = events.map(({ at, type, status, by, code, reason }) => [
    at,
    type.split('.')[1] ?? type,
    status,
    plain(by),
    [...new Set([code, reason])]
      .filter((text) => text !== undefined)
      .map(plain)
      .join(': '),
  ]);
  return table(['time', 'event', 'status', 'who', 'reason'], rows);
}

function ledgerText({ movements, entries }: LedgerAnswer): string {
  const moved = movements.map(({ at, kind, amount }) => [new Date(at).toISOString(), kind, formatMoney(amount)]);
  const payments = entries.map(
    ({ reference, state, attempts }) => `  ${reference} is ${state}; confirmations: ${attempts}`,
  );
  const money = moved.length === 0 ? '  no money moved' : table(['time', 'moved', 'amount'], moved);
  return ["The gateway's books:", ...(payments.length === 0 ? ['  no payment was opened'] : payments), money].join(
    '\n',
  );
}
