/**
 * Remembers what a consumer has done, so that a repeat does nothing. Check, act, record: in that order, so that a crash
 * repeats an effect and never loses one.
 */
export interface Inbox {
  /** Reads what was last recorded. */
  seen(consumer: string, key: string): Promise<boolean>;
  /** Durable when it resolves; recording twice is fine. Kept for at least 30 days. */
  record(consumer: string, key: string): Promise<void>;
}
