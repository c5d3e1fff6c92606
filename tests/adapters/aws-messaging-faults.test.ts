import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emfMetrics } from '../../shared/adapters/aws/emf-metrics.ts';
import { eventBridgeEventPublisher } from '../../shared/adapters/aws/eventbridge-event-publisher.ts';
import { s3ReceiptStore } from '../../shared/adapters/aws/s3-receipt-store.ts';
import { secretsManagerSecrets } from '../../shared/adapters/aws/secrets-manager-secrets.ts';
import { snsNotificationSender } from '../../shared/adapters/aws/sns-notification-sender.ts';
import { stepFunctionsScheduler } from '../../shared/adapters/aws/step-functions-scheduler.ts';
import type { PublishableEvent } from '../../shared/ports/event-publisher.ts';
import type { PortErrorCode } from '../../shared/ports/port-error.ts';
import { aNotice } from '../conformance/notification-sender.suite.ts';
import { portError } from '../conformance/races.ts';
import { type AwsFault, type AwsStandIn, startAws } from '../emulators/aws/stand-in.ts';
import { emulatorClient } from '../emulators/aws/tables.ts';
import { anOrderId, aReceipt, NOON } from '../fixtures.ts';

let aws: AwsStandIn;
const clients: { destroy(): void }[] = [];
beforeEach(async () => {
  aws = await startAws();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await aws.close();
});

function client<Client extends { destroy(): void }>(make: new (options: object) => Client): Client {
  const made = new make({ ...emulatorClient(aws.url), forcePathStyle: true });
  clients.push(made);
  return made;
}

const JOB = { orderId: anOrderId(), state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'c' };

function anEvent(): PublishableEvent {
  const orderId = anOrderId();
  const total = { amount: 1599, currency: 'USD' };
  const about = { orderId, customerId: 'alice', restaurantId: 'rest-1', status: 'pending' as const, total, version: 1 };
  return { id: `${orderId}:1`, name: 'created', sequence: 1, at: NOON, highValue: false, correlationId: 'c', ...about };
}

const scheduler = () =>
  stepFunctionsScheduler({
    executions: client(SFNClient),
    schedules: client(SchedulerClient),
    stateMachineArn: 'arn:aws:states:eu-central-1:000000000000:stateMachine:segment',
    scheduleGroup: 'orders',
    scheduleRoleArn: 'arn:aws:iam::000000000000:role/timers',
    clock: { now: () => NOON },
  });
const publisher = () => eventBridgeEventPublisher({ client: client(EventBridgeClient), bus: 'orders' });
const receipts = () => s3ReceiptStore({ client: client(S3Client), bucket: 'receipts' });

const CALLS = [
  ['PutEvents', () => publisher().publish([anEvent()])],
  ['StartExecution', () => scheduler().start(JOB)],
  ['/schedules/', () => scheduler().startAt(JOB, NOON + 60_000)],
  ['PUT /receipts', () => receipts().putOnce(aReceipt())],
  ['GET /receipts', () => receipts().get('ord_a')],
  ['Publish', () => snsNotificationSender({ client: client(SNSClient) }).send(aNotice('sms'))],
  ['GetSecretValue', () => secretsManagerSecrets({ client: client(SecretsManagerClient) }).get('pepper')],
] as const;

const FAILURES: readonly (readonly [string, Pick<AwsFault, 'kind' | 'error'>, PortErrorCode])[] = [
  ['is cut off before it acts', { kind: 'drop-before' }, 'unavailable'],
  ['is cut off when it has acted', { kind: 'drop-after' }, 'unavailable'],
  ['is throttled', { kind: 'error', error: { name: 'ThrottlingException', status: 400 } }, 'resource-exhausted'],
  ['is answered with 503', { kind: 'error', error: { name: 'ServiceUnavailable', status: 503 } }, 'unavailable'],
  [
    'has credentials that expired',
    { kind: 'error', error: { name: 'ExpiredToken', status: 400 } },
    'permission-denied',
  ],
  ['may not do it', { kind: 'error', error: { name: 'AccessDeniedException', status: 403 } }, 'permission-denied'],
];

describe.each(CALLS)('%s', (operation, act) => {
  it.each(FAILURES)('that %s fails as such, and is called once', async (_, fault, code) => {
    aws.secrets.set('pepper', 'value');
    aws.objects.set('receipts/receipts/ord_a.json', '{}');
    aws.fault({ operation, ...fault, times: 1 });
    await expect(act()).rejects.toEqual(portError(code));
    expect(aws.calls.filter((call) => call.includes(operation.replace('PUT ', '')))).toHaveLength(1);
    await act();
  });
});

