import { expect } from 'vitest';
import { changeOf, type OrderChange } from '../../shared/domain/change.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { after } from '../fixtures.ts';

export interface OrderStoreHarness {
  readonly orders: OrderStore;
  /** Takes and acknowledges every change committed so far, and answers them without repeats. */
  committed(): Promise<readonly OrderChange[]>;
  close(): Promise<void>;
}

/** Opens a store that is empty, and nobody else's. */
export type OpenOrderStore = () => Promise<OrderStoreHarness>;

/** Saves new orders with all of their events, and answers their changes. */
export async function createAll(store: OrderStore, ...orders: readonly Order[]): Promise<readonly OrderChange[]> {
  return Promise.all(
    orders.map(async (order) => {
      const events = eventsAfter(order, 0);
      await store.create(order, events);
      return changeOf(order, events);
    }),
  );
}

/** Saves the order after `command`, and answers it. */
export async function saveAfter(store: OrderStore, order: Order, command: Command): Promise<Order> {
  const next = after(order, command);
  await store.save(next.order, next.events, order.revision);
  return next.order;
}

/** A command that changes any order, and nothing but its events, version and revision. */
export function attention(reason: string): Command {
  return { type: 'raise-attention', reason };
}

/** Takes what was committed, and expects exactly these changes, in any order. */
export async function expectCommitted(
  harness: OrderStoreHarness,
  expected: readonly OrderChange[],
  message?: string,
): Promise<void> {
  expect(sorted(await harness.committed()), message).toStrictEqual(sorted(expected));
}

function sorted(changes: readonly OrderChange[]): readonly OrderChange[] {
  return changes.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}
