import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { stepFunctionsScheduler } from '../../shared/adapters/aws/step-functions-scheduler.ts';
import type { AwsSettings } from '../../shared/config/aws.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { WorkflowScheduler } from '../../shared/ports/workflow-scheduler.ts';

export interface SchedulerClients {
  readonly scheduler: SchedulerClient;
  readonly stepFunctions: SFNClient;
}

export function schedulerOf(
  settings: Pick<AwsSettings<'relay'>, 'SCHEDULE_GROUP' | 'SCHEDULE_ROLE_ARN' | 'STATE_MACHINE_ARN'>,
  { scheduler, stepFunctions }: SchedulerClients,
  clock: Clock,
): WorkflowScheduler {
  return stepFunctionsScheduler({
    executions: stepFunctions,
    schedules: scheduler,
    stateMachineArn: settings.STATE_MACHINE_ARN,
    scheduleGroup: settings.SCHEDULE_GROUP,
    scheduleRoleArn: settings.SCHEDULE_ROLE_ARN,
    clock,
  });
}
