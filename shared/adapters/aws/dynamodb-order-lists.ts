import type { Order } from '../../domain/order.ts';
import type { OrderQuery } from '../../ports/order-store.ts';
import type { IndexKey, IndexName, IndexReader } from './dynamodb-order-index.ts';
import { createdKey, restaurantStatus, SHARDS, shardOf } from './dynamodb-order-item.ts';

/** The last order of a page. */
export interface ListPosition {
  readonly createdAt: number;
  readonly id: string;
}

interface ListPage {
  readonly limit: number;
  readonly after: ListPosition | undefined;
}

interface Listed {
  readonly items: readonly Order[];
  /** Where the next page begins; undefined on the last one. */
  readonly last: ListPosition | undefined;
}

/**
 * A page of orders, newest first. A customer's orders of one status are chosen among the customer's page, which may leave fewer: a
 * customer has few, and an index of its own would be written by every save. An index that is behind may name orders that have left the query since: they are left out.
 */
export async function listOrders(index: IndexReader, query: OrderQuery, { limit, after }: ListPage): Promise<Listed> {
  const { name, partitions } = placeOf(query);
  const newestBefore = after ? createdKey(after) : null;
  const found = await Promise.all(
    partitions.map((partition) => index.keys('OrderStore.list', name, { partition, limit: limit + 1, newestBefore })),
  );
  const keys = found.flat().toSorted(newestFirst);
  const page = keys.slice(0, limit);
  const orders = await index.orders('OrderStore.list', page);
  const last = keys.length > limit ? page.at(-1) : undefined;
  return { items: orders.filter((order) => matches(order, query)), last: last && positionOf(last) };
}

function placeOf(query: OrderQuery): { readonly name: IndexName; readonly partitions: readonly string[] } {
  const { customerId, restaurantId, status } = query;
  if (customerId !== undefined) return { name: 'by-customer', partitions: [customerId] };
  if (restaurantId === undefined) {
    return { name: 'by-status', partitions: SHARDS.map((shard) => shardOf(query.status, shard)) };
  }
  return status === undefined
    ? { name: 'by-restaurant', partitions: [restaurantId] }
    : { name: 'by-restaurant-status', partitions: [restaurantStatus(restaurantId, status)] };
}

function newestFirst(left: IndexKey, right: IndexKey): number {
  return left.sort < right.sort ? 1 : -1;
}

function positionOf({ sort, id }: IndexKey): ListPosition {
  return { createdAt: Number(sort.slice(0, sort.indexOf('#'))), id };
}

function matches(order: Order, { customerId, restaurantId, status }: OrderQuery): boolean {
  return (
    (customerId === undefined || order.customerId === customerId) &&
    (restaurantId === undefined || order.restaurantId === restaurantId) &&
    (status === undefined || order.status === status)
  );
}
