import { dynamoDbOrderStore } from '../../../shared/adapters/aws/dynamodb-order-store.ts';
import type { AwsFunction } from '../../../shared/config/aws.ts';
import { toCloudEvent } from '../../../shared/domain/cloud-event.ts';
import { eventsAfter } from '../../../shared/domain/events.ts';
import { after, anOrder, aPosition } from '../../fixtures.ts';
import type { Deployment } from './deployment.ts';
import { httpEvent } from './http-event.ts';
import { streamRecord } from './stream-record.ts';

/** A first call for each function that does its usual work: it reads or writes what it is there for. */
export async function coldStartOperations({
  clients,
  issuer,
}: Deployment): Promise<Readonly<Record<AwsFunction, object>>> {
  const now = Date.now();
  const placed = anOrder({
    createdAt: now,
    updatedAt: now,
    position: aPosition({ dueAt: now }),
    contact: { email: 'a@b.example' },
  });
  const charging = after(placed, { type: 'begin-charge', reference: 'pay_1' }, now).order;
  const { order } = after(charging, { type: 'record-charge', transactionId: 'txn_1' }, now);
  await dynamoDbOrderStore({ client: clients.dynamoDb, table: 'orders', cursorKey: new Uint8Array() }).create(
    order,
    [],
  );
  const events = eventsAfter(order, 0).map((event) => toCloudEvent({ ...event, highValue: true }));
  const [created, , charged] = events;
  const job = { orderId: order.id, state: 'none', attempt: 0, revision: 1, correlationId: 'c', waitId: 'none' };
  const request = async (path: string, groups: readonly string[]) =>
    httpEvent(
      new Request(`https://api.example${path}`, {
        headers: { authorization: `Bearer ${await issuer.token('alice', groups)}` },
      }),
    );
  return {
    api: await request(`/v1/orders/${order.id}`, []),
    operations: await request('/v1/operations/past-due-orders', ['operator']),
    relay: { Records: [streamRecord(order, 2)] },
    segment: { kind: 'begin', job },
    sweep: {},
    reconcile: {},
    notify: messageOf('notify', created),
    receipt: messageOf('receipt', charged),
    operators: messageOf('operators', created),
    'dead-letters': messageOf('notify-dead-letters', created),
  };
}

function messageOf(queue: string, body: unknown): object {
  return {
    Records: [
      {
        messageId: `message-of-${queue}`,
        body: JSON.stringify(body),
        attributes: { ApproximateReceiveCount: '1' },
        eventSourceARN: `arn:aws:sqs:eu-central-1:000000000000:orders-${queue}`,
      },
    ],
  };
}
