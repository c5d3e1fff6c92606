import type { Inbox } from '../../ports/inbox.ts';
import { preparedStatements } from './prepared-statements.ts';
import type { Database } from './sqlite-database.ts';

export interface SqliteInboxOptions {
  readonly database: Database;
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS inbox (
    consumer TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (consumer, key)
  ) STRICT, WITHOUT ROWID;`;

/** An inbox in a SQLite file. It forgets nothing. */
export function sqliteInbox({ database }: SqliteInboxOptions): Inbox {
  database.migrate('inbox', TABLE);
  const statement = preparedStatements();

  return {
    async seen(consumer, key) {
      const row = database.read('Inbox.seen', (db) =>
        statement(db, 'SELECT 1 FROM inbox WHERE consumer = ? AND key = ?').get(consumer, key),
      );
      return row !== undefined;
    },

    async record(consumer, key) {
      await database.write('Inbox.record', (db) =>
        statement(db, 'INSERT INTO inbox (consumer, key) VALUES (?, ?) ON CONFLICT DO NOTHING').run(consumer, key),
      );
    },
  };
}
