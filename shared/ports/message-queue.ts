/**
 * Durable messages for platforms that have no queue of their own. Several queues by name; one reading process.
 *
 * - `enqueue` keeps all of its messages or none, durably, before it resolves.
 * - A message is taken until it is `done` or `bury`ed: after a restart every message that was held is there again.
 * - No order is promised beyond `dueAt`, and no single delivery: consumers drop repeats. Nothing here retries.
 */
export interface MessageQueue {
  enqueue(messages: readonly NewMessage[]): Promise<void>;
  /** Up to `limit` messages due at or before `now`, the longest due first, that this process does not hold yet; held from then on. */
  take(now: number, limit: number): Promise<readonly Message[]>;
  /** Ends a message that was handled. Unknown ids are passed over, here and below. */
  done(id: string): Promise<void>;
  /** Gives a message back, to be taken again at `dueAt`; its attempts grow by one. */
  retry(id: string, dueAt: number, error: string): Promise<void>;
  /** Moves a message to the dead letters, atomically; its attempts grow by one. */
  bury(id: string, failedAt: number, error: string): Promise<void>;
  /** When the next message that is not held falls due; undefined when there is none. */
  nextDueAt(): Promise<number | undefined>;
}

export interface NewMessage {
  readonly queue: string;
  readonly orderId: string;
  readonly body: unknown;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  readonly correlationId: string;
}

export interface Message extends NewMessage {
  readonly id: string;
  /** Deliveries that have failed so far. */
  readonly attempts: number;
}
