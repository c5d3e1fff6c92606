import { ORDER_STATUSES } from '../domain/order.ts';
import { ENDS } from '../domain/transitions.ts';
import type {
  MoneyState,
  RetryAfterState,
  State,
  TaskName,
  TaskOutcome,
  TaskState,
  WorkflowDefinition,
} from './definition.ts';
import {
  type Edge,
  edgesInto,
  edgesOf,
  explore,
  keyOf,
  type Move,
  type Paths,
  type Place,
  pairs,
  reach,
} from './paths.ts';

/** Something that is wrong with a definition, as a sentence about one of its states. */
export interface Finding {
  /** A state's name; `startAt`, `entries.<outcome>` or `version` where it is about the definition itself. */
  readonly state: string;
  readonly problem: string;
}

/**
 * Proves that an order on this definition always gets somewhere, and that no charge is ever forgotten: walks every state with
 * everything that can be true of the customer's money there. No findings means proven. For tests and tools; nothing checks at
 * run time.
 */
export function checkDefinition(definition: WorkflowDefinition): readonly Finding[] {
  const paths = explore(definition);
  const findings = [
    ...Object.entries(definition.states).flatMap(([name, state]) => checkState(name, state)),
    ...checkTargets(definition, paths),
    ...checkChoices(definition, paths),
    ...checkProgress(definition, paths),
    ...paths.moves.flatMap((move) => checkMove(definition, move)),
    ...paths.places.flatMap((place) => checkPlace(definition, paths, place)),
  ];
  return [...new Map(findings.map((found) => [`${found.state}: ${found.problem}`, found])).values()];
}

