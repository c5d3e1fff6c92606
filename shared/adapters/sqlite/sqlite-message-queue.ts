import { randomUUID } from 'node:crypto';
import type { SQLOutputValue } from 'node:sqlite';
import type { DeadLetters } from '../../ports/dead-letters.ts';
import type { Message, MessageQueue, NewMessage } from '../../ports/message-queue.ts';
import { PortError } from '../../ports/port-error.ts';
import { fromBody } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import type { Database } from './sqlite-database.ts';
import { sqliteDeadLetters } from './sqlite-dead-letters.ts';

export interface SqliteMessageQueueOptions {
  readonly database: Database;
  /** Called when messages were added or given back, to wake whoever waits for the next one. It must not throw. */
  readonly onEnqueue?: () => void;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    order_id TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at REAL NOT NULL,
    correlation_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at, number);`;

const INSERT = `
  INSERT INTO messages (id, queue, order_id, body, due_at, correlation_id, attempts) VALUES (?, ?, ?, ?, ?, ?, 0)`;
const DUE = 'SELECT * FROM messages WHERE due_at <= ? ORDER BY due_at, number LIMIT ?';
const NEXT = 'SELECT id, due_at FROM messages ORDER BY due_at, number LIMIT ?';
const DELETE = 'DELETE FROM messages WHERE id = ?';
const RETRY = 'UPDATE messages SET due_at = ?, attempts = attempts + 1, last_error = ? WHERE id = ?';
const BURY = `
  INSERT INTO dead_letters (id, queue, order_id, body, due_at, correlation_id, attempts, failed_at, error)
  SELECT id, queue, order_id, body, due_at, correlation_id, attempts + 1, ?, ? FROM messages WHERE id = ?`;

/**
 * Messages and dead letters in the tables of one file. Which messages are held is known to the process alone, so nothing is
 * written to take one, and a restart finds all of them again. A message is let go only once its end is committed.
 */
export function sqliteMessageQueue({ database, onEnqueue }: SqliteMessageQueueOptions): {
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
} {
  database.migrate('messages', TABLES);
  const wake = onEnqueue ?? (() => undefined);
  const deadLetters = sqliteDeadLetters({ database, onRedrive: wake });
  return { queue: queueOf(database, wake), deadLetters };
}

function queueOf(database: Database, wake: () => void): MessageQueue {
  const held = new Set<string>();
  const statement = preparedStatements();
  return {
    async enqueue(messages) {
      if (messages.length === 0) return;
      const rows = messages.map(rowOf);
      await database.write('MessageQueue.enqueue', (db) => {
        for (const row of rows) statement(db, INSERT).run(...row);
      });
      wake();
    },
    async take(now, limit) {
      // As many more as may have to be passed over.
      const rows = database.read('MessageQueue.take', (db) => statement(db, DUE).all(now, limit + held.size));
      const taken = rows.filter((row) => !held.has(String(row['id']))).slice(0, limit);
      for (const row of taken) held.add(String(row['id']));
      return taken.map(messageOf);
    },
    async done(id) {
      await database.write('MessageQueue.done', (db) => statement(db, DELETE).run(id));
      held.delete(id);
    },
    async retry(id, dueAt, error) {
      await database.write('MessageQueue.retry', (db) => statement(db, RETRY).run(dueAt, error, id));
      held.delete(id);
      wake();
    },
    async bury(id, failedAt, error) {
      await database.write('MessageQueue.bury', (db) => {
        statement(db, BURY).run(failedAt, error, id);
        statement(db, DELETE).run(id);
      });
      held.delete(id);
    },
    async nextDueAt() {
      const rows = database.read('MessageQueue.nextDueAt', (db) => statement(db, NEXT).all(held.size + 1));
      const next = rows.find((row) => !held.has(String(row['id'])));
      return next && Number(next['due_at']);
    },
  };
}

type MessageRow = [id: string, queue: string, orderId: string, body: string, dueAt: number, correlationId: string];

function rowOf({ queue, orderId, body, dueAt, correlationId }: NewMessage): MessageRow {
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) {
    throw new PortError('invalid-argument', 'MessageQueue.enqueue', { message: 'a body must be JSON' });
  }
  return [randomUUID(), queue, orderId, text, dueAt, correlationId];
}

function messageOf(row: Record<string, SQLOutputValue>): Message {
  return {
    id: String(row['id']),
    queue: String(row['queue']),
    orderId: String(row['order_id']),
    body: fromBody(row),
    dueAt: Number(row['due_at']),
    correlationId: String(row['correlation_id']),
    attempts: Number(row['attempts']),
  };
}
