import { z } from 'zod';
import type { SegmentJob } from '../../shared/domain/change.ts';
import { PortError } from '../../shared/ports/port-error.ts';

export const segmentJobSchema = z
  .object({
    orderId: z.string().min(1),
    state: z.string().min(1),
    attempt: z.int().nonnegative(),
    revision: z.int().positive(),
    correlationId: z.string().min(1),
    waitId: z.string().min(1).optional(),
  })
  .transform(({ waitId, ...job }): SegmentJob => ({ ...job, ...(waitId !== undefined && { waitId }) }));

/** The job in a message. One that is none fails with `invalid-argument`. */
export function parseJob(body: unknown): SegmentJob {
  const result = segmentJobSchema.safeParse(body);
  if (result.success) return result.data;
  throw new PortError('invalid-argument', 'segment', { message: 'not a segment job', cause: result.error });
}
