import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { changeOf, type OrderChange } from '../../domain/change.ts';
import { eventsAfter, type OrderEvent } from '../../domain/events.ts';
import type { Order, OrderStatus } from '../../domain/order.ts';
import { OPERATORS_STATUSES } from '../../domain/rules.ts';
import { PortError } from '../../ports/port-error.ts';

export type Item = Record<string, AttributeValue>;

/** Orders on their way pass through a few statuses and fall due at the same times: one partition would throttle. */
export const SHARDS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Orders that the sweeper has started in vain are few: one partition bears them. */
export const SWEPT = 'swept';

/**
 * DynamoDB takes 400 KB. An order is refused long before that when it is placed, so that whatever happens to it afterwards (ten
 * changes of the address, rulings, refunds that fail and are asked for again) still fits.
 */
const MOST_BYTES = { created: 200_000, saved: 380_000 } as const;

/** An order as it is stored: its keys for the indexes, and the order itself as JSON. `events` are those of this very write. */
export function itemOf(order: Order, events: readonly OrderEvent[], operation: string): Item {
  const { id, customerId, restaurantId, status, revision, sequence, updatedAt, position } = order;
  const body = JSON.stringify(order);
  const most = revision === 1 ? MOST_BYTES.created : MOST_BYTES.saved;
  if (Buffer.byteLength(body) > most) {
    throw new PortError('invalid-argument', operation, { message: `an order may have ${most} bytes` });
  }
  const listedAlone = (OPERATORS_STATUSES as readonly OrderStatus[]).includes(status);
  return {
    id: { S: id },
    revision: { N: String(revision) },
    previousSequence: { N: String(sequence - events.length) },
    updatedAt: { N: String(updatedAt) },
    body: { S: body },
    customerId: { S: customerId },
    restaurantId: { S: restaurantId },
    restaurantStatus: { S: restaurantStatus(restaurantId, status) },
    createdKey: { S: createdKey(order) },
    ...(listedAlone && { statusShard: { S: shardOf(status, shardNumber(id)) } }),
    ...(position && { dueShard: { S: shardOf('due', shardNumber(id)) }, dueAt: { N: String(position.dueAt) } }),
    ...(position?.sweeps !== undefined && { sweptShard: { S: SWEPT } }),
  };
}

export function orderOf({ body }: Item): Order {
  if (body?.S === undefined) throw new Error('defect: an item of the orders table has no body');
  return JSON.parse(body.S) as Order;
}

/** The change that a write made, from the after-image that it left on the stream. */
export function orderChangeOf(image: Item): OrderChange {
  const order = orderOf(image);
  return changeOf(order, eventsAfter(order, Number(image['previousSequence']?.N)));
}

export function restaurantStatus(restaurantId: string, status: OrderStatus): string {
  return `${restaurantId}#${status}`;
}

/** Texts in the order of (`createdAt`, `id`). */
export function createdKey({ createdAt, id }: Pick<Order, 'createdAt' | 'id'>): string {
  return `${String(createdAt).padStart(15, '0')}#${id}`;
}

export function shardOf(name: string, shard: number): string {
  return `${name}#${shard}`;
}

/** Ids are hashes: their last letter is as good as another hash. */
function shardNumber(id: string): number {
  return (id.codePointAt(id.length - 1) ?? 0) % SHARDS.length;
}
