import { randomUUID } from 'node:crypto';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventPatternOf } from '../../shared/adapters/aws/event-patterns.ts';
import { eventBridgeEventPublisher } from '../../shared/adapters/aws/eventbridge-event-publisher.ts';
import { s3ReceiptStore } from '../../shared/adapters/aws/s3-receipt-store.ts';
import { snsNotificationSender } from '../../shared/adapters/aws/sns-notification-sender.ts';
import { sqsSender } from '../../shared/adapters/aws/sqs-sender.ts';
import { EVENT_NAMES } from '../../shared/domain/order.ts';
import { CONSUMERS, subscribes } from '../../shared/domain/rules.ts';
import type { PublishableEvent } from '../../shared/ports/event-publisher.ts';
import { motoNotRun, startMoto } from '../emulators/aws/moto.ts';
import { emulatorClient } from '../emulators/aws/tables.ts';
import { anOrderId, NOON } from '../fixtures.ts';
import { aNotice } from './notification-sender.suite.ts';
import { portError } from './races.ts';
import { receiptStoreSuite } from './receipt-store.suite.ts';

const notRun = motoNotRun();

const EVENTS: readonly PublishableEvent[] = EVENT_NAMES.flatMap((name) =>
  [true, false].map((highValue) => {
    const orderId = anOrderId();
    return {
      id: `${orderId}:1`,
      name,
      sequence: 1,
      at: NOON,
      highValue,
      correlationId: 'request-1',
      orderId,
      customerId: 'alice',
      restaurantId: 'rest-1',
      status: 'pending' as const,
      total: { amount: 1599, currency: 'USD' },
      version: 1,
    };
  }),
);

describe('over moto', () => {
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`moto: not run: ${notRun}\n`));
    return;
  }
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ url, stop } = await startMoto());
  }, 60_000);
  afterAll(() => stop());

  receiptStoreSuite('S3 (moto)', async () => {
    const client = new S3Client({ ...emulatorClient(url), forcePathStyle: true });
    const bucket = `receipts-${randomUUID()}`;
    const location = { LocationConstraint: 'eu-central-1' } as const;
    await client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: location }));
    return { receipts: s3ReceiptStore({ client, bucket }), close: async () => client.destroy() };
  });

  it('the rules bring each event to whom it concerns, and to nobody else', async () => {
    const client = new EventBridgeClient(emulatorClient(url));
    const sqs = new SQSClient(emulatorClient(url));
    const bus = `orders-${randomUUID().slice(0, 8)}`;
    await client.send(new CreateEventBusCommand({ Name: bus }));
    const queues = new Map<string, string>();
    for (const consumer of CONSUMERS) {
      const { QueueUrl: queue = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `${bus}-${consumer}` }));
      const { Attributes: attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }),
      );
      queues.set(consumer, queue);
      const pattern = JSON.stringify(eventPatternOf(consumer));
      await client.send(new PutRuleCommand({ Name: consumer, EventBusName: bus, EventPattern: pattern }));
      const target = { Id: 'queue', Arn: attributes?.['QueueArn'] ?? '', InputPath: '$.detail' };
      await client.send(new PutTargetsCommand({ Rule: consumer, EventBusName: bus, Targets: [target] }));
    }
    const results = await eventBridgeEventPublisher({ client, bus }).publish(EVENTS);
    expect(results.every(({ published }) => published)).toBe(true);
    for (const consumer of CONSUMERS) {
      const expected = EVENTS.filter((event) => subscribes(consumer, event)).map(({ id }) => id);
      expect((await received(sqs, queues.get(consumer) ?? '')).toSorted()).toEqual(expected.toSorted());
    }
    client.destroy();
    sqs.destroy();
  });
});

describe('over fauxqs', () => {
  let server: FauxqsServer;
  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false, defaultRegion: 'eu-central-1' });
  });
  afterAll(() => server.stop());

  it('a notice to the operators reaches whoever listens to their topic, with its key', async () => {
    const sns = new SNSClient(emulatorClient(server.address));
    const sqs = new SQSClient(emulatorClient(server.address));
    const { queueUrl, queueArn } = server.createQueue('pager');
    const { TopicArn: topic = '' } = await sns.send(new CreateTopicCommand({ Name: 'operators' }));
    await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: queueArn }));
    const notice = aNotice('operators');
    await snsNotificationSender({ client: sns, operatorsTopicArn: topic }).send(notice);
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      Message: notice.text,
      Subject: notice.subject,
      MessageAttributes: { noticeKey: { Value: notice.key }, orderId: { Value: notice.orderId } },
    });
    sns.destroy();
    sqs.destroy();
  });

  it('a topic that is not there fails as such', async () => {
    const sns = new SNSClient(emulatorClient(server.address));
    const operatorsTopicArn = 'arn:aws:sns:eu-central-1:000000000000:nobody';
    await expect(snsNotificationSender({ client: sns, operatorsTopicArn }).send(aNotice('operators'))).rejects.toEqual(
      portError('not-found'),
    );
    sns.destroy();
  });

  it('a dead letter goes back to its own queue, as the bus would have sent it', async () => {
    const sqs = new SQSClient(emulatorClient(server.address));
    const { queueUrl } = server.createQueue('notify');
    const letter = {
      id: 'm-1',
      queue: 'notify',
      orderId: 'ord_a',
      body: { specversion: '1.0', id: 'ord_a:1' },
      error: 'no',
      attempts: 3,
      correlationId: 'c',
      failedAt: NOON,
    };
    const send = sqsSender({ client: sqs, queueUrls: { notify: queueUrl } });
    await send(letter);
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(JSON.parse(message?.Body ?? '')).toEqual(letter.body);
    await expect(send({ ...letter, queue: 'toString' })).rejects.toEqual(portError('not-found'));
    await expect(sqsSender({ client: sqs, queueUrls: { notify: `${queueUrl}-gone` } })(letter)).rejects.toEqual(
      portError('not-found'),
    );
    sqs.destroy();
  });
});

/** The ids of the events that are in a queue. */
async function received(sqs: SQSClient, queue: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const receive = new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, VisibilityTimeout: 60 });
    const { Messages: messages = [] } = await sqs.send(receive);
    if (messages.length === 0) return ids;
    // moto passes over a target's InputPath, and sends the whole envelope.
    const events = messages.map(({ Body: body = '{}' }) => JSON.parse(body) as { id: string; detail?: { id: string } });
    ids.push(...events.map(({ detail, id }) => detail?.id ?? id));
  }
}
