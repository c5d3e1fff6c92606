import { expect } from 'vitest';
import { paymentsOf } from '../../functions/aws/payments.ts';
import { secretsOf } from '../../functions/aws/platform.ts';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { anOrder, anOrderId, aPosition, after as next } from '../fixtures.ts';
import type { AwsPlatform } from '../platforms/aws-platform.ts';

/** What no path of an order meets: lists, and what operators do. */
export async function everythingElse(platform: AwsPlatform): Promise<void> {
  const { deployment, functions } = platform;
  const ask = async (as: string, groups: readonly string[], path: string, body?: object) => {
    const headers = { authorization: `Bearer ${await platform.token(as, groups)}`, 'content-type': 'application/json' };
    const response = await platform.request(path, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    expect([path, response.status]).toEqual([path, 200]);
    return response.json();
  };
  const operator = ['operator'];
  await ask('alice', [], '/v1/orders');
  await ask('mario', ['restaurant:rest-7'], '/v1/orders');
  await ask('mario', ['restaurant:rest-7'], '/v1/orders?status=confirmed');
  await ask('olga', operator, '/v1/orders?status=refund_failed');
  await ask('alice', [], '/v1/restaurants');
  await ask('alice', [], '/v1/restaurants/search', { cuisine: 'italian' });
  await stuckOrder(platform);
  await ask('olga', operator, '/v1/operations/past-due-orders');
  const since = new Date(platform.now() - 10_800_000).toISOString();
  await ask('olga', operator, '/v1/operations/republications', { since });
  await platform.settle();
  await functions.sweep();
  await unrecordedCharge(platform);
  await functions.reconcile();
  await unrecordedCharge(platform);
  const recently = new Date(platform.now() - 10_800_000).toISOString();
  await ask('olga', operator, '/v1/operations/reconciliations', { since: recently, limit: 100, repair: true });
  for (const consumer of ['notify', 'receipt', 'operators'] as const)
    deployment.queues.send(deployment.queues.queues[consumer].queue.name, { poison: consumer });
  deployment.aws.executions.length = 0;
  await platform.settle();
  const [letter] = await platform.deadLetters();
  await functions.deadLetters({
    Records: [
      {
        messageId: 'dead',
        body: '{}',
        eventSourceARN: deployment.queues.queues.notify.dead.arn,
        attributes: { ApproximateReceiveCount: '4' },
      },
    ],
  } as never);
  await ask('olga', operator, '/v1/operations/dead-letters');
  await ask('olga', operator, `/v1/operations/dead-letters?orderId=${letter?.orderId}`);
  await ask('olga', operator, `/v1/operations/dead-letters/${letter?.id}`);
  for (const consumer of ['notify', 'receipt', 'operators'] as const) {
    const { deadLetters } = (await ask('olga', operator, `/v1/operations/dead-letters?queue=${consumer}`)) as {
      deadLetters: readonly { id: string }[];
    };
    await ask('olga', operator, `/v1/operations/dead-letters/${deadLetters[0]?.id}/redrive`, {});
  }
}

/** Two hours ago a payment was charged, and its order does not know; and another one, that no order claims. */
async function unrecordedCharge({ deployment, now, advance }: AwsPlatform): Promise<void> {
  const { clients, environmentOf, tableOf } = deployment;
  const clock = { now } as Clock;
  const { payments } = paymentsOf(readAwsSettings('reconcile', environmentOf('reconcile')), {
    dynamoDb: clients.dynamoDb,
    secrets: secretsOf(clients.secretsManager, clock),
    clock,
  });
  const orders = dynamoDbOrderStore({
    client: clients.dynamoDb,
    table: tableOf('orders'),
    cursorKey: new Uint8Array(),
  });
  const order = anOrder({ createdAt: now(), updatedAt: now() });
  for (const orderId of [order.id, anOrderId()]) {
    const request = { orderId, amount: order.total, paymentMethod: 'pm_card_visa', customerId: 'alice' };
    const { reference } = await payments.open(request);
    await payments.confirm(reference);
    if (orderId === order.id) await orders.create(next(order, { type: 'begin-charge', reference }, now()).order, []);
  }
  await advance(7_200_000);
}

/** One that was past due, and was started again in vain. */
async function stuckOrder({ deployment, now }: AwsPlatform): Promise<void> {
  const client = deployment.clients.dynamoDb;
  const orders = dynamoDbOrderStore({ client, table: deployment.tableOf('orders'), cursorKey: new Uint8Array() });
  await orders.create(anOrder({ position: aPosition({ dueAt: now() - 3_600_000, handOff: false, sweeps: 1 }) }), []);
}
