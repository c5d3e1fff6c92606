import type { Page, PageRequest } from './page.ts';

/** A message that its consumer could not handle, with what somebody needs to find out why. */
export interface DeadLetter {
  readonly id: string;
  /** The queue it came from: a consumer's name, or `segments`. */
  readonly queue: string;
  readonly orderId: string;
  /** The message as it was delivered. */
  readonly body: unknown;
  readonly error: string;
  readonly attempts: number;
  readonly correlationId: string;
  readonly failedAt: number;
}

export interface DeadLetterQuery {
  readonly queue?: string;
  readonly orderId?: string;
}

/** Messages that were given up on. None is ever dropped. */
export interface DeadLetters {
  /** Oldest first. A cursor of another query fails with `invalid-argument`. */
  list(query: DeadLetterQuery, page: PageRequest): Promise<Page<DeadLetter>>;
  get(id: string): Promise<DeadLetter | undefined>;
  /**
   * Puts the message back on its queue, as a fresh one that fell due when the old one failed, and takes it off this list, atomically where the platform can and
   * in that order where it cannot. False when there is no such letter (any more).
   */
  redrive(id: string): Promise<boolean>;
}
