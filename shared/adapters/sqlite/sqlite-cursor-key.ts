import { randomBytes } from 'node:crypto';
import { PortError } from '../../ports/port-error.ts';
import type { Database } from './sqlite-database.ts';

/** The key that signs cursors: made once for each file and kept in it, so that cursors outlive the process. */
export function cursorKey(database: Database): Uint8Array {
  const fresh = randomBytes(32).toString('hex');
  database.migrate(
    'cursor key',
    `CREATE TABLE IF NOT EXISTS cursor_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL) STRICT;
     INSERT OR IGNORE INTO cursor_key (id, key) VALUES (1, x'${fresh}');`,
  );
  const operation = 'Database.cursorKey';
  const row = database.read(operation, (db) => db.prepare('SELECT key FROM cursor_key').get());
  if (!(row?.['key'] instanceof Uint8Array)) throw new PortError('internal', operation);
  return row['key'];
}
