import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { changeOf } from '../../domain/change.ts';
import type { OrderEvent } from '../../domain/events.ts';
import type { Order } from '../../domain/order.ts';
import { OPERATORS_STATUSES } from '../../domain/rules.ts';
import type { ChangeFeed } from '../../ports/change-feed.ts';
import { signedCursors } from '../../ports/cursor.ts';
import { frozenCopy } from '../../ports/frozen-copy.ts';
import type { OrderQuery, OrderStore } from '../../ports/order-store.ts';
import { PortError } from '../../ports/port-error.ts';
import { fromBody, pageFromBodies } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import { type AppendChange, sqliteChangeFeed } from './sqlite-change-feed.ts';
import { cursorKey } from './sqlite-cursor-key.ts';
import type { Database } from './sqlite-database.ts';

export interface SqliteOrderStoreOptions {
  readonly database: Database;
  /** How many of the orders that were written last are read from memory; 0 reads all from the file. */
  readonly recentOrders?: number;
}

interface ListPosition {
  readonly createdAt: number;
  readonly id: string;
}

type WalkPosition = Pick<Order, 'id'>;

const BEFORE_ALL: WalkPosition = { id: '' };
/** Orders that one page of a walk looks at: it keeps the event loop for no longer than that takes. */
const LONGEST_WALK = 1_000;

/** Word for word the same in the index and in its query: SQLite takes a partial index by comparing the text. */
const LISTED_ALONE = `status IN (${OPERATORS_STATUSES.map((status) => `'${status}'`).join(', ')})`;

const TABLE = `
  CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    restaurant_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    sweeps INTEGER,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id, created_at, id);
  CREATE INDEX IF NOT EXISTS orders_by_restaurant ON orders (restaurant_id, created_at, id);
  CREATE INDEX IF NOT EXISTS orders_by_restaurant_and_status ON orders (restaurant_id, status, created_at, id);
  CREATE INDEX IF NOT EXISTS orders_by_status ON orders (status, created_at, id) WHERE ${LISTED_ALONE};
  CREATE INDEX IF NOT EXISTS orders_by_due_at ON orders (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS orders_swept ON orders (due_at) WHERE sweeps IS NOT NULL;`;

/** Orders that are under way are read some ten times, within seconds. */
const RECENT_ORDERS = 5_000;

const INSERT = `
  INSERT INTO orders (id, customer_id, restaurant_id, created_at, status, due_at, sweeps, revision, body)
  VALUES (:id, :customerId, :restaurantId, :createdAt, :status, :dueAt, :sweeps, :revision, :body)
  ON CONFLICT (id) DO NOTHING`;
/** What never changes is left alone, and with it three of the indexes. */
const UPDATE = `
  UPDATE orders SET status = :status, due_at = :dueAt, sweeps = :sweeps, revision = :revision, body = :body
  WHERE id = :id AND revision = :expectedRevision`;
const GET = 'SELECT body FROM orders WHERE id = ?';
/** By the primary key, which every order keeps: an index on the time of the last change would be written by every save. */
const WALK = `
  SELECT id, json_extract(body, '$.updatedAt') >= :since AS changed, body FROM orders
  WHERE id > :id ORDER BY id LIMIT :longest`;
const SWEPT = 'SELECT body FROM orders WHERE sweeps IS NOT NULL ORDER BY due_at LIMIT ?';
const DUE = 'SELECT body FROM orders WHERE due_at <= ? ORDER BY due_at LIMIT ?';

/**
 * Orders in a SQLite file, and the changes that their writes leave for the relay. A change is written in the closure of
 * its order. Arguments are read before the call returns: changing them afterwards changes nothing that is stored. Orders that
 * were written lately are read from memory; as nobody else can write the file, one store for each file is enough and all there may be.
 */
export function sqliteOrderStore({ database, recentOrders = RECENT_ORDERS }: SqliteOrderStoreOptions): {
  readonly orders: OrderStore;
  readonly feed: ChangeFeed;
} {
  database.migrate('orders', TABLE);
  const { feed, append } = sqliteChangeFeed(database);
  const recent = recentOrders === 0 ? NONE : new LRUCache<string, Order>({ max: recentOrders });
  return { orders: { ...writesOf(database, append, recent), ...readsOf(database, recent) }, feed };
}

/** Orders as they were last committed, by id. */
interface RecentOrders {
  get(id: string): Order | undefined;
  set(id: string, order: Order): unknown;
}

const NONE: RecentOrders = { get: () => undefined, set: () => undefined };

