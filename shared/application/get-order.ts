import type { Order, TimelineEntry } from '../domain/order.ts';
import type { Receipt } from '../domain/receipt.ts';
import { SETTLEMENT_REQUESTED } from '../domain/rules.ts';
import type { OrderStore } from '../ports/order-store.ts';
import type { ReceiptStore } from '../ports/receipt-store.ts';
import type { Actor } from './actor.ts';
import { findOrder } from './find-order.ts';
import { type Refused, refuse } from './refusal.ts';

interface OrderRef {
  readonly actor: Actor;
  readonly orderId: string;
}

/** The order, for its owner, its restaurant or an operator. */
export async function getOrder(
  ports: { readonly orders: OrderStore },
  { actor, orderId }: OrderRef,
): Promise<{ readonly kind: 'done'; readonly order: Order } | Refused> {
  return findOrder(ports, actor, orderId, ['customer', 'restaurant', 'operator']);
}

/** What happened to the order, oldest first. Only operators are told which operator acted, and what they wrote to a settlement. */
export async function getTimeline(
  ports: { readonly orders: OrderStore },
  { actor, orderId }: OrderRef,
): Promise<{ readonly kind: 'done'; readonly entries: readonly TimelineEntry[] } | Refused> {
  const found = await findOrder(ports, actor, orderId, ['customer', 'restaurant', 'operator']);
  if (found.kind === 'refused') return found;
  const { timeline } = found.order;
  return { kind: 'done', entries: actor.operator ? timeline : timeline.map(asOthersSeeIt) };
}

/** The receipt, for the owner or an operator; refused with `receipt-not-ready` before it is written. */
export async function getReceipt(
  ports: { readonly orders: OrderStore; readonly receipts: ReceiptStore },
  { actor, orderId }: OrderRef,
): Promise<{ readonly kind: 'done'; readonly receipt: Receipt } | Refused> {
  const found = await findOrder(ports, actor, orderId, ['customer', 'operator']);
  if (found.kind === 'refused') return found;
  const receipt = await ports.receipts.get(orderId);
  if (!receipt) return refuse('receipt-not-ready', 'the order has no receipt (yet): it is written after the charge');
  return { kind: 'done', receipt };
}

function asOthersSeeIt(entry: TimelineEntry): TimelineEntry {
  if (!entry.by.startsWith('operator:')) return entry;
  const { note, ...rest } = entry;
  const told = note !== undefined && entry.reason !== SETTLEMENT_REQUESTED;
  return { ...rest, by: 'operator', ...(told && { note }) };
}
