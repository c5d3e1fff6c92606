import type { Money } from '../domain/money.ts';

/** One payment in the books. `state` says where it stands; the other fields say how it came there. */
export interface LedgerEntry {
  readonly reference: string;
  readonly orderId: string;
  readonly amount: Money;
  readonly paymentMethod: string;
  readonly state: 'open' | 'charged' | 'sealed' | 'refunded';
  /** Confirms that reached the issuer. */
  readonly attempts: number;
  /** What the issuer said last, when it said no. */
  readonly declineCode?: string;
  readonly transactionId?: string;
  readonly refundId?: string;
  /** Epoch milliseconds, here and below. */
  readonly openedAt: number;
  readonly chargedAt?: number;
  readonly sealedAt?: number;
  readonly refundedAt?: number;
}

/** Money that really moved. Movements are only ever added, whatever the entries' states say. */
export interface Movement {
  readonly kind: 'charge' | 'refund';
  readonly reference: string;
  readonly orderId: string;
  readonly amount: Money;
  readonly at: number;
}

/** An entry with its place in the books: a later one has a higher number, and none ever changes. */
export interface PlacedEntry {
  readonly place: number;
  readonly entry: LedgerEntry;
}

/** What comes of an update. An `entry` takes the old one's place, a `movement` is added; what is left out is not written. */
export interface LedgerUpdate<Answer> {
  readonly answer: Answer;
  readonly entry?: LedgerEntry;
  readonly movement?: Movement;
}

/**
 * The books of the simulated payment gateway. They stand for the provider's own database: the platform never reads them to
 * decide anything, only people and tests look inside.
 *
 * - Writes are durable when they resolve. Nothing here retries.
 * - `update` is atomic: no other write of the same entry comes between what `change` is given and what it answers, and the
 *   entry and its movement are written together or not at all.
 */
export interface PaymentLedger {
  /** Adds an entry; a reference that is taken fails with `conflict`. */
  insert(entry: LedgerEntry): Promise<void>;
  get(reference: string): Promise<LedgerEntry | undefined>;
  /** The latest entries, newest first, up to `limit`; with `before`, those that were added before that place. */
  latest(limit: number, before?: number): Promise<readonly PlacedEntry[]>;
  /** The order's entries, oldest first. */
  byOrder(orderId: string): Promise<readonly LedgerEntry[]>;
  /** Answers what `change` answers; undefined, without calling it, for an unknown reference. `change` has no effects. */
  update<Answer>(reference: string, change: (entry: LedgerEntry) => LedgerUpdate<Answer>): Promise<Answer | undefined>;
  /** Everything that moved, oldest first; with `orderId`, of that order. */
  movements(orderId?: string): Promise<readonly Movement[]>;
}
