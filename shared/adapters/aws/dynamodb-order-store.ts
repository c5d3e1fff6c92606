import { type DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { OrderEvent } from '../../domain/events.ts';
import type { Order } from '../../domain/order.ts';
import { signedCursors } from '../../ports/cursor.ts';
import type { OrderStore } from '../../ports/order-store.ts';
import { awsCall } from './aws-errors.ts';
import { indexReader } from './dynamodb-order-index.ts';
import { type Item, itemOf, orderOf, SHARDS, SWEPT, shardOf } from './dynamodb-order-item.ts';
import { type ListPosition, listOrders } from './dynamodb-order-lists.ts';

export interface DynamoDbOrderStoreOptions {
  /** One for the process. It must repeat nothing by itself (`maxAttempts: 1`): callers do. */
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Signs the cursors of lists: the same for all processes. */
  readonly cursorKey: Uint8Array;
}

type WalkPosition = Pick<Order, 'id'>;

const CONFLICT = { ConditionalCheckFailedException: 'conflict' } as const;
/** Orders that one page of a walk looks at. */
const LONGEST_WALK = 1_000;

/**
 * Orders in a DynamoDB table (see `ORDERS_TABLE`). A save is one conditional PutItem: the order, its events (in the order's timeline) and
 * the keys of the indexes are one item, whose after-image the table's stream hands to the relay. Lists read keys from an index, which
 * may be behind, and then the orders from the table.
 */
export function dynamoDbOrderStore({ client, table, cursorKey }: DynamoDbOrderStoreOptions): OrderStore {
  const cursors = signedCursors<ListPosition>('OrderStore.list', cursorKey);
  const walks = signedCursors<WalkPosition>('OrderStore.changedSince', cursorKey);
  const index = indexReader(client, table);

  async function put(operation: string, item: Item, condition: PutCondition): Promise<void> {
    await awsCall(
      operation,
      () => client.send(new PutItemCommand({ TableName: table, Item: item, ...condition })),
      CONFLICT,
    );
  }

  return {
    async create(order: Order, events: readonly OrderEvent[]) {
      const operation = 'OrderStore.create';
      await put(operation, itemOf(order, events, operation), { ConditionExpression: 'attribute_not_exists(id)' });
    },

    async save(order, events, expectedRevision) {
      const operation = 'OrderStore.save';
      await put(operation, itemOf(order, events, operation), {
        ConditionExpression: 'revision = :expected',
        ExpressionAttributeValues: { ':expected': { N: String(expectedRevision) } },
      });
    },

    async get(id) {
      const get = new GetItemCommand({
        TableName: table,
        Key: { id: { S: id } },
        ConsistentRead: true,
        ProjectionExpression: 'body',
      });
      const { Item: item } = await awsCall('OrderStore.get', () => client.send(get));
      return item && orderOf(item);
    },

    async list(query, { limit, cursor }) {
      const { items, last } = await listOrders(index, query, { limit, after: cursors.read(query, cursor) });
      return { items, nextCursor: last ? cursors.write(query, { createdAt: last.createdAt, id: last.id }) : null };
    },

    async due(before, limit) {
      const shards = SHARDS.map((shard) => ({ partition: shardOf('due', shard), upTo: before, limit }));
      const keys = await Promise.all(shards.map((shard) => index.keys('OrderStore.due', 'by-due', shard)));
      const first = keys
        .flat()
        .toSorted((left, right) => Number(left.sort) - Number(right.sort))
        .slice(0, limit);
      const orders = await index.orders('OrderStore.due', first);
      return orders.filter(({ position }) => position !== undefined && position.dueAt <= before).toSorted(byDue);
    },

    async swept(limit) {
      const keys = await index.keys('OrderStore.swept', 'by-swept', { partition: SWEPT, limit });
      const orders = await index.orders('OrderStore.swept', keys);
      return orders.filter(({ position }) => position?.sweeps !== undefined).toSorted(byDue);
    },

    async changedSince(since, { limit, cursor }) {
      const operation = 'OrderStore.changedSince';
      const items: Order[] = [];
      let walked = 0;
      let last = walks.read({ since }, cursor)?.id;
      do {
        const scan = new ScanCommand({
          TableName: table,
          ConsistentRead: true,
          Limit: limit - items.length,
          FilterExpression: 'updatedAt >= :since',
          ExpressionAttributeValues: { ':since': { N: String(since) } },
          ProjectionExpression: 'body',
          ...(last !== undefined && { ExclusiveStartKey: { id: { S: last } } }),
        });
        const page = await awsCall(operation, () => client.send(scan));
        items.push(...(page.Items ?? []).map(orderOf));
        walked += page.ScannedCount ?? 0;
        last = page.LastEvaluatedKey?.['id']?.S;
      } while (last !== undefined && items.length < limit && walked < LONGEST_WALK);
      return { items, nextCursor: last === undefined ? null : walks.write({ since }, { id: last }) };
    },
  };
}

interface PutCondition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Item;
}

function byDue(left: Order, right: Order): number {
  return (left.position?.dueAt ?? 0) - (right.position?.dueAt ?? 0);
}
