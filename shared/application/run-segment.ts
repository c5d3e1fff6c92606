import type { SegmentJob } from '../domain/change.ts';
import type { Logger } from '../ports/logger.ts';
import { isPortError, PortError } from '../ports/port-error.ts';
import type { TaskOutcome, WorkflowDefinition } from '../workflow/definition.ts';
import { afterTask, definitionFor, resolve, resume, type Target, taskNamed } from '../workflow/interpreter.ts';
import { errorFields } from './error-fields.ts';
import { parkOrder } from './park-order.ts';
import { TASKS, type TaskContext, type TaskPorts } from './tasks.ts';

export interface SegmentPorts extends TaskPorts {
  readonly logger: Logger;
  /** The first interval of a task's retries (`RETRY_BASE_MS`). */
  readonly retryBaseMs: number;
}

export interface SegmentTrace {
  /** The names of the states that were run or reached, in order; empty when the job was stale. */
  readonly states: readonly string[];
}

/**
 * Runs an order's workflow on from where the order stands, until it rests or ends. A job whose timer is stale does nothing, and
 * one that runs twice or twice at once does no harm. Tasks are retried here as the definition says, and nowhere else; an error
 * that lasts is thrown, and the job is repeated by its queue or started again by the sweeper.
 */
export async function runSegment(ports: SegmentPorts, job: SegmentJob): Promise<SegmentTrace> {
  const { orderId } = job;
  const order = await ports.orders.get(orderId);
  if (!order) throw new PortError('not-found', 'runSegment', { message: `there is no order ${orderId}` });
  const definition = definitionFor(order.position);
  const states: string[] = [];
  let name = resume(order, job, ports.clock.now());
  while (name !== undefined) {
    states.push(name);
    const outcome = await runTask(ports, { orderId, definition, state: name });
    if (outcome === 'superseded') break;
    name = await goOn(ports, states, { job, definition }, targetAfter(definition, name, outcome));
  }
  return { states };
}

/** The next task of the segment; undefined when the order has come to rest, or to its end. */
async function goOn(
  ports: SegmentPorts,
  states: string[],
  { job, definition }: { readonly job: SegmentJob; readonly definition: WorkflowDefinition },
  { name, state }: Target,
): Promise<string | undefined> {
  if (state.type === 'task') return name;
  states.push(name);
  if (state.type !== 'retryAfter') return undefined;
  const { orderId, waitId } = job;
  return parkOrder(ports, { orderId, definition, name, state, ...(waitId !== undefined && { waitId }) });
}

/**
 * One task with its retries. Answers `unavailable` when a port keeps failing and the definition says where to go then. An error
 * that no retry mends (a rotated key, say) goes there at once: it must end in a long retry with an alert, never in silence.
 */
async function runTask(ports: SegmentPorts, context: TaskContext): Promise<TaskOutcome> {
  const { task, timeoutMs, retry, onUnavailable } = taskNamed(context.definition, context.state);
  for (let tries = 0; ; tries += 1) {
    try {
      return await ports.clock.within(timeoutMs, context.state, TASKS[task](ports, context));
    } catch (error) {
      if (!isPortError(error)) throw error;
      ports.logger.warn({ orderId: context.orderId, state: context.state, ...errorFields(error) }, 'a task failed');
      if (!error.retryable || !retry || tries >= retry.maxAttempts) {
        if (onUnavailable) return 'unavailable';
        throw error;
      }
      await ports.clock.sleep(ports.retryBaseMs * retry.backoffRate ** tries);
    }
  }
}

function targetAfter(definition: WorkflowDefinition, name: string, outcome: TaskOutcome): Target {
  if (outcome !== 'unavailable') return afterTask(definition, name, outcome);
  const { onUnavailable } = taskNamed(definition, name);
  if (!onUnavailable) throw new Error(`defect: ${name} has nowhere to go when unavailable`);
  return resolve(definition, onUnavailable.next);
}
