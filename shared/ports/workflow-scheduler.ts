import type { SegmentJob } from '../domain/change.ts';

/**
 * Gets segments of the workflow run.
 *
 * - Each accepted job is run at least once; it may run twice, or twice at the same time, or (on some platforms, rarely) be
 *   lost: the sweeper covers that.
 * - A timer runs at or after its time; there is no way to take one back, and a stale one does nothing.
 * - A call with an equal job (same order, state, attempt, revision and wait) may be dropped as a repeat; every other job runs,
 *   also for the same order and state. Nothing here retries: the relay does.
 */
export interface WorkflowScheduler {
  start(job: SegmentJob): Promise<void>;
  /** `at` in epoch milliseconds; a time that has passed means at once. */
  startAt(job: SegmentJob, at: number): Promise<void>;
}
