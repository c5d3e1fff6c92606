import { createHash } from 'node:crypto';
import { CreateScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { SegmentJob } from '../../domain/change.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WorkflowScheduler } from '../../ports/workflow-scheduler.ts';
import { awsCall } from './aws-errors.ts';

export interface StepFunctionsSchedulerOptions {
  readonly executions: SFNClient;
  readonly schedules: SchedulerClient;
  /** The Express state machine that runs a segment. */
  readonly stateMachineArn: string;
  /** The group of the timers. */
  readonly scheduleGroup: string;
  /** What EventBridge Scheduler starts executions as. */
  readonly scheduleRoleArn: string;
  readonly clock: Pick<Clock, 'now'>;
}

const SECOND = 1_000;
/** A timer that cannot start its segment is tried for this long; after that the sweeper finds the order. */
const TIMER_RETRIES = { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 10 } as const;

/**
 * Segments as executions of an Express state machine, and timers as schedules that start one and then remove themselves. Names follow
 * from the job, so that one that is asked for twice is one timer. Schedules know seconds, and are kept to the minute: a timer is
 * up to a minute late, never early.
 */
export function stepFunctionsScheduler(options: StepFunctionsSchedulerOptions): WorkflowScheduler {
  const { executions, schedules, stateMachineArn, scheduleGroup, scheduleRoleArn, clock } = options;

  async function start(job: SegmentJob): Promise<void> {
    const command = new StartExecutionCommand({
      stateMachineArn,
      name: `${job.orderId}-${digestOf(job).slice(0, 32)}`,
      input: JSON.stringify(job),
    });
    await awsCall('WorkflowScheduler.start', () => executions.send(command)).catch(
      unlessThere('ExecutionAlreadyExists'),
    );
  }

  return {
    start,
    async startAt(job, at) {
      if (at <= clock.now()) return start(job);
      const command = new CreateScheduleCommand({
        Name: digestOf(job).slice(0, 64),
        GroupName: scheduleGroup,
        ScheduleExpression: `at(${wholeSecond(at)})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: stateMachineArn,
          RoleArn: scheduleRoleArn,
          Input: JSON.stringify(job),
          RetryPolicy: TIMER_RETRIES,
        },
      });
      await awsCall('WorkflowScheduler.startAt', () => schedules.send(command)).catch(unlessThere('ConflictException'));
    },
  };
}

/** The same for equal jobs, whatever the order of their fields. */
function digestOf({ orderId, state, attempt, revision, waitId = '' }: SegmentJob): string {
  return createHash('sha256')
    .update(JSON.stringify([orderId, state, attempt, revision, waitId]))
    .digest('hex');
}

function wholeSecond(at: number): string {
  return new Date(Math.ceil(at / SECOND) * SECOND).toISOString().slice(0, 19);
}

/** Takes the answer that there is one by that name already for success. */
function unlessThere(name: string): (error: unknown) => void {
  return (error) => {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error) || cause.name !== name) throw error;
  };
}
