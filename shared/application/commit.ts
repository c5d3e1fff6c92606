import type { Decision, Outcome } from '../domain/commands.ts';
import { eventsAfter } from '../domain/events.ts';
import type { Order, Position } from '../domain/order.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { isPortError } from '../ports/port-error.ts';

/** How often a decision is made anew because somebody else wrote the order in between. */
export const CONFLICT_RETRIES = 5;

/**
 * Saves a changed decision with its events and the position that goes with it, as one write. Answers undefined when somebody
 * else has written the order since it was read: read it and decide again.
 */
export async function commit(
  orders: OrderStore,
  before: Order,
  decision: Decision & { kind: 'changed' },
  position: Position | undefined,
): Promise<{ order: Order; outcome: Outcome } | undefined> {
  const order = withPosition(decision.order, position);
  try {
    await orders.save(order, eventsAfter(order, before.sequence), before.revision);
    return { order, outcome: decision.outcome };
  } catch (error) {
    if (isPortError(error, 'conflict')) return undefined;
    throw error;
  }
}

export function withPosition(order: Order, position: Position | undefined): Order {
  const { position: _, ...rest } = order;
  return position ? { ...rest, position } : rest;
}
