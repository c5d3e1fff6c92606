import type { SegmentJob } from '../domain/change.ts';
import type { Logger } from '../ports/logger.ts';
import { isPortError, PortError } from '../ports/port-error.ts';
import type { TaskOutcome, WorkflowDefinition } from '../workflow/definition.ts';
import { definitionFor, resume, taskNamed } from '../workflow/interpreter.ts';
import { errorFields } from './error-fields.ts';
import { parkOrder } from './park-order.ts';
import { TASKS, type TaskContext, type TaskPorts } from './tasks.ts';

export interface StepPorts extends TaskPorts {
  readonly logger: Logger;
}

/** Where a segment begins: on which definition, and with which task. */
export interface Beginning {
  readonly definition: WorkflowDefinition;
  /** Absent when there is nothing to do: the job is stale, or the order has ended. */
  readonly state?: string;
}

/** Reads the order that a job is about, and where it goes on. */
export async function beginSegment({ orders, clock }: StepPorts, job: SegmentJob): Promise<Beginning> {
  const order = await orders.get(job.orderId);
  if (!order) throw new PortError('not-found', 'runSegment', { message: `there is no order ${job.orderId}` });
  const state = resume(order, job, clock.now());
  return { definition: definitionFor(order.position), ...(state !== undefined && { state }) };
}

/** One try of a task, within its time. Fails with whatever it fails with; whoever runs the segment tries again. */
export async function tryTask(ports: StepPorts, context: TaskContext): Promise<TaskOutcome> {
  const { orderId, definition, state } = context;
  const { task, timeoutMs } = taskNamed(definition, state);
  try {
    return await ports.clock.within(timeoutMs, state, TASKS[task](ports, context));
  } catch (error) {
    if (isPortError(error)) ports.logger.warn({ orderId, state, ...errorFields(error) }, 'a task failed');
    throw error;
  }
}

/** Comes to rest in a long retry. Answers the state to go to instead when the series is given up. */
export async function restSegment(
  ports: StepPorts,
  { orderId, waitId }: SegmentJob,
  { definition, state: name }: Pick<TaskContext, 'definition' | 'state'>,
): Promise<string | undefined> {
  const state = definition.states[name];
  if (state?.type !== 'retryAfter') throw new Error(`workflow: ${name} is not a long retry`);
  return parkOrder(ports, { orderId, definition, name, state, ...(waitId !== undefined && { waitId }) });
}
