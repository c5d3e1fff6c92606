import type { SegmentJob } from '../domain/change.ts';

/**
 * Gets segments of the workflow run.
 *
 * - Each accepted job is run at least once; it may run twice, or twice at the same time, or (on some platforms, rarely) be
 *   lost: the sweeper covers that.
 * - A timer runs at or after its time; there is no way to take one back, and a stale one does nothing.
 * - Repeating a call with an equal job may or may not run it again. Nothing here retries: the relay does.
 */
export interface WorkflowScheduler {
  start(job: SegmentJob): Promise<void>;
  /** `at` in epoch milliseconds; a time that has passed means at once. */
  startAt(job: SegmentJob, at: number): Promise<void>;
}
