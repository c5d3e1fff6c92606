import { BatchGetItemCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Order } from '../../domain/order.ts';
import { PortError } from '../../ports/port-error.ts';
import { awsCall } from './aws-errors.ts';
import { type Item, orderOf } from './dynamodb-order-item.ts';
import { ORDERS_TABLE } from './dynamodb-tables.ts';

/** An order's place in an index. */
export interface IndexKey {
  readonly id: string;
  /** The value of the index's sort key. */
  readonly sort: string;
}

export interface IndexRange {
  readonly partition: string;
  readonly limit: number;
  /** Newest first; only those before this sort key. */
  readonly newestBefore?: string | null;
  /** Oldest first; only those up to this number. */
  readonly upTo?: number;
}

export type IndexName = keyof (typeof ORDERS_TABLE)['indexes'];

export interface IndexReader {
  keys(operation: string, index: IndexName, range: IndexRange): Promise<readonly IndexKey[]>;
  /** The orders themselves, as they were last committed, in the order of `keys`. One that was not found is left out. */
  orders(operation: string, keys: readonly IndexKey[]): Promise<readonly Order[]>;
}

/** DynamoDB hands out as many at a time. */
const BATCH = 100;
/** A batch that is too large for one answer comes in parts; one that brings nothing new is throttled. */
const MOST_PARTS = 10;

export function indexReader(client: DynamoDBClient, table: string): IndexReader {
  async function batch(operation: string, ids: readonly string[], found: Map<string, Order>): Promise<void> {
    let keys: Item[] = ids.map((id) => ({ id: { S: id } }));
    for (let part = 0; keys.length > 0; part += 1) {
      if (part === MOST_PARTS) {
        throw new PortError('resource-exhausted', operation, {
          message: 'DynamoDB keeps leaving out parts of the answer',
        });
      }
      const request = { Keys: keys, ConsistentRead: true, ProjectionExpression: 'body' };
      const get = new BatchGetItemCommand({ RequestItems: { [table]: request } });
      const { Responses: responses = {}, UnprocessedKeys: left = {} } = await awsCall(operation, () =>
        client.send(get),
      );
      for (const order of (responses[table] ?? []).map(orderOf)) found.set(order.id, order);
      keys = left[table]?.Keys ?? [];
    }
  }

  return {
    async keys(operation, index, { partition, limit, newestBefore, upTo }) {
      const { partition: name, sort } = ORDERS_TABLE.indexes[index];
      const conditions = [
        '#partition = :partition',
        ...(newestBefore ? ['#sort < :before'] : []),
        ...(upTo === undefined ? [] : ['#sort <= :upTo']),
      ];
      const query = new QueryCommand({
        TableName: table,
        IndexName: index,
        KeyConditionExpression: conditions.join(' AND '),
        ExpressionAttributeNames: { '#partition': name, ...(conditions.length > 1 && { '#sort': sort.name }) },
        ExpressionAttributeValues: {
          ':partition': { S: partition },
          ...(newestBefore && { ':before': { S: newestBefore } }),
          ...(upTo !== undefined && { ':upTo': { N: String(upTo) } }),
        },
        ScanIndexForward: newestBefore === undefined,
        Limit: limit,
      });
      const { Items: items = [] } = await awsCall(operation, () => client.send(query));
      return items.map((item) => keyOf(item, sort.name));
    },

    async orders(operation, keys) {
      const found = new Map<string, Order>();
      for (let start = 0; start < keys.length; start += BATCH) {
        await batch(
          operation,
          keys.slice(start, start + BATCH).map(({ id }) => id),
          found,
        );
      }
      return keys.flatMap(({ id }) => found.get(id) ?? []);
    },
  };
}

function keyOf(item: Item, sort: string): IndexKey {
  const value = item[sort];
  return { id: item['id']?.S ?? '', sort: value?.S ?? value?.N ?? '' };
}
