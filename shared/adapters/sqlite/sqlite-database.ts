import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isPortError, PortError } from '../../ports/port-error.ts';
import { connectExclusively } from './sqlite-connection.ts';
import { asPortError } from './sqlite-errors.ts';

export interface DatabaseOptions {
  /** Called after every committed batch of writes, whoever wrote; it must not throw. */
  readonly onWrite?: () => void;
}

/**
 * One SQLite file that this process alone uses, for adapters to build on.
 *
 * SQLite's errors come out as PortErrors of the given operation: a full disk as `resource-exhausted`, a busy file or a
 * failed read or write as `unavailable`, anything else as `internal`. Other errors of a closure come out as they are.
 */
export interface Database {
  /**
   * Runs `fn`, which must be synchronous, together with the other writes of this turn of the event loop in one
   * transaction, in the order of the calls. Resolves when that is committed and synced to the disk. A closure that throws
   * is undone alone and fails only its own promise. Where the transaction itself fails, nothing of it is kept and all
   * its writes fail. `fn` has no effects but on `db`: it is undone and run again when another one of its batch throws.
   * `committed` is called right after the commit, before anybody can read: what is kept in memory of the file belongs there.
   */
  write<T>(operation: string, fn: (db: DatabaseSync) => T, committed?: () => void): Promise<T>;

  /** Runs `fn` at once. It sees what is committed and nothing else. Also the place to prepare statements. */
  read<T>(operation: string, fn: (db: DatabaseSync) => T): T;

  /**
   * Runs SQL at once, in a transaction of its own: for a component to make the tables it needs when it is constructed.
   * Statements must be repeatable (`CREATE TABLE IF NOT EXISTS`).
   */
  migrate(component: string, statements: string): void;

  /** Finishes the writes that are queued, moves the log into the file and lets go of it. Later calls fail. Repeatable. */
  close(): Promise<void>;
}

interface QueuedWrite {
  readonly operation: string;
  /** Runs the closure, and answers how to settle its promise once the batch is committed. */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds how long one batch keeps the event loop. */
const MAX_BATCH = 500;

/**
 * Opens `file`, making it and its folders where they are missing, and keeps everybody else out until `close` or the end of
 * the process. Fails with `conflict` while somebody else uses the file, and with `invalid-argument` for a file that is not a
 * SQLite database or was written by newer code; then the file is left as it was.
 */
export function openDatabase(file: string, { onWrite }: DatabaseOptions = {}): Database {
  const db = connectExclusively(file);
  const commitBatch = batchCommitter(db);
  const queue: QueuedWrite[] = [];

  function flush(): void {
    if (queue.length === 0) return;
    const batch = queue.splice(0, MAX_BATCH);
    if (queue.length > 0) setImmediate(flush);
    if (commitBatch(batch)) onWrite?.();
  }

  function requireOpen(operation: string): void {
    if (!db.isOpen) throw new PortError('unavailable', operation, { message: `${file} is closed` });
  }

  return {
    async write<T>(operation: string, fn: (db: DatabaseSync) => T, committed?: () => void): Promise<T> {
      requireOpen(operation);
      return await new Promise<T>((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush);
        queue.push({ operation, reject, run: () => settlement(resolve, fn(db), committed) });
      });
    },

    read(operation, fn) {
      requireOpen(operation);
      return translated(operation, () => fn(db));
    },

    migrate(component, statements) {
      const operation = `Database.migrate ${component}`;
      requireOpen(operation);
      translated(operation, () => inTransaction(db, () => db.exec(statements)));
    },

    async close() {
      while (queue.length > 0) flush();
      if (db.isOpen) db.close();
    },
  };
}

function settlement<T>(resolve: (value: T) => void, value: T, committed?: () => void): () => void {
  return () => {
    committed?.();
    resolve(value);
  };
}

function translated<T>(operation: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asPortError(operation, error);
  }
}

/** Runs a batch in one transaction and settles all of its promises; true when it was committed. */
function batchCommitter(db: DatabaseSync): (batch: readonly QueuedWrite[]) => boolean {
  const savepoint = savepoints(db);
  return (batch) => {
    try {
      const settlements = runTogether(db, batch) ?? inTransaction(db, () => runApart(db, savepoint, batch));
      for (const settle of settlements) settle();
      return true;
    } catch (error) {
      // Also for closures that failed by themselves: what they saw of the others has never been.
      for (const { operation, reject } of batch) reject(batchFailure(operation, error));
      return false;
    }
  };
}

/**
 * Commits a batch in which no closure throws, which is nearly every one. Undefined, and undone, when one does. Savepoints for
 * each write would cost as much as the writes.
 */
function runTogether(db: DatabaseSync, batch: readonly QueuedWrite[]): (() => void)[] | undefined {
  let thrown = false;
  try {
    return inTransaction(db, () =>
      batch.map(({ run }) => {
        thrown = true;
        const settle = run();
        thrown = false;
        return settle;
      }),
    );
  } catch (error) {
    if (thrown) return undefined;
    throw error;
  }
}

/** Runs each write of a batch in a savepoint of its own, so that one that throws is undone alone. */
function runApart(db: DatabaseSync, savepoint: Savepoint, batch: readonly QueuedWrite[]): (() => void)[] {
  return batch.map((write) => attempt(db, savepoint, write));
}

function batchFailure(operation: string, error: unknown): PortError {
  const failure = asPortError(operation, error);
  return isPortError(failure) ? failure : new PortError('internal', operation, { cause: error });
}

interface Savepoint {
  readonly begin: StatementSync;
  readonly undo: StatementSync;
  readonly end: StatementSync;
}

function savepoints(db: DatabaseSync): Savepoint {
  return {
    begin: db.prepare('SAVEPOINT one_write'),
    undo: db.prepare('ROLLBACK TO one_write'),
    end: db.prepare('RELEASE one_write'),
  };
}

function attempt(db: DatabaseSync, savepoint: Savepoint, write: QueuedWrite): () => void {
  savepoint.begin.run();
  try {
    const settle = write.run();
    savepoint.end.run();
    return settle;
  } catch (error) {
    // On some errors SQLite undoes the whole transaction by itself, and then there is no savepoint to go back to.
    if (!db.isTransaction) throw error;
    savepoint.undo.run();
    savepoint.end.run();
    return () => write.reject(asPortError(write.operation, error));
  }
}

function inTransaction<T>(db: DatabaseSync, run: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
