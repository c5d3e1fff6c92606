import type { SegmentJob } from '../domain/change.ts';
import type { Outcome } from '../domain/commands.ts';
import type { Order, Position, Wait } from '../domain/order.ts';
import { ENDS } from '../domain/transitions.ts';
import type {
  EndState,
  RetryAfterState,
  State,
  TaskOutcome,
  TaskState,
  WaitState,
  WorkflowDefinition,
} from './definition.ts';
import { CURRENT, DEFINITIONS } from './order-workflow.ts';

/** How long people have to answer. The names are those of the settings. */
export interface WorkflowTimes {
  readonly approvalTimeoutMs: number;
  readonly confirmationTimeoutMs: number;
}

/**
 * How long a running segment may be silent before the sweeper starts another. Between two writes of a segment lie two tasks at
 * the most, each with four tries of 10 s and 7 times `RETRY_BASE_MS` (at most 5 s) between them: 150 s.
 */
export const SEGMENT_LEASE_MS = 180_000;

/** A timer that is early by less than this counts: clocks of two machines differ. */
const EARLY_TOLERANCE_MS = 1_000;

export type Rest = WaitState | RetryAfterState | EndState;

/** Where a segment goes on, or comes to rest. Never a choice: those are passed through. */
export interface Target {
  readonly name: string;
  readonly state: TaskState | Rest;
}

/** The definition that an order at `position` runs on; the current one for an order that has none. */
export function definitionFor(position: Pick<Position, 'definitionVersion'> | undefined): WorkflowDefinition {
  if (!position) return CURRENT;
  const definition = DEFINITIONS.find(({ version }) => version === position.definitionVersion);
  if (!definition) throw new Error(`workflow definition ${position.definitionVersion} is not part of this release`);
  return definition;
}

/** The target of `name`, following choices by `outcome`. */
export function resolve(definition: WorkflowDefinition, name: string, outcome?: TaskOutcome): Target {
  const state = stateNamed(definition, name);
  if (state.type !== 'choice') return { name, state };
  const next = outcome && state.choices[outcome];
  if (next === undefined) throw new Error(`workflow: ${name} has no choice for ${outcome}`);
  return resolve(definition, next, outcome);
}

/** Where a task's outcome leads. */
export function afterTask(definition: WorkflowDefinition, name: string, outcome: TaskOutcome): Target {
  return resolve(definition, taskNamed(definition, name).next, outcome);
}

/**
 * Where a job runs the order on: the task's name, or undefined when there is nothing to do (the order has ended, or rests in
 * a wait that this job is not the timer of, or whose deadline has not come).
 */
export function resume(order: Order, job: Pick<SegmentJob, 'waitId'>, now: number): string | undefined {
  const { position } = order;
  if (!position) return undefined;
  const { wait } = position;
  if (!wait) return position.state;
  if (job.waitId !== wait.id || !hasRunOut(wait, now)) return undefined;
  const state = stateNamed(definitionFor(position), position.state);
  if (state.type === 'wait') return state.onDeadline;
  if (state.type !== 'retryAfter') throw new Error(`workflow: ${position.state} is not a place to wait`);
  return state.next;
}

/** Whether the order rests in a wait for people. A worker that comes late must not put a rest of its own in its place. */
export function restsForPeople(definition: WorkflowDefinition, position: Position | undefined): boolean {
  return position?.wait !== undefined && stateNamed(definition, position.state).type === 'wait';
}

/** Where to go instead of resting in `name` once more; undefined while the series may go on. */
export function givenUp(position: Position | undefined, name: string, { giveUp }: RetryAfterState): string | undefined {
  const attempts = position?.state === name ? position.attempt : 0;
  return giveUp && attempts >= giveUp.afterAttempts ? giveUp.next : undefined;
}

/** Whether a wait is over, as far as a timer can tell. */
export function hasRunOut({ deadline }: Pick<Wait, 'deadline'>, now: number): boolean {
  return now >= deadline - EARLY_TOLERANCE_MS;
}

/** The position of an order that was just created. */
export function firstPosition(now: number): Position {
  return handOver(CURRENT.version, CURRENT.startAt, now);
}

/**
 * The position after a command from outside the workflow: where the present wait leads on such a signal, else where the
 * definition is entered for it, else as it was. An order in a final status has none. A long retry of what is entered ends now
 * instead, so that it stays one series: the operators are told of it once, counted from when it began.
 */
