import { describe, expect, it } from 'vitest';
import { wakingOrderStore } from '../../functions/local/waking-order-store.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { anOrder, after as command } from '../fixtures.ts';

/** A store whose writes are committed and then say that nobody knows. */
function silent(inner: OrderStore): OrderStore {
  const unknown = new PortError('deadline-exceeded', 'OrderStore.save');
  return {
    ...inner,
    async create(order, events) {
      await inner.create(order, events);
      throw unknown;
    },
    async save(order, events, expectedRevision) {
      await inner.save(order, events, expectedRevision);
      throw unknown;
    },
  };
}

describe('a store that wakes the pump', () => {
  it.each([
    ['that is committed', (inner: OrderStore) => inner],
    ['of which nobody knows whether it was committed', silent],
  ])('does so after each write %s', async (_, wrap) => {
    const { orders } = memoryOrderStore();
    const seen: (number | undefined)[] = [];
    const order = anOrder();
    const store = wakingOrderStore(
      wrap(orders),
      () => void orders.get(order.id).then((now) => seen.push(now?.revision)),
    );
    await store.create(order, eventsAfter(order, 0)).catch(() => undefined);
    const next = command(order, { type: 'cancel', by: 'customer:alice' });
    await store.save(next.order, next.events, 1).catch(() => undefined);
    await store.get(order.id);
    expect(seen).toEqual([1, 2]);
  });

  it('passes on what the store says', async () => {
    const { orders } = memoryOrderStore();
    const store = wakingOrderStore(orders, () => undefined);
    const order = anOrder();
    await store.create(order, eventsAfter(order, 0));
    await expect(store.create(order, eventsAfter(order, 0))).rejects.toMatchObject({ code: 'conflict' });
    await expect(store.save(order, [], 7)).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.get(order.id)).toEqual(order);
  });
});