function writesOf(database: Database, append: AppendChange, recent: RecentOrders): Pick<OrderStore, 'create' | 'save'> {
  const statement = preparedStatements();

  return {
    async create(order, events) {
      const { id, customerId, restaurantId, createdAt } = order;
      const row = { id, customerId, restaurantId, createdAt, ...mutableColumns(order) };
      const change = changeColumns(order, events);
      const stored = frozenCopy(order);
      const insert = (db: DatabaseSync): void => {
        const { changes } = statement(db, INSERT).run(row);
        if (changes === 0) throw new PortError('conflict', 'OrderStore.create');
        append(db, change);
      };
      await database.write('OrderStore.create', insert, () => recent.set(id, stored));
    },

    async save(order, events, expectedRevision) {
      const { id } = order;
      const row = { id, expectedRevision, ...mutableColumns(order) };
      const change = changeColumns(order, events);
      const stored = frozenCopy(order);
      const update = (db: DatabaseSync): void => {
        const { changes } = statement(db, UPDATE).run(row);
        if (changes === 0) throw new PortError('conflict', 'OrderStore.save');
        append(db, change);
      };
      await database.write('OrderStore.save', update, () => recent.set(id, stored));
    },
  };
}

function readsOf(database: Database, recent: RecentOrders): Omit<OrderStore, 'create' | 'save'> {
  const statement = preparedStatements();
  const cursors = signedCursors<ListPosition>('OrderStore.list', cursorKey(database));
  const walks = signedCursors<WalkPosition>('OrderStore.changedSince', cursorKey(database));

  return {
    async get(id) {
      const known = recent.get(id);
      if (known) return known;
      const row = database.read('OrderStore.get', (db) => statement(db, GET).get(id));
      return row && fromBody<Order>(row);
    },

    async list(query, { limit, cursor }) {
      const after = cursors.read(query, cursor);
      const rows = database.read('OrderStore.list', (db) =>
        statement(db, listStatement(query, after)).all({ ...query, ...after, oneMore: limit + 1 }),
      );
      const { items, last } = pageFromBodies<Order>(rows, limit);
      return { items, nextCursor: last ? cursors.write(query, { createdAt: last.createdAt, id: last.id }) : null };
    },

    async changedSince(since, { limit, cursor }) {
      const after = walks.read({ since }, cursor) ?? BEFORE_ALL;
      const { items, last } = database.read('OrderStore.changedSince', (db) =>
        changedAmong(statement(db, WALK).iterate({ since, ...after, longest: LONGEST_WALK }), limit),
      );
      return { items, nextCursor: last === undefined ? null : walks.write({ since }, { id: last }) };
    },

    async due(before, limit) {
      const rows = database.read('OrderStore.due', (db) => statement(db, DUE).all(before, limit));
      return rows.map((row) => fromBody<Order>(row));
    },

    async swept(limit) {
      const rows = database.read('OrderStore.swept', (db) => statement(db, SWEPT).all(limit));
      return rows.map((row) => fromBody<Order>(row));
    },
  };
}

function mutableColumns(order: Order) {
  const { status, revision, position } = order;
  return {
    status,
    revision,
    dueAt: position?.dueAt ?? null,
    sweeps: position?.sweeps ?? null,
    body: JSON.stringify(order),
  };
}

function changeColumns(order: Order, events: readonly OrderEvent[]) {
  const change = changeOf(order, events);
  return { id: change.id, body: JSON.stringify(change) };
}

/** One of ten statements: each is a walk along one index. */
function listStatement(query: OrderQuery, after: ListPosition | undefined): string {
  const { status } = query;
  const conditions = [
    scopeCondition(query),
    ...(status === undefined ? [] : ['status = :status']),
    ...(after === undefined ? [] : ['(created_at, id) < (:createdAt, :id)']),
  ];
  return `SELECT body FROM orders WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT :oneMore`;
}

function scopeCondition({ customerId, restaurantId }: OrderQuery): string {
  if (customerId !== undefined) return 'customer_id = :customerId';
  return restaurantId === undefined ? LISTED_ALONE : 'restaurant_id = :restaurantId';
}

/** Up to `limit` changed orders of a walk. `last` is the id that it got to, when it may not have been the last one. */
function changedAmong(
  rows: Iterable<Record<string, SQLOutputValue>>,
  limit: number,
): { readonly items: readonly Order[]; readonly last: string | undefined } {
  const items: Order[] = [];
  let walked = 0;
  for (const row of rows) {
    walked += 1;
    if (row['changed'] === 1) items.push(fromBody<Order>(row));
    if (items.length === limit || walked === LONGEST_WALK) return { items, last: String(row['id']) };
  }
  return { items, last: undefined };
}
