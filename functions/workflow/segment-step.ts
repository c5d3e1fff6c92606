import { z } from 'zod';
import { beginSegment, restSegment, type StepPorts, tryTask } from '../../shared/application/segment-steps.ts';
import { isPortError, PortError } from '../../shared/ports/port-error.ts';
import { definitionFor } from '../../shared/workflow/interpreter.ts';
import { NONE, STEP_ERRORS, stateName } from '../../shared/workflow/state-machine.ts';
import { segmentJobSchema } from './segment-job.ts';

const at = { job: segmentJobSchema, version: z.int().positive(), state: z.string().min(1) };
const stepSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), job: segmentJobSchema }),
  z.object({ kind: z.literal('task'), ...at }),
  z.object({ kind: z.literal('rest'), ...at }),
]);
type Step = z.output<typeof stepSchema>;

/** What the state machine branches on. */
export interface StepResult {
  /** Of `begin`: the state to go on at; `none` when there is nothing to do. Of `rest`: the state to go to instead, or `none`. */
  readonly next?: string;
  /** Of `task`. */
  readonly outcome?: string;
}

/**
 * Runs one step of a segment, for platforms whose state machine walks the workflow itself: which task a job begins with, one try of a
 * task, or a rest in a long retry. It retries nothing: the state machine does, by the errors' names.
 */
export const segmentStepHandler =
  (ports: StepPorts) =>
  async (input: unknown): Promise<StepResult> => {
    try {
      const step = parseStep(input);
      const result = await run(ports, step);
      const { orderId, correlationId } = step.job;
      ports.logger.info({ orderId, correlationId, step: step.kind, ...stateOf(step), ...result }, 'segment step');
      return result;
    } catch (error) {
      if (!isPortError(error)) throw error;
      throw stepError(error);
    }
  };

async function run(ports: StepPorts, step: Step): Promise<StepResult> {
  if (step.kind === 'begin') {
    const { definition, state } = await beginSegment(ports, step.job);
    return { next: state === undefined ? NONE : stateName(definition.version, state) };
  }
  const { version, state, job } = step;
  const definition = definitionFor({ definitionVersion: version });
  if (step.kind === 'task') return { outcome: await tryTask(ports, { orderId: job.orderId, definition, state }) };
  const instead = await restSegment(ports, job, { definition, state });
  return { next: instead === undefined ? NONE : stateName(version, instead) };
}

/** The state machine knows an error by its name alone. */
function stepError(cause: PortError): Error {
  const error = new Error(cause.message, { cause });
  error.name = cause.retryable ? STEP_ERRORS.passing : STEP_ERRORS.lasting;
  return error;
}

function stateOf(step: Step): { readonly state?: string } {
  return step.kind === 'begin' ? {} : { state: step.state };
}

function parseStep(input: unknown): Step {
  const result = stepSchema.safeParse(input);
  if (result.success) return result.data;
  throw new PortError('invalid-argument', 'segment-step', { message: 'not a step of a segment', cause: result.error });
}