/** Checks every version that an order may be running on, and that they can be told apart. */
export function checkDefinitions(all: readonly WorkflowDefinition[]): readonly Finding[] {
  const versions = all.map(({ version }) => version);
  const unfit = versions.filter((version) => !isCount(version));
  const repeated = new Set(versions.filter((version, index) => versions.slice(0, index).includes(version)));
  return [
    ...unfit.map((version) => ({ state: 'version', problem: `${version} is not a whole number from 1 on.` })),
    ...[...repeated].map((version) => ({
      state: 'version',
      problem: `${version} is given to more than one definition.`,
    })),
    ...all.flatMap((definition) =>
      checkDefinition(definition).map(({ state, problem }) => ({
        state,
        problem: `In version ${definition.version}: ${problem}`,
      })),
    ),
  ];
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** Lists the problems whose condition is true. */
function problems(state: string, checks: readonly (readonly [wrong: boolean, problem: string])[]): readonly Finding[] {
  return checks.filter(([wrong]) => wrong).map(([, problem]) => ({ state, problem }));
}

const TIMEOUTS: readonly string[] = ['approvalTimeoutMs', 'confirmationTimeoutMs'];

/** What can be seen on a state alone. */
function checkState(name: string, state: State): readonly Finding[] {
  switch (state.type) {
    case 'task': {
      const { maxAttempts, backoffRate } = state.retry ?? { maxAttempts: 1, backoffRate: 1 };
      return problems(name, [
        [!isCount(state.timeoutMs), 'Its timeoutMs must be a whole number above 0.'],
        [!isCount(maxAttempts), 'Its retry.maxAttempts must be a whole number above 0.'],
        [!Number.isFinite(backoffRate) || backoffRate < 1, 'Its retry.backoffRate must be a number from 1 on.'],
        [pairs(state.outcomes).length === 0, 'It lists no outcome.'],
        ['superseded' in state.outcomes, 'It lists superseded, which ends a segment and leads nowhere.'],
      ]);
    }
    case 'wait':
      return problems(name, [
        [!TIMEOUTS.includes(state.timeout), `Its timeout ${state.timeout} is not a setting that is known.`],
        [pairs(state.signals).length === 0, 'No signal ends this wait.'],
      ]);
    case 'retryAfter':
      return checkRetryAfter(name, state);
    case 'end':
      return problems(name, [
        [state.money.length === 0, 'It lists no money that it may end with.'],
        [state.money.some(isOpen), 'It may end while money is held or unknown, neither kept nor returned.'],
      ]);
    case 'choice':
      return [];
  }
}

function checkRetryAfter(name: string, state: RetryAfterState): readonly Finding[] {
  const { baseMs, capMs, alertAfterMs, alertReason, giveUp } = state;
  const ended = state.while.filter((status) => !ORDER_STATUSES.includes(status) || ENDS.includes(status));
  return problems(name, [
    [!isCount(baseMs) || !isCount(capMs), 'Its baseMs and capMs must be whole numbers above 0.'],
    [baseMs > capMs, 'Its baseMs is above its capMs.'],
    [!isCount(alertAfterMs), 'Its alertAfterMs must be a whole number above 0.'],
    [!/^[a-z0-9-]{1,64}$/.test(alertReason), 'Its alertReason must be a short code of a-z, 0-9 and hyphens.'],
    [
      giveUp !== undefined && !isCount(giveUp.afterAttempts),
      'Its giveUp.afterAttempts must be a whole number above 0.',
    ],
    [state.while.length === 0, 'It lists no status that an order may rest in.'],
    [ended.length > 0, `An order that is ${ended.join(' or ')} has nothing left to run, and may not rest here.`],
  ]);
}

/** Every way leads to a state, and one that can be gone on with there. */
function checkTargets(definition: WorkflowDefinition, { moves }: Paths): readonly Finding[] {
  const { states } = definition;
  const edges = [...edgesInto(definition), ...Object.entries(states).flatMap(([name, state]) => edgesOf(name, state))];
  return [
    ...edges
      .filter(({ to }) => !Object.hasOwn(states, to))
      .map((edge) => ({ state: edge.from, problem: `On ${labelOf(edge)} it leads to ${edge.to}: no such state.` })),
    ...moves
      .filter(({ edge, to }) => !mayGoOn(edge.kind, states[to.state]?.type))
      .map(({ edge, to }) => ({
        state: edge.from,
        problem: `On ${labelOf(edge)} it leads to ${to.state}, and a job can only begin with a task.`,
      })),
  ];
}

/** A job runs a task first. After a command there may be nothing left to run. */
function mayGoOn(kind: Edge['kind'], type: State['type'] | undefined): boolean {
  const byCommand = kind === 'entry' || kind === 'signal';
  const byJob = kind === 'start' || kind === 'deadline' || kind === 'retry' || kind === 'give-up';
  return type === 'task' || (byCommand ? type === 'end' : !byJob);
}

function labelOf({ kind, outcome }: Edge): string {
  return outcome === undefined ? kind : `${kind} ${outcome}`;
}

/** Choices have exactly the cases that can arrive, lead out of themselves, and stand where one is needed. */
function checkChoices({ states }: WorkflowDefinition, { arrivals }: Paths): readonly Finding[] {
  const all = Object.entries(states);
  const cases = all.flatMap(([name, state]) => (state.type === 'choice' ? edgesOf(name, state) : []));
  const steps = cases.map(({ from, to }) => [from, to] as const);
  const loops = cases.filter(({ from }) => reach(from, steps).has(from));
  const mixed = all.filter(
    ([, state]) => state.type === 'task' && states[state.next]?.type !== 'choice' && sayings(state.outcomes).size > 1,
  );
  return [
    ...loops.map(({ from }) => ({ state: from, problem: 'Choices lead back to it without a task between them.' })),
    ...mixed.map(([state]) => ({
      state,
      problem: 'All its outcomes go to one state, though they say different things of the money.',
    })),
    ...[...arrivals].flatMap(([name, edges]) => checkCases(name, cases, edges)),
  ];
}

function sayings(outcomes: TaskState['outcomes']): ReadonlySet<string> {
  return new Set(Object.values(outcomes));
}

function checkCases(name: string, cases: readonly Edge[], arriving: readonly Edge[]): readonly Finding[] {
  const listed = cases.filter(({ from }) => from === name).map(({ outcome }) => outcome);
  const possible = arriving.map(({ outcome }) => outcome);
  const missing = arriving.filter(({ outcome }) => outcome !== undefined && !listed.includes(outcome));
  const blind = arriving.filter(({ outcome }) => outcome === undefined);
  const extra = listed.filter((outcome) => !possible.includes(outcome));
  return [
    ...missing.map(({ from, outcome }) => ({
      state: name,
      problem: `It has no case for ${outcome}, which ${from} can have.`,
    })),
    ...blind.map((edge) => ({
      state: name,
      problem: `${edge.from} leads here on ${labelOf(edge)}, without an outcome.`,
    })),
    ...extra.map((outcome) => ({ state: name, problem: `Its case ${outcome} can never arrive.` })),
  ];
}

/** Every state is of use, nothing turns in circles without a rest, and every order can come to an end. */
function checkProgress({ states }: WorkflowDefinition, { places, moves, arrivals }: Paths): readonly Finding[] {
  const reached = new Set([...places.map(({ state }) => state), ...arrivals.keys()]);
  const unreached = Object.keys(states).filter((name) => !reached.has(name));
  const steps = moves.map(stepOf);
  const typeAt = ({ state }: Place) => states[state]?.type;
  const restless = moves
    .filter(({ edge }) => !['wait', 'retryAfter'].includes(states[edge.from]?.type ?? ''))
    .map(stepOf);
  const ends = places.filter((place) => typeAt(place) === 'end').map(keyOf);
  const stuck = places.filter(
    (place) => typeAt(place) !== 'end' && ends.every((end) => !reach(keyOf(place), steps).has(end)),
  );
  return [
    ...unreached.map((state) => ({ state, problem: 'It is never reached.' })),
    ...places
      .filter((place) => reach(keyOf(place), restless).has(keyOf(place)))
      .map(({ state }) => ({ state, problem: 'It comes back to itself without a wait or a retryAfter between.' })),
    ...stuck.map(({ state, money }) => ({ state, problem: `With money ${money} no end can be reached from it.` })),
  ];
}

function stepOf({ edge, before, to }: Move): readonly [string, string] {
  return [keyOf({ state: edge.from, money: before }), keyOf(to)];
}

/** What the outcomes mean for the money, whoever says them. The others say nothing of it. */
const MEANINGS: Readonly<Partial<Record<TaskOutcome, readonly MoneyState[]>>> = {
  ready: ['none'],
  approval_required: ['none'],
  approved: ['none'],
  stopped: ['none'],
  opened: ['none'],
  charged: ['held'],
  refund_due: ['held'],
  declined: ['unknown'],
  failed: ['none'],
  unsettled: ['unknown', 'held'],
  confirmed: ['kept'],
  refunded: ['returned'],
  refund_failed: ['operators'],
  settlement_due: ['unknown'],
};

/** How the money may change, and by what. Everything else leaves it as it is: only a settlement makes a doubt good. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  'none -> unknown': ['confirmPayment outcome', 'confirmPayment unavailable'],
  'none -> held': ['confirmPayment outcome'],
  'unknown -> held': ['confirmPayment outcome', 'settlePayment outcome'],
  'unknown -> none': ['settlePayment outcome'],
  'held -> kept': ['signal'],
  'held -> returned': ['refundPayment outcome'],
  'held -> operators': ['refundPayment outcome'],
};

/** What a step says of the money is true of its outcome, and within its power. */
function checkMove({ states }: WorkflowDefinition, { edge, before, to: { money } }: Move): readonly Finding[] {
  const from = states[edge.from];
  const task = from?.type === 'task' ? from.task : undefined;
  const cause = task ? `${task} ${edge.kind}` : edge.kind;
  const change = `${before} -> ${money}`;
  const meaning = (edge.outcome && MEANINGS[edge.outcome]) ?? [money];
  return problems(edge.from, [
    [!meaning.includes(money), `It says money ${money} of ${edge.outcome}, which means ${meaning.join(' or ')}.`],
    [
      before !== money && !CHANGES[change]?.includes(cause),
      `On ${labelOf(edge)} it may not turn money ${before} into ${money}.`,
    ],
    [
      task === 'confirmPayment' && money === 'none',
      `On ${labelOf(edge)} it says that nothing was charged, which only a settlement can tell.`,
    ],
  ]);
}

/** Tasks that may only be run while one of these is true of the money. */
const MONEY_AT: Readonly<Partial<Record<TaskName, readonly MoneyState[]>>> = {
  confirmPayment: ['none', 'unknown'],
  refundPayment: ['held'],
};

/** What may be true of the money where it is. */
function checkPlace({ states }: WorkflowDefinition, { places, moves }: Paths, place: Place): readonly Finding[] {
  const { state: name, money } = place;
  const state = states[name];
  const allowed = state?.type === 'end' ? state.money : state?.type === 'task' ? MONEY_AT[state.task] : undefined;
  const steps = moves.map(stepOf);
  const settles = places.filter((other) => isTask(states[other.state], 'settlePayment')).map(keyOf);
  const settled = isTask(state, 'settlePayment') || settles.some((key) => reach(keyOf(place), steps).has(key));
  return problems(name, [
    [
      allowed !== undefined && !allowed.includes(money),
      `It is reached with money ${money}, and may be with ${allowed?.join(', ')}.`,
    ],
    [money === 'unknown' && !settled, 'With money unknown no settlePayment can be reached from it.'],
    [
      state?.type === 'retryAfter' && state.giveUp !== undefined && isOpen(money),
      `It gives up with money ${money}: it has to go on until that is certain.`,
    ],
  ]);
}

function isTask(state: State | undefined, task: TaskName): boolean {
  return state?.type === 'task' && state.task === task;
}

/** A charge that happened or may have happened, and was not brought to an end. */
function isOpen(money: MoneyState): boolean {
  return money === 'held' || money === 'unknown';
}
