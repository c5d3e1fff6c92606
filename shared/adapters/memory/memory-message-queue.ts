import { randomBytes, randomUUID } from 'node:crypto';
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
    messages: new Map(),
    held: new Set(),
    letters: new Map(),
    lastLetter: 0,
    newId: options.newId ?? randomUUID,
    wake: options.onEnqueue ?? (() => undefined),
  };
  return { queue: queueOf(state), deadLetters: deadLettersOf(state) };
}

interface State {
  readonly messages: Map<string, Stored>;
  readonly held: Set<string>;
  readonly letters: Map<string, BuriedMessage>;
  lastLetter: number;
  readonly newId: () => string;
  readonly wake: () => void;
}

interface Stored extends Omit<Message, 'body'> {
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
  const { messages, held, letters } = state;
  const waiting = (): Stored[] =>
    [...messages.values()].filter(({ id }) => !held.has(id)).sort((left, right) => left.dueAt - right.dueAt);
  return {
    async enqueue(added) {
      const stored = added.map((message) => newStored(message, state.newId()));
      for (const message of stored) messages.set(message.id, message);
      if (stored.length > 0) state.wake();
    },
    async take(now, limit) {
      const taken = waiting()
        .filter(({ dueAt }) => dueAt <= now)
        .slice(0, limit);
      for (const { id } of taken) held.add(id);
      return taken.map(messageOf);
    },
    async done(id) {
      messages.delete(id);
      held.delete(id);
    },
    async retry(id, dueAt) {
      const message = messages.get(id);
      if (!message) return;
      messages.set(id, { ...message, dueAt, attempts: message.attempts + 1 });
      held.delete(id);
      state.wake();
    },
    async bury(id, failedAt, error) {
      const message = messages.get(id);
      if (!message) return;
      messages.delete(id);
      held.delete(id);
      state.lastLetter += 1;
      const tried = { ...message, attempts: message.attempts + 1 };
      letters.set(id, { number: state.lastLetter, message: tried, failedAt, error });
    },
    async nextDueAt() {
      return waiting()[0]?.dueAt;
    },
  };
}

function deadLettersOf(state: State): DeadLetters {
  const { letters, messages } = state;
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
      const fresh = { ...letter.message, id: state.newId(), attempts: 0 };
      messages.set(fresh.id, fresh);
      letters.delete(id);
      state.wake();
      return true;
    },
  };
}

function newStored({ queue, orderId, body, dueAt, correlationId }: NewMessage, id: string): Stored {
  const bodyText: string | undefined = JSON.stringify(body);
  if (bodyText === undefined) {
    throw new PortError('invalid-argument', 'MessageQueue.enqueue', { message: 'a body must be JSON' });
  }
  return { id, queue, orderId, bodyText, dueAt, correlationId, attempts: 0 };
}

function messageOf({ bodyText, ...facts }: Stored): Message {
  return { ...facts, body: JSON.parse(bodyText) };
}

function letterOf({ message, error, failedAt }: BuriedMessage): DeadLetter {
  const { id, queue, orderId, body, attempts, correlationId } = messageOf(message);
  return { id, queue, orderId, body, error, attempts, correlationId, failedAt };
}

function oldestFirst(left: LetterPosition, right: LetterPosition): number {
  return left.failedAt - right.failedAt || left.number - right.number;
}
