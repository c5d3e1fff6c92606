import { segmentStepHandler } from '../../functions/workflow/segment-step.ts';
import { stateMachine } from '../../infra/aws/state-machine.ts';
import type { StepPorts } from '../../shared/application/segment-steps.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import { execute, FUNCTION_ARN } from '../emulators/aws/state-machine.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { Run } from '../unit/segment-world.ts';

/** Runs a job through the compiled state machine, with the real handler of its steps; answers what the interpreter would. */
export async function runStateMachine(
  ports: StepPorts & { readonly clock: ManualClock; readonly retryBaseMs: number },
  job: SegmentJob,
): Promise<Run> {
  const sleeps: number[] = [];
  const states = await execute(job, {
    machine: stateMachine({ functionArn: FUNCTION_ARN, retryBaseMs: ports.retryBaseMs }),
    handle: segmentStepHandler(ports),
    pause: async (ms) => {
      sleeps.push(ms);
      ports.clock.advance(ms);
    },
  });
  return { states, sleeps };
}
