import type { SQLOutputValue } from 'node:sqlite';
import { signedCursors } from '../../ports/cursor.ts';
import type { DeadLetter, DeadLetterQuery, DeadLetters } from '../../ports/dead-letters.ts';
import { fromBody } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import { cursorKey } from './sqlite-cursor-key.ts';
import type { Database } from './sqlite-database.ts';

export interface SqliteDeadLettersOptions {
  /** Where the table of messages is, too. */
  readonly database: Database;
  /** Called with each message that was put back on its queue. It must not throw. */
  readonly onRedrive: (message: { readonly number: number; readonly dueAt: number }) => void;
}

interface LetterPosition {
  readonly failedAt: number;
  readonly number: number;
}

/** Numbers are never given twice: a cursor stands behind one that may be gone. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    order_id TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at REAL NOT NULL,
    correlation_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failed_at REAL NOT NULL,
    error TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS dead_letters_by_time ON dead_letters (failed_at, number);
  CREATE INDEX IF NOT EXISTS dead_letters_by_queue ON dead_letters (queue, failed_at, number);
  CREATE INDEX IF NOT EXISTS dead_letters_by_order ON dead_letters (order_id, failed_at, number);`;

const GET = 'SELECT * FROM dead_letters WHERE id = ?';
const DELETE = 'DELETE FROM dead_letters WHERE id = ?';
/** A fresh message. It is due since the old one failed: it does not overtake what fell due before that. */
const REDRIVE = `
  INSERT INTO messages (queue, order_id, body, due_at, correlation_id, attempts)
  SELECT queue, order_id, body, MAX(due_at, failed_at), correlation_id, 0 FROM dead_letters WHERE id = ?
  RETURNING number, due_at`;

/** The dead letters of `sqliteMessageQueue`, which puts them here in the transaction that takes them off their queue. */
export function sqliteDeadLetters({ database, onRedrive }: SqliteDeadLettersOptions): DeadLetters {
  database.migrate('dead letters', TABLES);
  const statement = preparedStatements();
  const cursors = signedCursors<LetterPosition>('DeadLetters.list', cursorKey(database));
  return {
    async list(asked, { limit, cursor }) {
      const query = filters(asked);
      const parameters = { ...query, ...cursors.read(query, cursor), oneMore: limit + 1 };
      const rows = database.read('DeadLetters.list', (db) => statement(db, listStatement(parameters)).all(parameters));
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      const nextCursor = last && rows.length > limit ? cursors.write(query, positionOf(last)) : null;
      return { items: shown.map(letterOf), nextCursor };
    },
    async get(id) {
      const row = database.read('DeadLetters.get', (db) => statement(db, GET).get(id));
      return row && letterOf(row);
    },
    async redrive(id) {
      const message = await database.write('DeadLetters.redrive', (db) => {
        const row = statement(db, REDRIVE).get(id);
        statement(db, DELETE).run(id);
        return row && { number: Number(row['number']), dueAt: Number(row['due_at']) };
      });
      if (message) onRedrive(message);
      return message !== undefined;
    },
  };
}

/** The filters that are there, and nothing else. */
function filters({ queue, orderId }: DeadLetterQuery) {
  return { ...(queue !== undefined && { queue }), ...(orderId !== undefined && { orderId }) };
}

/** One of eight statements, by the parameters there are: each is a walk along one index. */
function listStatement(parameters: DeadLetterQuery & Partial<LetterPosition>): string {
  const conditions = [
    ...('queue' in parameters ? ['queue = :queue'] : []),
    ...('orderId' in parameters ? ['order_id = :orderId'] : []),
    ...('number' in parameters ? ['(failed_at, number) > (:failedAt, :number)'] : []),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return `SELECT * FROM dead_letters ${where} ORDER BY failed_at, number LIMIT :oneMore`;
}

function positionOf(row: Record<string, SQLOutputValue>): LetterPosition {
  return { failedAt: Number(row['failed_at']), number: Number(row['number']) };
}

function letterOf(row: Record<string, SQLOutputValue>): DeadLetter {
  return {
    id: String(row['id']),
    queue: String(row['queue']),
    orderId: String(row['order_id']),
    body: fromBody(row),
    error: String(row['error']),
    attempts: Number(row['attempts']),
    correlationId: String(row['correlation_id']),
    failedAt: Number(row['failed_at']),
  };
}
