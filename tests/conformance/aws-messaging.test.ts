import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { eventPatternOf } from '../../shared/adapters/aws/event-patterns.ts';
import { eventBridgeEventPublisher } from '../../shared/adapters/aws/eventbridge-event-publisher.ts';
import { s3ReceiptStore } from '../../shared/adapters/aws/s3-receipt-store.ts';
import { snsNotificationSender } from '../../shared/adapters/aws/sns-notification-sender.ts';
import { stepFunctionsScheduler } from '../../shared/adapters/aws/step-functions-scheduler.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import type { OrderCloudEvent } from '../../shared/domain/cloud-event.ts';
import { CONSUMERS, type Consumer } from '../../shared/domain/rules.ts';
import { type AwsStandIn, startAws } from '../emulators/aws/stand-in.ts';
import { emulatorClient } from '../emulators/aws/tables.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { eventPublisherSuite } from './event-publisher.suite.ts';
import { notificationSenderSuite } from './notification-sender.suite.ts';
import { receiptStoreSuite } from './receipt-store.suite.ts';
import { workflowSchedulerSuite } from './workflow-scheduler.suite.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:000000000000:operators';

eventPublisherSuite('EventBridge', async () => {
  const aws = await startAws();
  const client = new EventBridgeClient(emulatorClient(aws.url));
  const reached = new Map<Consumer, OrderCloudEvent[]>(CONSUMERS.map((consumer) => [consumer, []]));
  for (const consumer of CONSUMERS) {
    aws.rules.push({
      pattern: eventPatternOf(consumer),
      deliver: ({ detail }) => void reached.get(consumer)?.push(detail as unknown as OrderCloudEvent),
    });
  }
  return {
    publisher: eventBridgeEventPublisher({ client, bus: 'orders' }),
    received: async () =>
      Object.fromEntries([...reached].map(([consumer, events]) => [consumer, events.splice(0)])) as Record<
        Consumer,
        OrderCloudEvent[]
      >,
    close: closing(aws, client),
  };
});

workflowSchedulerSuite('Step Functions and EventBridge Scheduler', async () => {
  const aws = await startAws();
  const clock = manualClock(NOON);
  const executions = new SFNClient(emulatorClient(aws.url));
  const schedules = new SchedulerClient(emulatorClient(aws.url));
  const scheduler = stepFunctionsScheduler({
    executions,
    schedules,
    stateMachineArn: 'arn:aws:states:eu-central-1:000000000000:stateMachine:segment',
    scheduleGroup: 'orders',
    scheduleRoleArn: 'arn:aws:iam::000000000000:role/timers',
    clock,
  });
  return {
    scheduler,
    now: clock.now,
    pass: async (ms) => clock.advance(ms),
    async ran() {
      const due = [...aws.schedules.values()].filter(({ at }) => at <= clock.now());
      for (const { name } of due) aws.schedules.delete(name);
      const inputs = [...aws.executions.splice(0), ...due].map(({ input }) => input);
      return inputs.map((input) => JSON.parse(input) as SegmentJob);
    },
    close: closing(aws, executions, schedules),
  };
});

receiptStoreSuite('S3', async () => {
  const aws = await startAws();
  const client = new S3Client({ ...emulatorClient(aws.url), forcePathStyle: true });
  return { receipts: s3ReceiptStore({ client, bucket: 'receipts' }), close: closing(aws, client) };
});

notificationSenderSuite('SNS', { channels: ['sms', 'operators'] }, async () => {
  const aws = await startAws();
  const client = new SNSClient(emulatorClient(aws.url));
  return {
    sender: snsNotificationSender({ client, operatorsTopicArn: TOPIC }),
    delivered: async () =>
      aws.notices.map(({ to, text, attributes }) => ({
        key: attributes['noticeKey'] ?? '',
        to: to === TOPIC ? 'operators' : to,
        subject: attributes['subject'] ?? '',
        text,
      })),
    close: closing(aws, client),
  };
});

function closing(aws: AwsStandIn, ...clients: readonly { destroy(): void }[]): () => Promise<void> {
  return async () => {
    for (const client of clients) client.destroy();
    await aws.close();
  };
}
