import type { SegmentJob } from '../../domain/change.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MessageQueue } from '../../ports/message-queue.ts';
import type { WorkflowScheduler } from '../../ports/workflow-scheduler.ts';

export interface QueuedSchedulerOptions {
  readonly queue: Pick<MessageQueue, 'enqueue'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The queue that holds segment jobs and timers. */
export const SEGMENTS_QUEUE = 'segments';

/** Runs segments by messages of one queue: durable once enqueued, delivered at least once. A timer is a message due later. */
export function queuedScheduler({ queue, clock }: QueuedSchedulerOptions): WorkflowScheduler {
  const enqueue = (job: SegmentJob, dueAt: number): Promise<void> => {
    const { orderId, correlationId } = job;
    return queue.enqueue([{ queue: SEGMENTS_QUEUE, orderId, body: job, dueAt, correlationId }]);
  };
  return {
    start: (job) => enqueue(job, clock.now()),
    startAt: enqueue,
  };
}
