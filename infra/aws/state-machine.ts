import type { RetryAfterState, State, TaskState, WorkflowDefinition } from '../../shared/workflow/definition.ts';
import { DEFINITIONS } from '../../shared/workflow/order-workflow.ts';
import { NONE, STEP_ERRORS, stateName } from '../../shared/workflow/state-machine.ts';

export interface StateMachineOptions {
  /** The function that runs a step (see `segmentStepHandler`). */
  readonly functionArn: string;
  /** The first interval of a task's retries (`RETRY_BASE_MS`); Step Functions waits in whole seconds. */
  readonly retryBaseMs: number;
  /** Every version that an order may still be running on. */
  readonly definitions?: readonly WorkflowDefinition[];
}

/** Amazon States Language, JSONPath. */
export interface StateMachine {
  readonly Comment: string;
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, AslState>>;
}

export type AslState = Readonly<Record<string, unknown>> & { readonly Type: 'Choice' | 'Fail' | 'Succeed' | 'Task' };

type Named = readonly (readonly [string, AslState])[];

const BEGIN = 'Begin';
const GO_ON = 'Go on at';
const NOTHING = 'Nothing to do';
const UNKNOWN = 'Unknown state';
/** An Express execution may take as long; the longest segment takes a fraction of it. */
const EXPRESS_SECONDS = 300;
/** For a step's own start, beside the time that the task may take. */
const OVERHEAD_SECONDS = 3;

/** Of Lambda itself, before or while it runs a step: repeating is safe, as it is for every step. */
const LAMBDA_ERRORS = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
] as const;
const PASSING = [STEP_ERRORS.passing, 'States.Timeout', ...LAMBDA_ERRORS] as const;

/**
 * The workflow as one state machine, which runs a segment: it asks where the order goes on, and walks from there until the order rests
 * or ends. It is compiled from the same data that the interpreter walks; what it does is the same, state by state.
 */
export function stateMachine({
  functionArn,
  retryBaseMs,
  definitions = DEFINITIONS,
}: StateMachineOptions): StateMachine {
  const retrying = { seconds: Math.max(1, Math.ceil(retryBaseMs / 1_000)), functionArn };
  const compiled = definitions.flatMap((definition) => statesOf(definition, retrying));
  const tasks = definitions.flatMap(({ version, states }) =>
    Object.entries(states)
      .filter(([, { type }]) => type === 'task')
      .map(([name]) => stateName(version, name)),
  );
  return {
    Comment: 'One segment of an order’s workflow',
    StartAt: BEGIN,
    TimeoutSeconds: EXPRESS_SECONDS,
    States: reachable(
      BEGIN,
      Object.fromEntries<AslState>([
        [BEGIN, step(functionArn, { kind: 'begin', 'job.$': '$' }, GO_ON, { ResultPath: '$.at', retries: 3 })],
        [GO_ON, choice('$.at.next', [...tasks.map((task) => [task, task] as const), [NONE, NOTHING] as const])],
        [NOTHING, { Type: 'Succeed' }],
        [UNKNOWN, { Type: 'Fail', Error: 'UnknownState', Cause: 'A step answered what the definition does not know' }],
        ...compiled,
      ]),
    ),
  };
}

/** Without the states that no segment comes to, such as an end that only a signal brings: Step Functions refuses them. */
function reachable(start: string, states: Readonly<Record<string, AslState>>): Readonly<Record<string, AslState>> {
  const reached = new Set<string>([start]);
  for (const name of reached) for (const next of targetsOf(states[name])) reached.add(next);
  return Object.fromEntries(Object.entries(states).filter(([name]) => reached.has(name)));
}

function targetsOf(state: AslState | undefined): readonly string[] {
  const { Next, Default, Choices = [], Catch = [] } = (state ?? {}) as Transitions;
  return [Next, Default, ...[...Choices, ...Catch].map((one) => one.Next)].filter((name) => name !== undefined);
}

