import type { PaymentRecord } from '../domain/payment-record.ts';
import type { Page, PageRequest } from './page.ts';

/** Payments that were opened from `since` to `until`, both included (epoch milliseconds). */
export interface RecordWindow {
  readonly since: number;
  readonly until: number;
}

/**
 * The payment provider's own books, to compare the orders with. They are read by id and by time, never by a search that lags.
 * Changes nothing; nothing here retries.
 */
export interface PaymentRecords {
  /**
   * Every payment that was opened in the window, each at least once, newest first. A page may hold fewer than `limit`, or none,
   * and still have a cursor. A cursor that is not one of this list fails with `invalid-argument`.
   */
  list(window: RecordWindow, page: PageRequest): Promise<Page<PaymentRecord>>;
  /** The payment as it is now; undefined when the provider knows none of that reference. */
  get(reference: string): Promise<PaymentRecord | undefined>;
}
