import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { dynamoDbInbox } from '../../shared/adapters/aws/dynamodb-inbox.ts';
import { itemOf } from '../../shared/adapters/aws/dynamodb-order-item.ts';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { LIMITS } from '../../shared/domain/rules.ts';
import type { PortErrorCode } from '../../shared/ports/port-error.ts';
import { portError } from '../conformance/races.ts';
import { emulatorClient } from '../emulators/aws/tables.ts';
import { aLineItem, anOrder, after as next } from '../fixtures.ts';

/** An answer: a body, an error by its name, or none at all. */
type Answer =
  | { readonly body: object }
  | { readonly error: string; readonly status?: number }
  | 'drop'
  | 'hang'
  | 'nonsense';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

/** A DynamoDB that answers with these, the last one again and again, and counts how often it was asked. */
async function answering(...answers: readonly Answer[]) {
  const calls: { operation: string; body: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    calls.push({ operation: String(request.headers['x-amz-target']).split('.')[1] ?? '', body: JSON.parse(text) });
    const answer = answers[Math.min(calls.length, answers.length) - 1] ?? 'drop';
    if (answer === 'hang') return;
    if (answer === 'drop') return void request.socket.destroy();
    if (answer === 'nonsense') return void response.writeHead(502).end('<html>');
    const failed = 'error' in answer;
    const body = failed
      ? { __type: `com.amazonaws.dynamodb.v20120810#${answer.error}`, message: 'canary' }
      : answer.body;
    const status = failed ? (answer.status ?? 400) : 200;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({
    ...emulatorClient(url),
    requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
  });
  undo.push(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const orders = dynamoDbOrderStore({ client, table: 'orders', cursorKey: Buffer.from('key') });
  return { calls, client, orders };
}

const FAILURES: readonly (readonly [string, Answer, PortErrorCode])[] = [
  ['throttled', { error: 'ThrottlingException' }, 'resource-exhausted'],
  ['throttled by its partition', { error: 'ProvisionedThroughputExceededException' }, 'resource-exhausted'],
  ['throttled by its account', { error: 'RequestLimitExceeded' }, 'resource-exhausted'],
  ['failed inside', { error: 'InternalServerError', status: 500 }, 'unavailable'],
  ['used with credentials that have expired', { error: 'ExpiredTokenException' }, 'permission-denied'],
  ['used with credentials that nobody knows', { error: 'UnrecognizedClientException' }, 'permission-denied'],
  ['used without the right to', { error: 'AccessDeniedException' }, 'permission-denied'],
  ['not there', { error: 'ResourceNotFoundException' }, 'not-found'],
  ['asked for what makes no sense', { error: 'ValidationException' }, 'invalid-argument'],
  ['cut off in the middle', 'drop', 'unavailable'],
  ['silent', 'hang', 'deadline-exceeded'],
  ['behind a proxy that answers in its place', 'nonsense', 'unavailable'],
];

describe.each(FAILURES)('a table that is %s', (_, answer, code) => {
  it.each([
    ['get', (store: Store) => store.get('ord_a')],
    ['create', (store: Store) => store.create(anOrder(), [])],
    ['save', (store: Store) => store.save(anOrder(), [], 1)],
    ['list', (store: Store) => store.list({ customerId: 'alice' }, { limit: 10 })],
    ['changedSince', (store: Store) => store.changedSince(0, { limit: 10 })],
    ['swept', (store: Store) => store.swept(10)],
  ] as const)(`fails %s with ${code}, asked once, and repeats nothing it said`, async (_operation, act) => {
    const { orders, calls } = await answering(answer);
    const error = await act(orders).catch((caught: unknown) => caught);
    expect(error).toEqual(portError(code));
    expect([calls.length, String(error).includes('canary')]).toEqual([1, false]);
  });
});

describe('a write of an order', () => {
  it('is one PutItem with a condition, for a new order and for a change', async () => {
    const { orders, calls } = await answering({ body: {} });
    const order = anOrder();
    await orders.create(order, []);
    await orders.save(next(order, { type: 'park' }).order, [], order.revision);
    expect(calls.map(({ operation, body }) => [operation, body['ConditionExpression']])).toEqual([
      ['PutItem', 'attribute_not_exists(id)'],
      ['PutItem', 'revision = :expected'],
    ]);
  });

  it('that came too late is a conflict', async () => {
    const { orders } = await answering({ error: 'ConditionalCheckFailedException' });
    await expect(orders.create(anOrder(), [])).rejects.toEqual(portError('conflict'));
    await expect(orders.save(anOrder(), [], 1)).rejects.toEqual(portError('conflict'));
  });

  it('of too many bytes is refused before anything is sent', async () => {
    const { orders, calls } = await answering({ body: {} });
    const huge = anOrder({ deliveryAddress: 'x'.repeat(200_000) });
    await expect(orders.create(huge, [])).rejects.toEqual(portError('invalid-argument'));
    expect(calls).toEqual([]);
  });

  it('fits for the largest order there may be, and leaves room for all that can happen to it', () => {
    const text = '\u{1F355}'.repeat(LIMITS.addressCharacters);
    const items = Array.from({ length: LIMITS.items }, (_, index) =>
      aLineItem({ menuItemId: `${index}`, name: text.slice(0, 200) }),
    );
    const largest = anOrder({ items, deliveryAddress: text });
    const created = itemOf(largest, [], 'OrderStore.create');
    expect(Buffer.byteLength(created['body']?.S ?? '')).toBeLessThan(100_000);
    // A hundred refunds that were asked for in the longest words, and failed.
    let order = next(largest, { type: 'begin-charge', reference: 'pay_1' }).order;
    order = next(order, { type: 'record-charge', transactionId: 'txn_1' }).order;
    order = next(order, { type: 'confirm', accepted: false, by: 'restaurant:rest-1' }).order;
    for (let round = 0; round < 100; round += 1) {
      order = next(order, { type: 'record-refund-failure', code: 'refused' }).order;
      order = next(order, {
        type: 'request-refund',
        by: 'operator:olga',
        note: text.slice(0, LIMITS.noteCharacters),
      }).order;
    }
    expect(() => itemOf(order, [], 'OrderStore.save')).not.toThrow();
  });
});

describe('a list', () => {
  const keys = (...ids: readonly string[]) => ({
    body: { Items: ids.map((id, index) => ({ id: { S: id }, createdKey: { S: `${9 - index}#${id}` } })) },
  });
  const ids = ['ord_a', 'ord_b', 'ord_c'];
  const orders = ids.map((id) => anOrder({ id }));
  const stored = (...some: readonly number[]) => some.map((index) => ({ body: { S: JSON.stringify(orders[index]) } }));
  const left = (...some: readonly number[]) => ({ orders: { Keys: some.map((index) => ({ id: { S: ids[index] } })) } });

  it('asks again for what DynamoDB has left out of an answer, and for that alone', async () => {
    const { orders: store, calls } = await answering(
      keys(...ids),
      { body: { Responses: { orders: stored(1) }, UnprocessedKeys: left(0, 2) } },
      { body: { Responses: { orders: stored(2, 0) } } },
    );
    const page = await store.list({ customerId: 'alice' }, { limit: 10 });
    expect(page.items.map(({ id }) => id)).toEqual(ids);
    const asked = calls.slice(1).map(({ body }) => Reflect.get(body['RequestItems'] as object, 'orders').Keys.length);
    expect(asked).toEqual([3, 2]);
  });

  it('gives up when DynamoDB keeps leaving out the same', async () => {
    const { orders: store, calls } = await answering(keys(...ids), {
      body: { Responses: { orders: [] }, UnprocessedKeys: left(0, 1, 2) },
    });
    await expect(store.list({ customerId: 'alice' }, { limit: 10 })).rejects.toEqual(portError('resource-exhausted'));
    expect(calls).toHaveLength(11);
  });

  it('leaves out what has left the query since the index was written', async () => {
    const moved = { body: { S: JSON.stringify({ ...orders[1], status: 'cancelled' }) } };
    const { orders: store } = await answering(keys(...ids), {
      body: { Responses: { orders: [...stored(0, 2), moved] } },
    });
    const page = await store.list({ restaurantId: 'rest-1', status: 'pending' }, { limit: 10 });
    expect(page.items.map(({ id }) => id)).toEqual(['ord_a', 'ord_c']);
  });
});

describe('the inbox', () => {
  it('remembers for 45 days, longer than anything is delivered again', async () => {
    const { client, calls } = await answering({ body: {} });
    await dynamoDbInbox({ client, table: 'inbox', clock: { now: () => 1_000_000 } }).record('notify', 'key');
    expect(calls[0]?.body['Item']).toEqual({
      key: { S: '6#notify#key' },
      expiresAt: { N: String(1_000 + 45 * 86_400) },
    });
  });
});

type Store = ReturnType<typeof dynamoDbOrderStore>;
