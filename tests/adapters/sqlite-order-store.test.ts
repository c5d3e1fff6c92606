import type { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { sqliteOrderStore } from '../../shared/adapters/sqlite/sqlite-order-store.ts';
import type { OrderQuery } from '../../shared/ports/order-store.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { temporaryDatabase } from '../conformance/temporary-database.ts';
import { after, anOrder } from '../fixtures.ts';

const QUERIES: readonly (readonly [OrderQuery, string])[] = [
  [{ customerId: 'alice' }, 'orders_by_customer'],
  [{ customerId: 'alice', status: 'paid' }, 'orders_by_customer'],
  [{ restaurantId: 'rest-1' }, 'orders_by_restaurant'],
  [{ restaurantId: 'rest-1', status: 'paid' }, 'orders_by_restaurant_and_status'],
  [{ status: 'charging' }, 'orders_by_status'],
];

it.each(QUERIES)(
  'walks along one index for a list of %o, from the beginning and from a cursor',
  async (query, index) => {
    const file = temporaryDatabase();
    const database = file.database();
    const prepared: string[] = [];
    const { orders } = sqliteOrderStore({
      database: { ...database, read: (name, fn) => database.read(name, (db) => fn(recording(db, prepared))) },
    });
    const status = query.status ?? 'paid';
    for (let number = 0; number < 2; number += 1) await orders.create(anOrder({ status }), []);
    const { nextCursor } = await orders.list(query, { limit: 1 });
    if (nextCursor === null) throw new Error('the list has one page only');
    await orders.list(query, { limit: 1, cursor: nextCursor });
    const lists = prepared.filter((sql) => sql.includes('created_at DESC'));
    expect(lists).toHaveLength(2);
    for (const sql of lists) {
      const plan = database.read('plan', (db) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
      // One step: no scan of the table, and no sort.
      expect(plan).toHaveLength(1);
      expect(plan[0]?.['detail']).toMatch(new RegExp(`^SEARCH orders USING INDEX ${index} `));
    }
    await file.close();
  },
);

it('never answers what was not committed', async () => {
  const file = temporaryDatabase();
  const database = file.database();
  const broken = { write: false };
  const { orders } = sqliteOrderStore({
    database: {
      ...database,
      write: (operation, fn, committed) =>
        database.write(
          operation,
          (db) => {
            const result = fn(db);
            if (broken.write) throw new PortError('unavailable', operation);
            return result;
          },
          committed,
        ),
    },
  });
  const order = anOrder();
  await orders.create(order, []);
  broken.write = true;
  const { order: next, events } = after(order, { type: 'park' });
  const other = anOrder();
  await expect(orders.save(next, events, order.revision)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(orders.create(other, [])).rejects.toMatchObject({ code: 'unavailable' });
  expect(await orders.get(order.id)).toEqual(order);
  expect(await orders.get(other.id)).toBeUndefined();
  await file.close();
});

/** The same connection, whose statements are noted. */
function recording(db: DatabaseSync, prepared: string[]): DatabaseSync {
  return new Proxy(db, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name === 'prepare') prepared.push(String(args[0]));
        return member.apply(target, args);
      };
    },
  });
}
