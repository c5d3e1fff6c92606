import type { Command, Outcome } from '../domain/commands.ts';
import { decide } from '../domain/decide.ts';
import type { ActorName, Order } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { positionAfterSignal } from '../workflow/interpreter.ts';
import { type Actor, actorName, type Capacity } from './actor.ts';
import { CONFLICT_RETRIES, commit } from './commit.ts';
import { findOrder } from './find-order.ts';
import { type Refused, refuse } from './refusal.ts';

export interface ChangePorts {
  readonly orders: OrderStore;
  readonly clock: Clock;
}

export interface ChangeRequest {
  readonly actor: Actor;
  readonly orderId: string;
  /** The version that the client has seen (`If-Match`); any other is refused at once. */
  readonly expectedVersion?: number;
}

export interface Changed {
  readonly kind: 'done';
  readonly order: Order;
  readonly outcome: Outcome;
}

/**
 * Carries out what somebody asks of an order, in the first of the `allowed` capacities that they hold. Reads, decides and
 * saves; decides again, up to five times, when somebody else wrote the order in between, and then refuses with `busy`.
 */
export async function changeOrder(
  ports: ChangePorts,
  { actor, orderId, expectedVersion }: ChangeRequest,
  allowed: readonly Capacity[],
  commandBy: (by: ActorName) => Command,
): Promise<Changed | Refused> {
  for (let tries = 0; tries <= CONFLICT_RETRIES; tries += 1) {
    const found = await findOrder(ports, actor, orderId, allowed);
    if (found.kind === 'refused') return found;
    const { order } = found;
    if (expectedVersion !== undefined && expectedVersion !== order.version) {
      return refuse('precondition-failed', `the order is at version ${order.version} now`, 'If-Match');
    }
    const capacity = allowed.find((one) => found.capacities.includes(one)) ?? 'customer';
    // Clocks of two machines differ: an order's times never go back.
    const now = Math.max(ports.clock.now(), order.updatedAt);
    const decision = decide(order, commandBy(actorName(actor, order, capacity)), now);
    if (decision.kind === 'refused') return refuse(decision.code, decision.message);
    if (decision.kind === 'unchanged') return { kind: 'done', order, outcome: decision.outcome };
    const position = positionAfterSignal(order, decision.order, decision.outcome, now);
    const saved = await commit(ports.orders, order, decision, position);
    if (saved) return { kind: 'done', ...saved };
  }
  return refuse('busy', 'the order is being changed by others; try again');
}
