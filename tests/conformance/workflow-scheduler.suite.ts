import { describe, expect, it } from 'vitest';
import type { SegmentJob } from '../../shared/domain/change.ts';
import type { WorkflowScheduler } from '../../shared/ports/workflow-scheduler.ts';
import { anOrderId } from '../fixtures.ts';
import { type Closable, freshFor } from './harness.ts';

export interface WorkflowSchedulerHarness extends Closable {
  readonly scheduler: WorkflowScheduler;
  /** The scheduler's time, in epoch milliseconds. */
  now(): number;
  /** Lets time go by. */
  pass(ms: number): Promise<void>;
  /** The jobs that were run since this was asked before. */
  ran(): Promise<readonly SegmentJob[]>;
}

export type OpenWorkflowScheduler = () => Promise<WorkflowSchedulerHarness>;

const MINUTE = 60_000;
const THIRTY_DAYS = 30 * 24 * 60 * MINUTE;

/** Everything that the port `WorkflowScheduler` promises. A platform that may lose jobs must not lose these. */
export function workflowSchedulerSuite(name: string, open: OpenWorkflowScheduler): void {
  describe(`${name}: WorkflowScheduler`, () => {
    const harness = freshFor(open);

    it('runs a job that is started, at once and as it was given', async () => {
      const { scheduler, ran } = harness();
      const job = aJob();
      await scheduler.start(job);
      expect(once(await ran())).toEqual([job]);
    });

    it('runs a timer at or after its time and never before, with the wait that it is for', async () => {
      const { scheduler, now, pass, ran } = harness();
      const job = aJob({ waitId: 'wait-1', state: 'WaitForRestaurantConfirmation' });
      await scheduler.startAt(job, now() + MINUTE);
      expect(await ran()).toEqual([]);
      await pass(MINUTE - 1);
      expect(await ran()).toEqual([]);
      await pass(1);
      expect(once(await ran())).toEqual([job]);
    });

    it('runs a timer of thirty days', async () => {
      const { scheduler, now, pass, ran } = harness();
      const job = aJob();
      await scheduler.startAt(job, now() + THIRTY_DAYS);
      await pass(THIRTY_DAYS - 1);
      expect(await ran()).toEqual([]);
      await pass(1);
      expect(once(await ran())).toEqual([job]);
    });

    it('runs a timer at once when its time has passed', async () => {
      const { scheduler, now, ran } = harness();
      const jobs = [aJob(), aJob()];
      await Promise.all(jobs.map((job, index) => scheduler.startAt(job, index * (now() - 1))));
      expect(once(await ran())).toEqual(byOrder(jobs));
    });

    it('runs every job that it accepts', async () => {
      const { scheduler, ran } = harness();
      const jobs = Array.from({ length: 50 }, () => aJob());
      await Promise.all(jobs.map((job) => scheduler.start(job)));
      expect(once(await ran())).toEqual(byOrder(jobs));
    });

    it('runs jobs of one order that differ by state, attempt, revision or wait apart from each other', async () => {
      const { scheduler, now, pass, ran } = harness();
      const job = aJob({ waitId: 'wait-1' });
      const others = [{ state: 'Other' }, { attempt: 1 }, { revision: 2 }, { waitId: 'wait-2' }];
      const jobs = [job, ...others.map((other) => ({ ...job, ...other }))];
      for (const each of jobs) await scheduler.startAt(each, now() + MINUTE);
      await pass(MINUTE);
      const texts = once(await ran()).map((each) => JSON.stringify(each));
      expect(texts.toSorted()).toEqual(jobs.map((each) => JSON.stringify(each)).toSorted());
    });

    it('runs a job that is started twice at least once', async () => {
      const { scheduler, ran } = harness();
      const job = aJob();
      await Promise.all([scheduler.start(job), scheduler.start(job)]);
      await scheduler.start(job);
      expect(once(await ran())).toEqual([job]);
    });
  });
}

function aJob(overrides: Partial<SegmentJob> = {}): SegmentJob {
  return {
    orderId: anOrderId(),
    state: 'ValidateOrder',
    attempt: 0,
    revision: 1,
    correlationId: 'request-1',
    ...overrides,
  };
}

/** The jobs without their repeats. */
function once(jobs: readonly SegmentJob[]): readonly SegmentJob[] {
  const byText = new Map(jobs.map((job) => [JSON.stringify(sortedEntries(job)), job]));
  return byOrder([...byText.values()]);
}

function byOrder(jobs: readonly SegmentJob[]): readonly SegmentJob[] {
  return jobs.toSorted((left, right) => (left.orderId < right.orderId ? -1 : 1));
}

function sortedEntries(job: SegmentJob): readonly unknown[] {
  return Object.entries(job).toSorted(([left], [right]) => (left < right ? -1 : 1));
}
