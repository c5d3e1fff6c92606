import type { Decision, NewOrder, Outcome, RefusalCode } from './commands.ts';
import type { ActorName, EventName, Order, OrderStatus, Payment } from './order.ts';
import { mayMove } from './transitions.ts';

/** One step of an order's life: an event, and what changes with it. */
export interface Step {
  readonly name: EventName;
  readonly by: ActorName;
  /** Left out: the status stays. */
  readonly status?: OrderStatus;
  readonly payment?: Partial<Payment>;
  readonly reason?: string;
  readonly note?: string | undefined;
  readonly patch?: Partial<
    Pick<Order, 'deliveryAddress' | 'addressChanges' | 'approval' | 'confirmation' | 'cancellation'>
  >;
}

export const SYSTEM: ActorName = 'system';

/** A new order, as it is first saved: revision, version and sequence are 1. */
export function newOrder(input: NewOrder, now: number): Order {
  const { by, ...facts } = input;
  return {
    ...facts,
    status: 'pending',
    payment: { status: 'none' },
    createdAt: now,
    updatedAt: now,
    revision: 1,
    version: 1,
    sequence: 1,
    timeline: [{ sequence: 1, name: 'created', at: now, status: 'pending', version: 1, by }],
    addressChanges: 0,
  };
}

/** The order after `steps`, as one write: the revision grows by one, version and sequence by one for each step. */
export function changed(order: Order, now: number, outcome: Outcome, steps: readonly Step[]): Decision {
  const next = steps.reduce((current, step) => take(current, step, now), { ...order, revision: order.revision + 1 });
  return { kind: 'changed', order: next, outcome };
}

export function unchanged(order: Order, outcome: Outcome): Decision {
  return { kind: 'unchanged', order, outcome };
}

export function refused(code: RefusalCode, message: string): Decision {
  return { kind: 'refused', code, message };
}

function take(order: Order, step: Step, now: number): Order {
  const status = step.status ?? order.status;
  if (step.status !== undefined && !mayMove(order.status, step.status)) {
    throw new Error(`defect: ${order.status} may not become ${step.status}`);
  }
  const version = order.version + 1;
  const sequence = order.sequence + 1;
  return {
    ...order,
    ...step.patch,
    status,
    payment: { ...order.payment, ...step.payment },
    updatedAt: now,
    version,
    sequence,
    timeline: [
      ...order.timeline,
      {
        sequence,
        name: step.name,
        at: now,
        status,
        ...(status !== order.status && { previousStatus: order.status }),
        version,
        by: step.by,
        ...(step.reason !== undefined && { reason: step.reason }),
        ...(step.note !== undefined && { note: step.note }),
      },
    ],
  };
}
