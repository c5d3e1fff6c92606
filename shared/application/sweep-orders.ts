import { jobOf } from '../domain/change.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import type { WorkflowScheduler } from '../ports/workflow-scheduler.ts';

export interface SweepPorts {
  readonly orders: OrderStore;
  readonly scheduler: WorkflowScheduler;
  readonly clock: Clock;
}

/** An order this long past due was not just about to be run. */
export const SWEEP_GRACE_MS = 30_000;

/** At most this many orders are started again in one sweep; the rest follow in the next. */
const SWEEP_LIMIT = 500;

/**
 * Starts again every order that is past due: a start, a timer or a worker that was lost delays an order and never strands it.
 * Answers the ids. Running twice, or at the same time as the lost one that turns up after all, does no harm.
 */
export async function sweepOrders(ports: SweepPorts): Promise<readonly string[]> {
  const due = await ports.orders.due(ports.clock.now() - SWEEP_GRACE_MS, SWEEP_LIMIT);
  const jobs = due.map(jobOf).filter((job) => job !== undefined);
  await Promise.all(jobs.map((job) => ports.scheduler.start(job)));
  return jobs.map(({ orderId }) => orderId);
}
