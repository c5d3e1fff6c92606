import type { SQLOutputValue } from 'node:sqlite';
import TinyQueue from 'tinyqueue';
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

/** Which message falls due when; the file has the rest of it. */
export interface DueMessage {
  readonly number: number;
  readonly dueAt: number;
}

/** Numbers are never given twice: a dead letter keeps the id of its message. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    order_id TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at REAL NOT NULL,
    correlation_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT
  ) STRICT;`;

const INSERT = `
  INSERT INTO messages (queue, order_id, body, due_at, correlation_id, attempts) VALUES (?, ?, ?, ?, ?, 0)`;
const ALL = 'SELECT number, due_at FROM messages';
const LOAD = 'SELECT * FROM messages WHERE number IN (SELECT value FROM json_each(?))';
const DELETE = 'DELETE FROM messages WHERE number = ?';
const RETRY = 'UPDATE messages SET due_at = ?, attempts = attempts + 1, last_error = ? WHERE number = ?';
const BURY = `
  INSERT INTO dead_letters (id, queue, order_id, body, due_at, correlation_id, attempts, failed_at, error)
  SELECT 'msg-' || number, queue, order_id, body, due_at, correlation_id, attempts + 1, ?, ?
  FROM messages WHERE number = ?`;

/**
 * Messages and dead letters in the tables of one file. When each message falls due, and which are held, is known to the process
 * alone, which reads it from the file at its start: so nothing is written to take a message, and no index has to be kept. A
 * message is let go only once its end is committed.
 */
export function sqliteMessageQueue({ database, onEnqueue }: SqliteMessageQueueOptions): {
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
} {
  database.migrate('messages', TABLES);
  const waiting = new TinyQueue<DueMessage>(allMessages(database), soonestFirst);
  const add = (messages: readonly DueMessage[]): void => {
    for (const message of messages) waiting.push(message);
    onEnqueue?.();
  };
  const deadLetters = sqliteDeadLetters({ database, onRedrive: (message) => add([message]) });
  return { queue: queueOf(database, waiting, add), deadLetters };
}

function queueOf(
  database: Database,
  waiting: TinyQueue<DueMessage>,
  add: (messages: readonly DueMessage[]) => void,
): MessageQueue {
  const held = new Set<number>();
  const statement = preparedStatements();

  /** Those that are due, and in the file as they are known here. */
  function load(due: readonly DueMessage[]): readonly Message[] {
    const numbers = JSON.stringify(due.map(({ number }) => number));
    const rows = database.read('MessageQueue.take', (db) => statement(db, LOAD).all(numbers));
    const byNumber = new Map(rows.map((row) => [Number(row['number']), row]));
    return due.flatMap(({ number, dueAt }) => {
      const row = byNumber.get(number);
      return row && Number(row['due_at']) === dueAt ? [messageOf(row)] : [];
    });
  }

  return {
    async enqueue(messages) {
      if (messages.length === 0) return;
      const rows = messages.map(rowOf);
      const dueAts = messages.map(({ dueAt }) => dueAt);
      const numbers = await database.write('MessageQueue.enqueue', (db) =>
        rows.map((row) => Number(statement(db, INSERT).run(...row).lastInsertRowid)),
      );
      add(numbers.map((number, index) => ({ number, dueAt: dueAts[index] ?? 0 })));
    },
    async take(now, limit) {
      const due = takeDue(waiting, held, now, limit);
      if (due.length === 0) return [];
      try {
        const messages = load(due);
        for (const { id } of messages) held.add(numberOf(id));
        return messages;
      } catch (error) {
        for (const message of due) waiting.push(message);
        throw error;
      }
    },
    async done(id) {
      const number = numberOf(id);
      await database.write('MessageQueue.done', (db) => statement(db, DELETE).run(number));
      held.delete(number);
    },
    async retry(id, dueAt, error) {
      const number = numberOf(id);
      const { changes } = await database.write('MessageQueue.retry', (db) =>
        statement(db, RETRY).run(dueAt, error, number),
      );
      held.delete(number);
      if (changes === 1) add([{ number, dueAt }]);
    },
    async bury(id, failedAt, error) {
      const number = numberOf(id);
      await database.write('MessageQueue.bury', (db) => {
        statement(db, BURY).run(failedAt, error, number);
        statement(db, DELETE).run(number);
      });
      held.delete(number);
    },
    async nextDueAt() {
      return waiting.peek()?.dueAt;
    },
  };
}

function allMessages(database: Database): DueMessage[] {
  const rows = database.read('MessageQueue.open', (db) => db.prepare(ALL).all());
  return rows.map((row) => ({ number: Number(row['number']), dueAt: Number(row['due_at']) }));
}

/** Up to `limit` messages that are due and not held, off the heap. */
function takeDue(waiting: TinyQueue<DueMessage>, held: ReadonlySet<number>, now: number, limit: number): DueMessage[] {
  const due: DueMessage[] = [];
  while (due.length < limit && (waiting.peek()?.dueAt ?? Number.POSITIVE_INFINITY) <= now) {
    const message = waiting.pop();
    if (message && !held.has(message.number)) due.push(message);
  }
  return due;
}

function soonestFirst(left: DueMessage, right: DueMessage): number {
  return left.dueAt - right.dueAt || left.number - right.number;
}

/** The number behind an id; one that no message has for anything that is not an id. */
function numberOf(id: string): number {
  return /^msg-\d{1,15}$/.test(id) ? Number(id.slice('msg-'.length)) : -1;
}

type MessageRow = [queue: string, orderId: string, body: string, dueAt: number, correlationId: string];

function rowOf({ queue, orderId, body, dueAt, correlationId }: NewMessage): MessageRow {
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) {
    throw new PortError('invalid-argument', 'MessageQueue.enqueue', { message: 'a body must be JSON' });
  }
  return [queue, orderId, text, dueAt, correlationId];
}

function messageOf(row: Record<string, SQLOutputValue>): Message {
  return {
    id: `msg-${row['number']}`,
    queue: String(row['queue']),
    orderId: String(row['order_id']),
    body: fromBody(row),
    dueAt: Number(row['due_at']),
    correlationId: String(row['correlation_id']),
    attempts: Number(row['attempts']),
  };
}
