import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { dynamoDbPaymentLedger } from '../../shared/adapters/aws/dynamodb-payment-ledger.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { SWEEP_GRACE_MS } from '../../shared/application/sweep-orders.ts';
import { toCloudEvent } from '../../shared/domain/cloud-event.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import { portError } from '../conformance/races.ts';
import { anOrder, anOrderId, aPosition, NOON, after as next } from '../fixtures.ts';
import { notRunOnAws } from '../platforms/aws/deployment.ts';
import { streamRecord } from '../platforms/aws/stream-record.ts';
import { type AwsPlatform, awsPlatform } from '../platforms/aws-platform.ts';

const notRun = notRunOnAws();

describe('the functions on AWS', () => {
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`AWS functions: not run: ${notRun}\n`));
    return;
  }
  let platform: AwsPlatform;
  beforeAll(async () => {
    platform = await awsPlatform();
  }, 60_000);
  afterAll(() => platform.stop());

  const fresh = () => anOrder({ position: aPosition({ dueAt: platform.now() }) });
  const sequences = (...records: readonly DynamoDBRecord[]) =>
    records.map(({ dynamodb }) => ({ itemIdentifier: dynamodb?.SequenceNumber }));
  const published = (order: Order) => platform.events(order.id);
  const aws = () => platform.deployment.aws;

  describe('relay', () => {
    // These orders are in no table: nobody is to run them.
    afterEach(() => {
      aws().executions.length = 0;
      aws().schedules.clear();
    });

    it('publishes the events and starts the segments of a whole batch', async () => {
      const orders = Array.from({ length: 12 }, fresh);
      aws().executions.length = 0;
      const { batchItemFailures } = await platform.functions.relay({
        Records: orders.map((order) => streamRecord(order)),
      });
      expect(batchItemFailures).toEqual([]);
      for (const order of orders) expect((await published(order)).map(({ name }) => name)).toEqual(['created']);
      expect(
        aws()
          .executions.map(({ input }) => JSON.parse(input).orderId)
          .toSorted(),
      ).toEqual(orders.map(({ id }) => id).toSorted());
    });

    it('publishes the events of one write, and none of those before it', async () => {
      const order = fresh();
      const charging = next(order, { type: 'begin-charge', reference: 'pay_1' }).order;
      await platform.functions.relay({ Records: [streamRecord(charging, order.sequence)] });
      expect((await published(order)).map(({ sequence }) => sequence)).toEqual([2]);
    });

    it('answers the records that it cannot read, those that were not published and those that were not started', async () => {
      const records = [fresh(), fresh(), fresh()].map((order) => streamRecord(order));
      const [good, ...others] = records as [DynamoDBRecord, ...DynamoDBRecord[]];
      const unreadable = streamRecord(fresh());
      if (unreadable.dynamodb) unreadable.dynamodb.NewImage = { id: { S: 'ord_x' } };
      aws().fault({ operation: 'PutEvents', kind: 'drop-before', times: 1 });
      // Nothing is known of any of them: the whole batch comes again.
      await expect(platform.functions.relay({ Records: [good] })).rejects.toEqual(portError('unavailable'));
      aws().fault({
        operation: 'StartExecution',
        kind: 'error',
        error: { name: 'ThrottlingException', status: 400 },
        times: 3,
      });
      const { batchItemFailures } = await platform.functions.relay({ Records: [...records, unreadable] });
      expect(batchItemFailures).toHaveLength(4);
      expect(batchItemFailures).toEqual(expect.arrayContaining(sequences(...records, unreadable)));
      expect((await platform.functions.relay({ Records: [good, ...others] })).batchItemFailures).toEqual([]);
    });

    it('passes over an order that was removed', async () => {
      const record = streamRecord(fresh());
      const { NewImage: _, ...keys } = record.dynamodb ?? {};
      const removed = { ...record, eventName: 'REMOVE' as const, dynamodb: keys };
      expect(await platform.functions.relay({ Records: [removed] })).toEqual({ batchItemFailures: [] });
    });

    it('starts a timer for what is due later, once', async () => {
      const order = anOrder({ position: aPosition({ dueAt: platform.now() + 90_500 }) });
      aws().schedules.clear();
      for (let times = 0; times < 2; times += 1) await platform.functions.relay({ Records: [streamRecord(order)] });
      const [timer, ...more] = [...aws().schedules.values()];
      expect([timer?.at, more]).toEqual([platform.now() + 91_000, []]);
    });
  });

  describe('a consumer', () => {
    const eventOf = (order: Order) =>
      toCloudEvent({ ...(eventsAfter(order, 0)[0] as never as Parameters<typeof toCloudEvent>[0]), highValue: true });
    const message = (body: string, receives = 1): SQSRecord => ({
      messageId: `m-${anOrderId()}`,
      receiptHandle: 'handle',
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: String(NOON),
        SenderId: 'events.amazonaws.com',
        ApproximateFirstReceiveTimestamp: String(NOON),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:orders-operators',
      awsRegion: 'eu-central-1',
    });
    const letter = async ({ messageId }: SQSRecord) =>
      (await platform.deadLetters()).find(({ id }) => id === messageId);

    it('handles what is good in a batch, keeps what can never work with its reason, and gives nothing of it back', async () => {
      const order = fresh();
      const good = message(JSON.stringify(eventOf(order)));
      const poison = [
        message('no JSON'),
        message('{}'),
        message(JSON.stringify({ ...eventOf(order), type: 'orders.created.v2' })),
        message(JSON.stringify({ ...eventOf(order), data: {} })),
      ];
      const answer = await platform.functions.operators({ Records: [...poison, good] });
      expect(answer).toEqual({ batchItemFailures: [] });
      expect((await platform.notices(order.id)).map(({ recipient }) => recipient)).toEqual(['operators']);
      for (const bad of poison) expect(await letter(bad)).toMatchObject({ queue: 'operators', attempts: 1 });
      expect(await letter(poison[2] as SQSRecord)).toMatchObject({
        orderId: order.id,
        correlationId: order.correlationId,
        error: expect.stringContaining('PortError: parseEvent: not an order event: type'),
        body: { type: 'orders.created.v2' },
      });
    });

    it('gives back what failed, and only that; after the third time it is a dead letter, and can be redriven', async () => {
      const [lucky, unlucky] = [fresh(), fresh()];
      const failing = message(JSON.stringify(eventOf(unlucky)));
      const throttled = { operation: 'Publish', kind: 'error', error: { name: 'Throttled', status: 429 } } as const;
      aws().fault({ ...throttled, times: 1 });
      const records = [failing, message(JSON.stringify(eventOf(lucky)))];
      const { batchItemFailures } = await platform.functions.operators({ Records: [failing] });
      expect(batchItemFailures).toEqual([{ itemIdentifier: failing.messageId }]);
      expect((await platform.functions.operators({ Records: records.slice(1) })).batchItemFailures).toEqual([]);
      aws().fault({ ...throttled, times: 1 });
      const last = { ...failing, attributes: { ...failing.attributes, ApproximateReceiveCount: '3' } };
      expect((await platform.functions.operators({ Records: [last] })).batchItemFailures).toEqual([]);
      expect(await letter(failing)).toMatchObject({
        attempts: 3,
        error: expect.stringContaining('NotificationSender.send'),
      });
      expect(await platform.notices(unlucky.id)).toEqual([]);

      const headers = { authorization: `Bearer ${await platform.token('olga', ['operator'])}` };
      const redrive = () =>
        platform.request(`/v1/operations/dead-letters/${failing.messageId}/redrive`, { method: 'POST', headers });
      expect((await redrive()).status).toBe(200);
      expect((await redrive()).status).toBe(404);
      await platform.settle();
      expect(await platform.notices(unlucky.id)).toHaveLength(1);
    });

    it('gives back what it can neither handle nor keep', async () => {
      const bad = message('no JSON');
      const functions = await withoutDatabase(platform);
      expect((await functions.operators({ Records: [bad] })).batchItemFailures).toEqual([
        { itemIdentifier: bad.messageId },
      ]);
    });

    it('whose function keeps ending leaves its messages in the dead-letter queue, and they come to the list', async () => {
      const { queues } = platform.deployment;
      const order = fresh();
      queues.send(queues.queues.receipt.queue.name, eventOf(order));
      const crash = async () => Promise.reject(new Error('out of memory'));
      for (let receives = 0; receives < 3; receives += 1) {
        await expect(queues.poll(queues.queues.receipt.queue, crash)).rejects.toThrow('out of memory');
        await new Promise((resolve) => setTimeout(resolve, 1_100));
      }
      await platform.settle();
      await expect
        .poll(
          async () => {
            await platform.settle();
            return (await platform.deadLetters(order.id)).map(({ queue, body }) => [
              queue,
              Reflect.get(body as object, 'subject'),
            ]);
          },
          { timeout: 10_000 },
        )
        .toEqual([['receipt', order.id]]);
      expect(platform.metrics.sums().DeadLetters).toBeGreaterThan(0);
    });

    it('hears of what the bus could not deliver, with its reason, and it can be redriven as any other', async () => {
      const order = fresh();
      const envelope = { version: '0', 'detail-type': 'orders.created.v1', source: 'orders', detail: eventOf(order) };
      const text = (stringValue: string) => ({ stringValue, dataType: 'String' });
      const undelivered: SQSRecord = {
        ...message(JSON.stringify(envelope)),
        eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:orders-operators-dead-letters',
        messageAttributes: { ERROR_CODE: text('NO_PERMISSIONS'), ERROR_MESSAGE: text('not allowed') },
      };
      expect(await platform.functions.deadLetters({ Records: [undelivered] })).toEqual({ batchItemFailures: [] });
      expect(await letter(undelivered)).toMatchObject({
        queue: 'operators',
        orderId: order.id,
        body: { subject: order.id },
        error: 'not delivered by the bus: NO_PERMISSIONS: not allowed',
      });
      const headers = { authorization: `Bearer ${await platform.token('olga', ['operator'])}` };
      const path = `/v1/operations/dead-letters/${undelivered.messageId}/redrive`;
      expect((await platform.request(path, { method: 'POST', headers })).status).toBe(200);
      await platform.settle();
      expect((await platform.notices(order.id)).map(({ recipient }) => recipient)).toEqual(['operators']);
    });
  });

  it('sweep starts what is past due again, counts it, and leaves the rest alone', async () => {
    const { clients } = platform.deployment;
    const orders = dynamoDbOrderStore({ client: clients.dynamoDb, table: 'orders', cursorKey: Buffer.from('key') });
    const late = anOrder({ position: aPosition({ dueAt: platform.now() - SWEEP_GRACE_MS }) });
    const early = anOrder({ position: aPosition({ dueAt: platform.now() + 60_000 }) });
    for (const order of [late, early]) await orders.create(order, []);
    aws().executions.length = 0;
    await platform.functions.sweep();
    const started = aws().executions.map(({ input }) => JSON.parse(input).orderId);
    expect(started).toContain(late.id);
    expect(started).not.toContain(early.id);
    expect(platform.metrics.sums().OrdersStuck).toBe(started.length);
    expect((await orders.get(late.id))?.position?.sweeps).toBe(1);
    aws().executions.length = 0;
  });

  it('reconcile gives back what no order claims', async () => {
    const { clients } = platform.deployment;
    const ledger = dynamoDbPaymentLedger({ client: clients.dynamoDb, table: 'ledger' });
    const payments = simulatedPaymentGateway({ ledger, clock: { now: () => platform.now() - 7_200_000 } as never });
    const orderId = anOrderId();
    const amount = { amount: 1599, currency: 'USD' };
    const { reference } = await payments.open({ orderId, amount, paymentMethod: 'pm_card_visa', customerId: 'alice' });
    await payments.confirm(reference);
    expect(await platform.functions.reconcile()).toMatchObject({ findings: 1, left: 0, complete: true });
    expect((await platform.ledger(orderId)).map(({ kind }) => kind)).toEqual(['charge', 'refund']);
  });

  describe('the API', () => {
    it('takes HTTP events with their cookies, queries and bodies, and answers as everywhere', async () => {
      const headers = { authorization: `Bearer ${await platform.token('nobody')}` };
      const list = await platform.request('/v1/orders?limit=5', { headers });
      expect([list.status, await list.json()]).toEqual([200, { orders: [], nextCursor: null }]);
      expect((await platform.request('/v1/orders')).status).toBe(401);
      expect((await platform.request('/v1/operations/past-due-orders', { headers })).status).toBe(403);
      expect((await platform.request('/nowhere', { headers })).status).toBe(404);
      expect((await platform.request('/healthz')).status).toBe(200);
    });

    it('takes no token of another client of the pool', async () => {
      const { issuer } = platform.deployment;
      const token = await issuer.token('alice', [], { client_id: 'another-app' });
      const response = await platform.request('/v1/orders', { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
    });

    it('refuses requests with 503 while its secret cannot be read, and works once it can', async () => {
      const other = await awsPlatform();
      try {
        other.deployment.aws.fault({ operation: 'GetSecretValue', kind: 'drop-before', times: 1 });
        const first = await other.request('/healthz');
        expect([first.status, ((await first.json()) as { code: string }).code]).toEqual([503, 'unavailable']);
        expect((await other.request('/healthz')).status).toBe(200);
      } finally {
        await other.stop();
      }
    }, 60_000);
  });

  it('says which settings are missing, all of them at once', async () => {
    const { ORDERS_TABLE: _, EVENT_BUS: __, ...environment } = platform.deployment.environmentOf('operations');
    const { clients } = platform.deployment;
    const { relayFunction } = await import('../../functions/aws/relay.ts');
    const { segmentFunction } = await import('../../functions/aws/segment.ts');
    expect(() => relayFunction(environment, clients)).toThrow('EVENT_BUS: is missing');
    expect(() => segmentFunction({ ...environment, PAYMENTS: 'stripe' }, clients)).toThrow('ORDERS_TABLE: is missing');
    const all = platform.deployment.environmentOf('operations');
    expect(() => segmentFunction({ ...all, PAYMENTS: 'stripe' }, clients)).toThrow('STRIPE_KEY_SECRET: is missing');
  });
});

/** The same functions, whose DynamoDB nobody answers for. */
async function withoutDatabase({ deployment }: AwsPlatform) {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const { emulatorClient } = await import('../emulators/aws/tables.ts');
  const { operatorsFunction } = await import('../../functions/aws/operators.ts');
  const dynamoDb = new DynamoDBClient(emulatorClient('http://127.0.0.1:9'));
  return { operators: operatorsFunction(deployment.environmentOf('operators'), { ...deployment.clients, dynamoDb }) };
}
