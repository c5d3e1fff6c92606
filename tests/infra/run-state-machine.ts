import { StateMachine as LocalStateMachine } from 'aws-local-stepfunctions';
import { segmentStepHandler } from '../../functions/workflow/segment-step.ts';
import { type AslState, type StateMachine, stateMachine } from '../../infra/aws/state-machine.ts';
import type { StepPorts } from '../../shared/application/segment-steps.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { Run } from '../unit/segment-world.ts';

export const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:000000000000:function:segment';

type Handlers = Record<string, (input: object) => Promise<object>>;

/**
 * Runs a job through the compiled state machine, with the real handler of its steps. Pauses of `Retry` take no time of the machine,
 * and pass on the clock as the state machine has them. Answers what the interpreter would: the workflow's own states, and the pauses.
 */
export async function runStateMachine(
  ports: StepPorts & { readonly clock: ManualClock; readonly retryBaseMs: number },
  job: SegmentJob,
): Promise<Run> {
  const machine = stateMachine({ functionArn: FUNCTION_ARN, retryBaseMs: ports.retryBaseMs });
  const handle = segmentStepHandler(ports);
  const sleeps: number[] = [];
  const tasks = Object.entries(machine.States).filter(([, { Type }]) => Type === 'Task');
  const handlers: Handlers = Object.fromEntries(
    tasks.map(([name, state]) => [name, passingTime(state, ports.clock, sleeps, handle)]),
  );
  const execution = new LocalStateMachine(machine as never).run(job as never, {
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
  return { states: ownStates(machine, states), sleeps };
}

/** The same handler; when it fails in a way that is tried again, the pause before that passes on the clock. */
function passingTime(
  state: AslState,
  clock: ManualClock,
  sleeps: number[],
  handle: (input: unknown) => Promise<object>,
): (input: object) => Promise<object> {
  const [retry] = (state['Retry'] ?? []) as {
    IntervalSeconds: number;
    MaxAttempts: number;
    BackoffRate: number;
    ErrorEquals: string[];
  }[];
  let failures = 0;
  return async (input) => {
    try {
      return await handle(input);
    } catch (error) {
      if (retry && error instanceof Error && retry.ErrorEquals.includes(error.name) && failures < retry.MaxAttempts) {
        const pause = retry.IntervalSeconds * 1_000 * retry.BackoffRate ** failures;
        failures += 1;
        sleeps.push(pause);
        clock.advance(pause);
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