interface Transitions {
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
}

interface Retrying {
  readonly functionArn: string;
  readonly seconds: number;
}

function statesOf({ version, states }: WorkflowDefinition, retrying: Retrying): Named {
  return Object.entries(states).flatMap(([name, state]) => compile(version, name, state, retrying));
}

function compile(version: number, name: string, state: State, retrying: Retrying): Named {
  const own = stateName(version, name);
  switch (state.type) {
    case 'task':
      return taskStates(version, name, state, retrying);
    case 'choice': {
      const cases = Object.entries(state.choices).map(
        ([outcome, next]) => [outcome, stateName(version, next)] as const,
      );
      return [[own, choice('$.last.outcome', cases)]];
    }
    case 'retryAfter':
      return restStates(version, name, state, retrying);
    case 'wait':
    case 'end':
      // The position was saved by the task before: here the segment is over.
      return [[own, { Type: 'Succeed' }]];
  }
}

/** A task and, behind it, the question whether somebody else was faster. */
function taskStates(version: number, name: string, task: TaskState, { functionArn, seconds }: Retrying): Named {
  const own = stateName(version, name);
  const judged = `${own}: done`;
  const { retry, onUnavailable, timeoutMs, next } = task;
  const retries = retry && {
    Retry: [
      {
        ErrorEquals: PASSING,
        IntervalSeconds: seconds,
        MaxAttempts: retry.maxAttempts,
        BackoffRate: retry.backoffRate,
      },
    ],
  };
  const caught = onUnavailable && {
    Catch: [
      {
        ErrorEquals: [...PASSING, STEP_ERRORS.lasting],
        ResultPath: '$.last',
        Next: stateName(version, onUnavailable.next),
      },
    ],
  };
  return [
    [
      own,
      {
        Type: 'Task',
        Resource: functionArn,
        Parameters: { kind: 'task', version, state: name, ...JOB },
        ResultPath: '$.last',
        TimeoutSeconds: Math.ceil(timeoutMs / 1_000) + OVERHEAD_SECONDS,
        ...retries,
        ...caught,
        Next: judged,
      },
    ],
    [judged, choice('$.last.outcome', [['superseded', NOTHING]], stateName(version, next))],
  ];
}

function restStates(version: number, name: string, { giveUp }: RetryAfterState, { functionArn }: Retrying): Named {
  const own = stateName(version, name);
  const rested = `${own}: done`;
  const instead = giveUp ? [[stateName(version, giveUp.next), stateName(version, giveUp.next)] as const] : [];
  const parameters = { kind: 'rest', version, state: name, ...JOB };
  return [
    [own, step(functionArn, parameters, rested, { ResultPath: '$.at', retries: 3 })],
    [rested, choice('$.at.next', [...instead, [NONE, NOTHING]])],
  ];
}

/** The job as it came in; what steps have left beside it is passed over. */
const JOB = { 'job.$': '$' } as const;

interface StepOptions {
  readonly ResultPath: string;
  readonly retries: number;
}

/** A step that has no place to go when it fails: Lambda's own troubles are tried again, and then the sweeper comes. */
function step(
  functionArn: string,
  parameters: Readonly<Record<string, unknown>>,
  next: string,
  { ResultPath, retries }: StepOptions,
): AslState {
  return {
    Type: 'Task',
    Resource: functionArn,
    Parameters: parameters,
    ResultPath,
    TimeoutSeconds: 15,
    Retry: [{ ErrorEquals: PASSING, IntervalSeconds: 1, MaxAttempts: retries, BackoffRate: 2 }],
    Next: next,
  };
}

function choice(
  variable: string,
  cases: readonly (readonly [value: string, next: string])[],
  otherwise: string = UNKNOWN,
): AslState {
  return {
    Type: 'Choice',
    Choices: cases.map(([value, next]) => ({ Variable: variable, StringEquals: value, Next: next })),
    Default: otherwise,
  };
}
