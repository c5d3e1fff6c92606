import type { DatabaseSync } from 'node:sqlite';
import type { OrderChange } from '../../domain/change.ts';
import type { ChangeFeed } from '../../ports/change-feed.ts';
import { fromBody } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import type { Database } from './sqlite-database.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS order_changes (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
  ) STRICT;`;
const INSERT = 'INSERT INTO order_changes (id, body) VALUES (?, ?)';
const OLDEST = 'SELECT id, body FROM order_changes ORDER BY number LIMIT ?';
const DELETE = 'DELETE FROM order_changes WHERE id = ?';

/** Adds a change, as JSON, in the transaction that runs. */
export type AppendChange = (db: DatabaseSync, change: { readonly id: string; readonly body: string }) => void;

/** The changes that wait for the relay. `append` belongs into the closure that writes the change's order. */
export function sqliteChangeFeed(database: Database): {
  readonly feed: ChangeFeed;
  readonly append: AppendChange;
} {
  database.migrate('order changes', TABLE);
  const statement = preparedStatements();
  const held = new Set<string>();

  const feed: ChangeFeed = {
    async pull(limit) {
      const rows = database.read('ChangeFeed.pull', (db) => statement(db, OLDEST).all(held.size + limit));
      const free = rows.filter((row) => !held.has(String(row['id']))).slice(0, limit);
      for (const row of free) held.add(String(row['id']));
      return free.map((row) => fromBody<OrderChange>(row));
    },

    async acknowledge(ids) {
      const acknowledged = [...ids];
      await database.write('ChangeFeed.acknowledge', (db) => {
        for (const id of acknowledged) statement(db, DELETE).run(id);
      });
      for (const id of acknowledged) held.delete(id);
    },

    async release(ids) {
      for (const id of ids) held.delete(id);
    },
  };

  return { feed, append: (db, { id, body }) => statement(db, INSERT).run(id, body) };
}
