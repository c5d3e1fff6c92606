import { PortError } from '../../ports/port-error.ts';
import type { Database } from './sqlite-database.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS local_secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`;

/**
 * A secret of the local platform that is made once and kept in its data file, so that it survives a restart. The first value
 * stays, whatever later calls would make.
 */
export async function sqliteLocalSecret(database: Database, name: string, fresh: string): Promise<string> {
  database.migrate('local secrets', TABLE);
  const operation = 'LocalSecrets.get';
  await database.write(operation, (db) => {
    db.prepare('INSERT INTO local_secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING').run(name, fresh);
  });
  const row = database.read(operation, (db) => db.prepare('SELECT value FROM local_secrets WHERE name = ?').get(name));
  if (typeof row?.['value'] !== 'string') throw new PortError('internal', operation);
  return row['value'];
}
