import type { SegmentJob } from '../domain/change.ts';
import { isPortError } from '../ports/port-error.ts';
import type { TaskOutcome, WorkflowDefinition } from '../workflow/definition.ts';
import { afterTask, resolve, type Target, taskNamed } from '../workflow/interpreter.ts';
import { beginSegment, restSegment, type StepPorts, tryTask } from './segment-steps.ts';
import type { TaskContext } from './tasks.ts';

export interface SegmentPorts extends StepPorts {
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
  const { definition, state } = await beginSegment(ports, job);
  const states: string[] = [];
  let name = state;
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
  return restSegment(ports, job, { definition, state: name });
}

/**
 * One task with its retries. Answers `unavailable` when a port keeps failing and the definition says where to go then. An error
 * that no retry mends (a rotated key, say) goes there at once: it must end in a long retry with an alert, never in silence.
 */
async function runTask(ports: SegmentPorts, context: TaskContext): Promise<TaskOutcome> {
  const { retry, onUnavailable } = taskNamed(context.definition, context.state);
  for (let tries = 0; ; tries += 1) {
    try {
      return await tryTask(ports, context);
    } catch (error) {
      if (!isPortError(error)) throw error;
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
