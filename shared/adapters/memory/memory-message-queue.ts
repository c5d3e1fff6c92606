import { randomBytes, randomUUID } from 'node:crypto';
import TinyQueue from 'tinyqueue';
import { type Cursors, signedCursors } from '../../ports/cursor.ts';
import type { DeadLetter, DeadLetters } from '../../ports/dead-letters.ts';
import type { Message, MessageQueue, NewMessage } from '../../ports/message-queue.ts';
import { PortError } from '../../ports/port-error.ts';
import { keysetPage } from './keyset-page.ts';

export interface MemoryMessageQueueOptions {
  /** Called when messages were added or given back, to wake whoever waits for the next one. It must not throw. */
  readonly onEnqueue?: () => void;
  readonly newId?: () => string;
}

/** A queue and its dead letters, which last as long as the process. Bodies are kept as JSON, as they are elsewhere. */
export function memoryMessageQueue(options: MemoryMessageQueueOptions = {}): {
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
} {
  const state: State = {
    waiting: new TinyQueue<Stored>([], soonestFirst),
    held: new Map(),
    lastMessage: 0,
    letters: new Map(),
    lastLetter: 0,
    newId: options.newId ?? randomUUID,
    wake: options.onEnqueue ?? (() => undefined),
  };
  return { queue: queueOf(state), deadLetters: deadLettersOf(state) };
}

interface State {
  readonly waiting: TinyQueue<Stored>;
  /** By id. */
  readonly held: Map<string, Stored>;
  lastMessage: number;
  readonly letters: Map<string, BuriedMessage>;
  lastLetter: number;
  readonly newId: () => string;
  readonly wake: () => void;
}

interface Stored extends Omit<Message, 'body'> {
  /** Grows with every message: the order of those that fall due together. */
  readonly number: number;
  readonly bodyText: string;
}

interface BuriedMessage {
  readonly number: number;
  readonly message: Stored;
  readonly failedAt: number;
  readonly error: string;
}

interface LetterPosition {
  readonly failedAt: number;
  readonly number: number;
}

function queueOf(state: State): MessageQueue {
  const { waiting, held, letters } = state;
  return {
    async enqueue(added) {
      const stored = added.map((message) => newStored(state, message));
      for (const message of stored) waiting.push(message);
      if (stored.length > 0) state.wake();
    },
    async take(now, limit) {
      const taken: Stored[] = [];
      while (taken.length < limit && (waiting.peek()?.dueAt ?? Number.POSITIVE_INFINITY) <= now) {
        const message = waiting.pop();
        if (message) taken.push(message);
      }
      for (const message of taken) held.set(message.id, message);
      return taken.map(messageOf);
    },
    async done(id) {
      held.delete(id);
    },
    async retry(id, dueAt) {
      const message = held.get(id);
      if (!message) return;
      held.delete(id);
      waiting.push({ ...message, dueAt, attempts: message.attempts + 1 });
      state.wake();
    },
    async bury(id, failedAt, error) {
      const message = held.get(id);
      if (!message) return;
      held.delete(id);
      state.lastLetter += 1;
      const tried = { ...message, attempts: message.attempts + 1 };
      letters.set(id, { number: state.lastLetter, message: tried, failedAt, error });
    },
    async nextDueAt() {
      return waiting.peek()?.dueAt;
    },
  };
}

function deadLettersOf(state: State): DeadLetters {
  const { letters, waiting } = state;
  const cursors: Cursors<LetterPosition> = signedCursors('DeadLetters.list', randomBytes(32));
  return {
    async list({ queue, orderId }, { limit, cursor }) {
      const query = { queue, orderId };
      const after = cursors.read(query, cursor);
      const matching = [...letters.values()]
        .filter(({ message }) => queue === undefined || message.queue === queue)
        .filter(({ message }) => orderId === undefined || message.orderId === orderId);
      const { items, last } = keysetPage<BuriedMessage, LetterPosition>(matching, {
        limit,
        after,
        compare: oldestFirst,
      });
      const nextCursor = last ? cursors.write(query, { failedAt: last.failedAt, number: last.number }) : null;
      return { items: items.map(letterOf), nextCursor };
    },
    async get(id) {
      const letter = letters.get(id);
      return letter && letterOf(letter);
    },
    async redrive(id) {
      const letter = letters.get(id);
      if (!letter) return false;
      letters.delete(id);
      const dueAt = Math.max(letter.message.dueAt, letter.failedAt);
      waiting.push({ ...letter.message, ...identity(state), dueAt, attempts: 0 });
      state.wake();
      return true;
    },
  };
}

function newStored(state: State, { queue, orderId, body, dueAt, correlationId }: NewMessage): Stored {
  const bodyText: string | undefined = JSON.stringify(body);
  if (bodyText === undefined) {
    throw new PortError('invalid-argument', 'MessageQueue.enqueue', { message: 'a body must be JSON' });
  }
  return { ...identity(state), queue, orderId, bodyText, dueAt, correlationId, attempts: 0 };
}

function identity(state: State): Pick<Stored, 'id' | 'number'> {
  state.lastMessage += 1;
  return { id: state.newId(), number: state.lastMessage };
}

function messageOf({ bodyText, number: _, ...facts }: Stored): Message {
  return { ...facts, body: JSON.parse(bodyText) };
}

function letterOf({ message, error, failedAt }: BuriedMessage): DeadLetter {
  const { id, queue, orderId, body, attempts, correlationId } = messageOf(message);
  return { id, queue, orderId, body, error, attempts, correlationId, failedAt };
}

function soonestFirst(left: Stored, right: Stored): number {
  return left.dueAt - right.dueAt || left.number - right.number;
}

function oldestFirst(left: LetterPosition, right: LetterPosition): number {
  return left.failedAt - right.failedAt || left.number - right.number;
}
