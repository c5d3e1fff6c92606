import { randomBytes } from 'node:crypto';
import { changeOf, type OrderChange } from '../../domain/change.ts';
import type { Order } from '../../domain/order.ts';
import type { ChangeFeed } from '../../ports/change-feed.ts';
import { signedCursors } from '../../ports/cursor.ts';
import { frozenCopy } from '../../ports/frozen-copy.ts';
import type { OrderQuery, OrderStore } from '../../ports/order-store.ts';
import { PortError } from '../../ports/port-error.ts';
import { keysetPage } from './keyset-page.ts';

export interface MemoryOrderStoreOptions {
  /** Signs the cursors of lists; without it they are good for this store only. */
  readonly cursorKey?: Uint8Array;
}

interface OrderPosition {
  readonly createdAt: number;
  readonly id: string;
}

type WalkPosition = Pick<Order, 'id'>;

/** Orders and their changes in the memory of this process, for tests. Nothing survives it. */
export function memoryOrderStore({ cursorKey = randomBytes(32) }: MemoryOrderStoreOptions = {}): {
  readonly orders: OrderStore;
  readonly feed: ChangeFeed;
} {
  const stored = new Map<string, Order>();
  const changes = new Map<string, OrderChange>();
  const cursors = signedCursors<OrderPosition>('OrderStore.list', cursorKey);
  const walks = signedCursors<WalkPosition>('OrderStore.changedSince', cursorKey);

  function commit(order: Order, change: OrderChange): void {
    stored.set(order.id, order);
    changes.set(change.id, change);
  }

  const orders: OrderStore = {
    async create(order, events) {
      if (stored.has(order.id)) throw new PortError('conflict', 'OrderStore.create');
      commit(frozenCopy(order), frozenCopy(changeOf(order, events)));
    },

    async get(id) {
      return stored.get(id);
    },

    async save(order, events, expectedRevision) {
      if (stored.get(order.id)?.revision !== expectedRevision) throw new PortError('conflict', 'OrderStore.save');
      commit(frozenCopy(order), frozenCopy(changeOf(order, events)));
    },

    async list(query, { limit, cursor }) {
      const after = cursors.read(query, cursor);
      const matching = stored.values().filter((order) => matches(order, query));
      const { items, last } = keysetPage([...matching], { limit, after, compare: newestFirst });
      return {
        items,
        nextCursor: last ? cursors.write(query, { createdAt: last.createdAt, id: last.id }) : null,
      };
    },

    async changedSince(since, { limit, cursor }) {
      const after = walks.read({ since }, cursor);
      const changed = stored.values().filter(({ updatedAt }) => updatedAt >= since);
      const { items, last } = keysetPage<Order, WalkPosition>([...changed], { limit, after, compare: byId });
      return { items, nextCursor: last ? walks.write({ since }, { id: last.id }) : null };
    },

    async due(before, limit) {
      const due = [...stored.values()].filter((order) => order.position && dueAt(order) <= before);
      return due.sort((left, right) => dueAt(left) - dueAt(right)).slice(0, limit);
    },

    async swept(limit) {
      const swept = [...stored.values()].filter(({ position }) => position?.sweeps !== undefined);
      return swept.sort((left, right) => dueAt(left) - dueAt(right)).slice(0, limit);
    },
  };

  return { orders, feed: memoryChangeFeed(changes) };
}

function memoryChangeFeed(changes: Map<string, OrderChange>): ChangeFeed {
  const held = new Set<string>();

  return {
    async pull(limit) {
      const free = [...changes.values()].filter(({ id }) => !held.has(id)).slice(0, limit);
      for (const { id } of free) held.add(id);
      return free;
    },

    async acknowledge(ids) {
      for (const id of ids) {
        changes.delete(id);
        held.delete(id);
      }
    },

    async release(ids) {
      for (const id of ids) held.delete(id);
    },
  };
}

function matches(order: Order, { customerId, restaurantId, status }: OrderQuery): boolean {
  return (
    (customerId === undefined || order.customerId === customerId) &&
    (restaurantId === undefined || order.restaurantId === restaurantId) &&
    (status === undefined || order.status === status)
  );
}

function newestFirst(left: OrderPosition, right: OrderPosition): number {
  if (left.id === right.id) return 0;
  return right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1);
}

function byId(left: WalkPosition, right: WalkPosition): number {
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

function dueAt({ position }: Order): number {
  return position?.dueAt ?? 0;
}
