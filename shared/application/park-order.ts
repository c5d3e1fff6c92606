import { decide } from '../domain/decide.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { PortError } from '../ports/port-error.ts';
import type { RetryAfterState, WorkflowDefinition } from '../workflow/definition.ts';
import { givenUp, needsAlert, positionAtTarget, restsForPeople, type WorkflowTimes } from '../workflow/interpreter.ts';
import { CONFLICT_RETRIES, commit } from './commit.ts';

export interface ParkPorts {
  readonly orders: OrderStore;
  readonly clock: Clock;
  readonly times: WorkflowTimes;
}

export interface Parking {
  readonly orderId: string;
  readonly definition: WorkflowDefinition;
  readonly name: string;
  readonly state: RetryAfterState;
  /** The wait whose timer the segment began with, if any. */
  readonly waitId?: string;
}

/**
 * Rests an order in a long retry, and tells the operators once when the series lasts too long. Does nothing where the order has
 * moved on, or rests here in another wait than this segment began with: that has a timer of its own, which may be due at once.
 * Answers the state to go to instead when the series is given up.
 */
export async function parkOrder(
  ports: ParkPorts,
  { orderId, definition, name, state, waitId }: Parking,
): Promise<string | undefined> {
  for (let tries = 0; tries <= CONFLICT_RETRIES; tries += 1) {
    const order = await ports.orders.get(orderId);
    const now = ports.clock.now();
    if (!order || !state.while.includes(order.status)) return undefined;
    const { position } = order;
    if (restsForPeople(definition, position)) return undefined;
    if (position?.state === name && position.wait && position.wait.id !== waitId) return undefined;
    const instead = givenUp(position, name, state);
    if (instead !== undefined) return instead;
    const command = needsAlert(position, name, state, now)
      ? ({ type: 'raise-attention', reason: state.alertReason } as const)
      : ({ type: 'park' } as const);
    const decision = decide(order, command, now);
    if (decision.kind !== 'changed') throw new Error(`defect: ${command.type} did not change the order`);
    const next = positionAtTarget(order, definition, { name, state }, ports.times, now);
    if (await commit(ports.orders, order, decision, next)) return undefined;
  }
  throw new PortError('unavailable', name, { message: 'the order is being changed by others' });
}
