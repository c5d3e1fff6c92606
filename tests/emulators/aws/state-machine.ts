import { StateMachine as LocalStateMachine } from 'aws-local-stepfunctions';
import type { AslState, StateMachine } from '../../../infra/aws/state-machine.ts';

export const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:000000000000:function:segment';

type Handler = (input: unknown) => Promise<object>;

export interface ExecutionOptions {
  readonly machine: StateMachine;
  /** The function that runs a step. */
  readonly handle: Handler;
  /** Passes the time of a pause before a step is tried again. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Runs an execution of the compiled workflow. Pauses of `Retry` take no time of the machine: `pause` passes them. Answers the
 * workflow's own states that it came through, in their order; fails as the execution fails.
 */
export async function execute(input: object, { machine, handle, pause }: ExecutionOptions): Promise<readonly string[]> {
  const tasks = Object.entries(machine.States).filter(([, { Type }]) => Type === 'Task');
  const handlers = Object.fromEntries(tasks.map(([name, state]) => [name, pausing(state, handle, pause)]));
  const execution = new LocalStateMachine(machine as never).run(input as never, {
    overrides: {
      taskResourceLocalHandlers: handlers as never,
      retryIntervalOverrides: Object.fromEntries(tasks.map(([name]) => [name, 0])),
    },
  });
  const states: string[] = [];
  for await (const event of execution.eventLogs) {
    if (event.type === 'StateEntered') states.push(event.state.name);
  }
  await execution.result;
  return ownStates(machine, states);
}

interface Retry {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
}

/** The same handler; when it fails in a way that is tried again, the pause that the state says comes before that. */
function pausing(state: AslState, handle: Handler, pause: ExecutionOptions['pause']): Handler {
  const [retry] = (state['Retry'] ?? []) as readonly Retry[];
  let failures = 0;
  return async (input) => {
    try {
      return await handle(input);
    } catch (error) {
      if (retry && error instanceof Error && retry.ErrorEquals.includes(error.name) && failures < retry.MaxAttempts) {
        failures += 1;
        await pause(retry.IntervalSeconds * 1_000 * retry.BackoffRate ** (failures - 1));
      }
      throw error;
    }
  };
}

/** States of the workflow's definition, by their own names; choices and what the compilation has added are passed through. */
function ownStates({ States: all }: StateMachine, entered: readonly string[]): readonly string[] {
  return entered
    .filter((name) => /^v\d+ [^:]+$/.test(name) && all[name]?.Type !== 'Choice')
    .map((name) => name.replace(/^v\d+ /, ''));
}
