import type { OrderEvent } from '../domain/events.ts';
import type { Order, OrderStatus } from '../domain/order.ts';
import type { OperatorsStatus } from '../domain/rules.ts';
import type { Page, PageRequest } from './page.ts';

/** One customer's or one restaurant's orders. */
export type OrderScope =
  | { readonly customerId: string; readonly restaurantId?: never }
  | { readonly restaurantId: string; readonly customerId?: never };

/** Exactly one scope with or without a status, or one of the few statuses alone, over everybody's orders. */
export type OrderQuery =
  | (OrderScope & { readonly status?: OrderStatus })
  | { readonly status: OperatorsStatus; readonly customerId?: never; readonly restaurantId?: never };

/**
 * Orders, each saved together with its events.
 *
 * - Every write is atomic: the order, its events and the change that the relay will see, or nothing at all.
 * - Every write is durable when its promise resolves. After `unavailable` or `deadline-exceeded` it may have happened.
 * - Every committed write reaches the relay as one `OrderChange`, at least once, in any order.
 * - `get` reads what was last committed; `list`, `due`, `swept` and `changedSince` may lag behind.
 * - Nothing here retries: the caller does.
 */
export interface OrderStore {
  /** Saves a new order. Of any number of calls with one id exactly one succeeds; the others fail with `conflict`. */
  create(order: Order, events: readonly OrderEvent[]): Promise<void>;

  get(id: string): Promise<Order | undefined>;

  /**
   * `order.revision` is one more than `expectedRevision`, always.
   *
   * Replaces the order if its stored revision is `expectedRevision`, and fails with `conflict` if it is another or the
   * order does not exist. Of any number of calls with one expected revision exactly one succeeds.
   */
  save(order: Order, events: readonly OrderEvent[], expectedRevision: number): Promise<void>;

  /**
   * Newest first by (`createdAt`, `id`). A page may hold fewer than `limit` orders and still have a cursor. An order that
   * is inserted, or changed without leaving the query, never makes another be shown twice or be left out. A cursor from
   * another query, or one that was tampered with, fails with `invalid-argument`.
   */
  list(query: OrderQuery, page: PageRequest): Promise<Page<Order>>;

  /** Up to `limit` orders whose position is due at or before `before` (epoch milliseconds), the longest due first. */
  due(before: number, limit: number): Promise<readonly Order[]>;

  /** Up to `limit` orders that the sweeper has started again and that have not got on since (`position.sweeps`), the next due first. */
  swept(limit: number): Promise<readonly Order[]>;

  /**
   * Every order whose `updatedAt` is at or after `since` (epoch milliseconds) when the walk begins, each at least once, in no
   * promised order, also while others are written. One that comes to be so during the walk may be missing: the write that
   * made it so reaches the relay by itself. A page may hold fewer than `limit` orders, or none, and still have a cursor. A
   * cursor of another `since` or of `list`, or one that was tampered with, fails with `invalid-argument`.
   *
   * Walks all orders there are, a piece for each page: for making good what was lost, not for daily use.
   */
  changedSince(since: number, page: PageRequest): Promise<Page<Order>>;
}
