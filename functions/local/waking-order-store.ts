import type { OrderStore } from '../../shared/ports/order-store.ts';

/** The same store, which says so when it has, or may have, committed something for the relay. */
export function wakingOrderStore(orders: OrderStore, wake: () => void): OrderStore {
  return {
    ...orders,
    create: (order, events) => orders.create(order, events).finally(wake),
    // Also after a failure: a write that nobody got an answer to may have happened.
    save: (order, events, expectedRevision) => orders.save(order, events, expectedRevision).finally(wake),
  };
}
