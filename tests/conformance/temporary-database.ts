import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../shared/adapters/sqlite/sqlite-database.ts';

export interface TemporaryDatabase {
  /** The file as it is open now; another object after a restart. */
  database(): Database;
  /** Closes the file and opens it again, as a new process would. */
  restart(): Promise<void>;
  /** Closes the file and removes it with its folder. */
  close(): Promise<void>;
}

/** A new database in a folder of its own. */
export function temporaryDatabase(): TemporaryDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'tricloud-orders-'));
  const file = join(folder, 'data.sqlite');
  let current = openDatabase(file);

  return {
    database: () => current,
    async restart() {
      await current.close();
      current = openDatabase(file);
    },
    async close() {
      await current.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