describe('the publisher', () => {
  it('tells of each event what became of it, when EventBridge takes only some', async () => {
    const bus = client(EventBridgeClient);
    const events = Array.from({ length: 25 }, anEvent);
    let batches = 0;
    bus.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        batches += 1;
        const entries = Reflect.get(result.output, 'Entries') as object[];
        if (batches === 2) entries[3] = { ErrorCode: 'ThrottlingException' };
        if (batches === 3) entries[0] = { ErrorCode: 'MalformedDetail' };
        return result;
      },
      { step: 'initialize' },
    );
    const results = await eventBridgeEventPublisher({ client: bus, bus: 'orders' }).publish(events);
    expect(batches).toBe(3);
    const failed = results.filter(({ published }) => !published);
    expect(failed).toEqual([
      { eventId: events[13]?.id, published: false, retryable: true, reason: 'ThrottlingException' },
      { eventId: events[20]?.id, published: false, retryable: false, reason: 'MalformedDetail' },
    ]);
    expect(results.map(({ eventId }) => eventId)).toEqual(events.map(({ id }) => id));
  });

  it('tells what it knows when a later call fails', async () => {
    const events = Array.from({ length: 20 }, anEvent);
    const bus = publisher();
    await bus.publish(events.slice(0, 1));
    let calls = 0;
    const failing = client(EventBridgeClient);
    failing.middlewareStack.add(
      (next) => async (args) => {
        calls += 1;
        if (calls === 2) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
        return next(args);
      },
      { step: 'initialize' },
    );
    const results = await eventBridgeEventPublisher({ client: failing, bus: 'orders' }).publish(events);
    expect(results.map(({ published }) => published)).toEqual(events.map((_, index) => index < 10));
    expect(results[10]).toMatchObject({ retryable: true, reason: 'unavailable' });
  });
});

describe('a timer', () => {
  it('that is asked for twice is one, and one in the past starts at once', async () => {
    const { startAt } = scheduler();
    await startAt(JOB, NOON + 60_000);
    await startAt({ ...JOB, correlationId: 'another request' }, NOON + 60_000);
    expect(aws.schedules.size).toBe(1);
    await startAt(JOB, NOON);
    expect(aws.executions).toHaveLength(1);
  });

  it('is never early: it is rounded up to the second', async () => {
    await scheduler().startAt(JOB, NOON + 1);
    expect([...aws.schedules.values()].map(({ at }) => at)).toEqual([NOON + 1_000]);
  });

  it('has a name that Step Functions and the Scheduler take, another one for each job', async () => {
    const { start, startAt } = scheduler();
    const jobs = [
      JOB,
      { ...JOB, attempt: 1 },
      { ...JOB, revision: 2 },
      { ...JOB, waitId: 'w' },
      { ...JOB, state: 'Other' },
    ];
    for (const job of jobs) {
      await start(job);
      await startAt(job, NOON + 60_000);
    }
    expect(new Set(aws.executions.map(({ name }) => name)).size).toBe(jobs.length);
    expect(aws.schedules.size).toBe(jobs.length);
  });
});

describe('a receipt', () => {
  it('over which many race is written once, and nobody fails while S3 says that it is a race', async () => {
    const race = { name: 'ConditionalRequestConflict', status: 409 };
    aws.fault({ operation: 'PUT /receipts', kind: 'error', error: race, times: 4 });
    const receipt = aReceipt();
    await receipts().putOnce(receipt);
    expect(await receipts().get(receipt.orderId)).toEqual(receipt);
    aws.fault({ operation: 'PUT /receipts', kind: 'error', error: race, times: 100 });
    await expect(receipts().putOnce(aReceipt())).rejects.toEqual(portError('unavailable'));
  });
});

describe('secrets', () => {
  it('are found by their names, and missing ones named', async () => {
    const secrets = secretsManagerSecrets({ client: client(SecretsManagerClient) });
    aws.secrets.set('key', 'first');
    expect(await secrets.get('key')).toBe('first');
    aws.secrets.set('key', 'second');
    expect(await secrets.refresh('key')).toBe('second');
    await expect(secrets.get('nobody')).rejects.toEqual(portError('not-found'));
    aws.secrets.set('empty', '');
    await expect(secrets.get('empty')).rejects.toThrow('the secret empty has no text');
  });

  it('are read without the end of line that an editor put into their file', async () => {
    const secrets = secretsManagerSecrets({ client: client(SecretsManagerClient) });
    aws.secrets.set('key', 'two words\r\n');
    expect(await secrets.get('key')).toBe('two words');
    aws.secrets.set('key', '\n');
    await expect(secrets.get('key')).rejects.toThrow('the secret key has no text');
  });
});

describe('metrics', () => {
  it('are lines that CloudWatch makes metrics of', () => {
    const lines: string[] = [];
    const dimensions = { Environment: 'test', Function: 'relay' };
    const metrics = emfMetrics({
      namespace: 'TricloudOrders',
      dimensions,
      clock: { now: () => NOON },
      write: (line) => lines.push(line),
    });
    metrics.count('OrdersCreated');
    metrics.count('OrderValue', 1599);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        _aws: {
          Timestamp: NOON,
          CloudWatchMetrics: [
            {
              Namespace: 'TricloudOrders',
              Dimensions: [['Environment', 'Function']],
              Metrics: [{ Name: 'OrdersCreated', Unit: 'Count' }],
            },
          ],
        },
        Environment: 'test',
        Function: 'relay',
        OrdersCreated: 1,
      },
      { OrderValue: 1599 },
    ]);
    expect(lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  });
});
