import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PortError } from '../../ports/port-error.ts';
import { asPortError, SQLITE, sqliteCode } from './sqlite-errors.ts';

/** What this code writes into `PRAGMA user_version`. It grows with every change of the tables that is not an addition. */
const SCHEMA_VERSION = 3;

/** Holds the tables that are written all the time; SQLite's own 2 MB do not. */
const CACHE_KIB = 65_536;
/** The log is moved into the file after this many pages (32 MB). SQLite's own 4 MB writes the same pages again and again. */
const CHECKPOINT_PAGES = 8_000;

const OPERATION = 'Database.open';

/**
 * The one connection to `file`, which it makes with its folders where they are missing. The file stays locked until the
 * connection is closed or the process ends, however it ends.
 *
 * Everything is asked of SQLite and nothing read by `node:fs`: closing any handle of a file drops the process's locks on it.
 */
export function connectExclusively(file: string): DatabaseSync {
  makeFolder(file);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 0 });
    // Before the first read, or SQLite would share the write-ahead log by memory and lock nothing for good.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    refuseOtherSchema(db, file);
    keepPrivate(file);
    useWriteAheadLog(db, file);
    db.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB};`);
    db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`);
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return db;
  } catch (error) {
    db?.close();
    throw openFailure(file, error);
  }
}

function makeFolder(file: string): void {
  const folder = dirname(resolve(file));
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw folderFailure(folder, error);
  }
}

function folderFailure(folder: string, cause: unknown): PortError {
  return new PortError('invalid-argument', OPERATION, { message: `the folder ${folder} cannot be made`, cause });
}

/** It holds addresses and keys. SQLite gives its log the same rights. By path: a handle of ours would drop the locks. */
function keepPrivate(file: string): void {
  if (file !== ':memory:') chmodSync(file, 0o600);
}

/** A file that is new has version 0. */
function refuseOtherSchema(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version === 0 || version === SCHEMA_VERSION) return;
  const [age, help] = version > SCHEMA_VERSION ? ['newer', 'use that'] : ['older', 'use another file'];
  const message = `${file} was written by ${age} code (schema ${version}; this code knows ${SCHEMA_VERSION}): ${help}`;
  throw new PortError('invalid-argument', OPERATION, { message });
}

function useWriteAheadLog(db: DatabaseSync, file: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') throw new PortError('internal', OPERATION, { message: `${file} cannot have a write-ahead log` });
}

function openFailure(file: string, cause: unknown): unknown {
  switch (sqliteCode(cause)) {
    case SQLITE.busy:
    case SQLITE.locked:
      return new PortError('conflict', OPERATION, { message: `another process uses ${file}`, cause });
    case SQLITE.notADatabase:
      return new PortError('invalid-argument', OPERATION, { message: `${file} is not a SQLite database`, cause });
    default:
      return asPortError(`${OPERATION} ${file}`, cause);
  }
}