export function positionAfterSignal(before: Order, after: Order, outcome: Outcome, now: number): Position | undefined {
  const { position } = before;
  const definition = definitionFor(position);
  const state = position && stateNamed(definition, position.state);
  const signalled = state?.type === 'wait' ? state.signals[outcome] : undefined;
  const next = signalled ?? definition.entries[outcome];
  if (next) {
    const target = resolve(definition, next.next, outcome);
    if (position?.wait && state?.type === 'retryAfter' && state.next === target.name) {
      return cutShort(after, position, position.wait, now);
    }
    return target.state.type === 'end' ? undefined : handOver(definition.version, target.name, now);
  }
  return ENDS.includes(after.status) ? undefined : position;
}

/** The position that goes with what a task wrote: the next task under this segment's lease, or a rest. */
export function positionAtTarget(
  order: Order,
  definition: WorkflowDefinition,
  { name, state }: Target,
  times: WorkflowTimes,
  now: number,
): Position | undefined {
  switch (state.type) {
    case 'end':
      return undefined;
    case 'task':
      return {
        definitionVersion: definition.version,
        state: name,
        attempt: 0,
        dueAt: now + SEGMENT_LEASE_MS,
        handOff: false,
      };
    case 'wait':
      return waiting(order, definition, name, now, now + times[state.timeout]);
    case 'retryAfter':
      return parked(order, definition, name, state, now);
  }
}

/**
 * The position after somebody outside the workflow recorded what `task` would have: where that outcome of the task leads. A task
 * that is next is handed over, because no segment goes on with it by itself.
 */
export function positionAfterRecord(
  order: Order,
  { task, outcome }: { readonly task: 'settlePayment' | 'refundPayment'; readonly outcome: Outcome },
  times: WorkflowTimes,
  now: number,
): Position | undefined {
  const definition = definitionFor(order.position);
  const entry = Object.entries(definition.states).find(([, state]) => state.type === 'task' && state.task === task);
  if (!entry) throw new Error(`workflow: definition ${definition.version} has no task ${task}`);
  const target = afterTask(definition, entry[0], outcome);
  if (target.state.type === 'task') return handOver(definition.version, target.name, now);
  return positionAtTarget(order, definition, target, times, now);
}

/** How long a `retryAfter` rests in its round `attempt` (from 1). */
export function backoffMs({ baseMs, capMs }: RetryAfterState, attempt: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
}

/** Whether the operators have to be told, once, that this series of waits takes too long. */
export function needsAlert(position: Position | undefined, name: string, state: RetryAfterState, now: number): boolean {
  const wait = position?.state === name ? position.wait : undefined;
  return wait !== undefined && !wait.alerted && now - wait.since >= state.alertAfterMs;
}

export function taskNamed(definition: WorkflowDefinition, name: string): TaskState {
  const state = stateNamed(definition, name);
  if (state.type !== 'task') throw new Error(`workflow: ${name} is not a task`);
  return state;
}

function parked(
  order: Order,
  definition: WorkflowDefinition,
  name: string,
  state: RetryAfterState,
  now: number,
): Position {
  const earlier = order.position?.state === name ? order.position : undefined;
  const attempt = (earlier?.attempt ?? 0) + 1;
  const rest = waiting(order, definition, name, now, now + backoffMs(state, attempt));
  const alerted = (earlier?.wait?.alerted ?? false) || needsAlert(order.position, name, state, now);
  return { ...rest, attempt, wait: { ...rest.wait, since: earlier?.wait?.since ?? now, alerted } };
}

/**
 * The same rest, over since it began, so that it is over by every machine's clock. Its timer is another one, and the rest that
 * follows is short again: something may have changed.
 */
function cutShort({ revision }: Order, { definitionVersion, state }: Position, wait: Wait, now: number): Position {
  return {
    ...handOver(definitionVersion, state, now),
    wait: { ...wait, id: waitId(state, revision), deadline: wait.since },
  };
}

function waiting(order: Order, { version }: WorkflowDefinition, name: string, now: number, deadline: number) {
  return {
    definitionVersion: version,
    state: name,
    attempt: 0,
    wait: { id: waitId(name, order.revision + 1), deadline, since: now, alerted: false },
    dueAt: deadline,
    handOff: true,
  };
}

/** Every write has another revision, so no two waits of an order share an id. */
function waitId(name: string, revision: number): string {
  return `${name}@${revision}`;
}

function handOver(definitionVersion: number, state: string, now: number): Position {
  return { definitionVersion, state, attempt: 0, dueAt: now, handOff: true };
}

function stateNamed(definition: WorkflowDefinition, name: string): State {
  const state = definition.states[name];
  if (!state) throw new Error(`workflow: definition ${definition.version} has no state ${name}`);
  return state;
}
