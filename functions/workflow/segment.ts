import { runSegment, type SegmentPorts, type SegmentTrace } from '../../shared/application/run-segment.ts';
import { parseJob } from './segment-job.ts';

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
