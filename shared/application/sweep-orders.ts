import { jobOf } from '../domain/change.ts';
import type { Decision } from '../domain/commands.ts';
import { decide } from '../domain/decide.ts';
import type { Order, Position } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import type { WorkflowScheduler } from '../ports/workflow-scheduler.ts';
import { commit } from './commit.ts';

export interface SweepPorts {
  readonly orders: OrderStore;
  readonly scheduler: WorkflowScheduler;
  readonly clock: Clock;
}

/**
 * An order this long past due was not just about to be run. Timers may be late: EventBridge Scheduler is precise to a minute
 * (docs.aws.amazon.com/scheduler, "Schedule types").
 */
export const SWEEP_GRACE_MS = 90_000;

/** At most this many orders are started again in one sweep; the rest follow in the next. */
const SWEEP_LIMIT = 500;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 3_600_000;
/** Sweeps of one position after which the operators are told; the fourth comes after a quarter of an hour. */
const ALERT_AFTER_SWEEPS = 4;

/**
 * Starts again every order that is past due: a start, a timer or a worker that was lost delays an order and never strands it.
 * Answers the ids. Running twice, or at the same time as the lost one that turns up after all, does no harm.
 *
 * Each start is written to the order first: it is due again a minute later, then two, four and so on up to an hour, each with the
 * same grace. So orders that cannot get on do not keep others from being swept, every start has a revision (and so a name) of its
 * own, and the operators are told once of an order that had to be started again and again.
 */
export async function sweepOrders(ports: SweepPorts): Promise<readonly string[]> {
  const due = await ports.orders.due(ports.clock.now() - SWEEP_GRACE_MS, SWEEP_LIMIT);
  const results = await Promise.allSettled(due.map((order) => startAgain(ports, order)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}

/** The order's id, or nothing when somebody else has just written the order and so is at work on it. */
async function startAgain({ orders, scheduler, clock }: SweepPorts, order: Order): Promise<string[]> {
  const { position } = order;
  if (!position) return [];
  const now = clock.now();
  const sweeps = (position.sweeps ?? 0) + 1;
  const saved = await commit(orders, order, decisionOf(order, sweeps, now), sweptPosition(position, sweeps, now));
  const job = saved && jobOf(saved.order);
  if (!job) return [];
  await scheduler.start(job);
  return [order.id];
}

function decisionOf(order: Order, sweeps: number, now: number): Decision & { kind: 'changed' } {
  const attention = { type: 'raise-attention', reason: 'workflow-stuck' } as const;
  const decision = decide(order, sweeps === ALERT_AFTER_SWEEPS ? attention : { type: 'park' }, now);
  if (decision.kind !== 'changed') throw new Error('defect: a sweep did not change the order');
  return decision;
}

function sweptPosition(position: Position, sweeps: number, now: number): Position {
  const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(sweeps - 1, 20));
  return { ...position, sweeps, dueAt: now + rest, handOff: false };
}
