import { z } from 'zod';
import { runSegment, type SegmentPorts, type SegmentTrace } from '../../shared/application/run-segment.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import { PortError } from '../../shared/ports/port-error.ts';

const segmentJob = z.object({
  orderId: z.string().min(1),
  state: z.string().min(1),
  attempt: z.int().nonnegative(),
  revision: z.int().positive(),
  correlationId: z.string().min(1),
  waitId: z.string().min(1).optional(),
});

/** Runs one segment of an order's workflow, and logs its way. A message that is not a job fails with `invalid-argument`. */
export const segmentHandler =
  (ports: SegmentPorts) =>
  async (body: unknown): Promise<SegmentTrace> => {
    const job = parseJob(body);
    const trace = await runSegment(ports, job);
    ports.logger.info(
      { orderId: job.orderId, correlationId: job.correlationId, states: trace.states },
      trace.states.length > 0 ? 'segment' : 'stale job',
    );
    return trace;
  };

function parseJob(body: unknown): SegmentJob {
  const result = segmentJob.safeParse(body);
  if (!result.success) {
    throw new PortError('invalid-argument', 'segment', { message: 'not a segment job', cause: result.error });
  }
  const { waitId, ...job } = result.data;
  return { ...job, ...(waitId !== undefined && { waitId }) };
}
