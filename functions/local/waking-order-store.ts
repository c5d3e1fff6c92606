import type { OrderStore } from '../../shared/ports/order-store.ts';

/** The same store, which says so when it has committed something for the relay. */
export function wakingOrderStore(orders: OrderStore, wake: () => void): OrderStore {
  return {
    ...orders,
    async create(order, events) {
      await orders.create(order, events);
      wake();
    },
    async save(order, events, expectedRevision) {
      await orders.save(order, events, expectedRevision);
      wake();
    },
  };
}
