import { expect, it } from 'vitest';
import { changeOf } from '../../shared/domain/change.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import { after, anOrder, anOrderId } from '../fixtures.ts';
import { freshFor } from './harness.ts';
import { attention, createAll, expectCommitted, type OpenOrderStore, saveAfter } from './order-store.harness.ts';
import { portError, winnersOf } from './races.ts';

const AT_ONCE = 50;

export function orderStoreWritesSuite(open: OpenOrderStore): void {
  const store = freshFor(open);

  it('does not know an order that was never created', async () => {
    expect(await store().orders.get(anOrderId())).toBeUndefined();
  });

  it('reads an order as soon as its creation has resolved', async () => {
    const order = anOrder();
    await createAll(store().orders, order);
    expect(await store().orders.get(order.id)).toStrictEqual(order);
  });

  it('reads an order as it was last saved, as soon as that has resolved', async () => {
    const { orders } = store();
    let order = anOrder();
    await createAll(orders, order);
    for (const reason of ['first', 'second', 'third']) {
      order = await saveAfter(orders, order, attention(reason));
      expect(await orders.get(order.id)).toStrictEqual(order);
    }
  });

  it('keeps orders apart', async () => {
    const { orders } = store();
    const [left, right] = [anOrder(), anOrder()];
    await createAll(orders, left, right);
    const changed = await saveAfter(orders, left, attention('left'));
    expect(await orders.get(left.id)).toStrictEqual(changed);
    expect(await orders.get(right.id)).toStrictEqual(right);
  });

  it('refuses to create an order that exists, and keeps the first with its changes alone', async () => {
    const { orders } = store();
    const first = anOrder();
    const second = { ...first, deliveryAddress: 'somewhere else' };
    const created = await createAll(orders, first);
    await expect(createAll(orders, second)).rejects.toEqual(portError('conflict'));
    expect(await orders.get(first.id)).toStrictEqual(first);
    await expectCommitted(store(), created);
  });

  it('refuses to create an order that exists and has changed since', async () => {
    const { orders } = store();
    const order = anOrder();
    await createAll(orders, order);
    const changed = await saveAfter(orders, order, attention('changed'));
    await expect(createAll(orders, order)).rejects.toEqual(portError('conflict'));
    expect(await orders.get(order.id)).toStrictEqual(changed);
  });

  it('refuses to save an order that does not exist, and leaves nothing of it', async () => {
    const { orders } = store();
    const order = anOrder();
    for (const expectedRevision of [0, 1, 2]) {
      const saved = orders.save({ ...order, revision: 2 }, eventsAfter(order, 0), expectedRevision);
      await expect(saved).rejects.toEqual(portError('conflict'));
    }
    expect(await orders.get(order.id)).toBeUndefined();
    await expectCommitted(store(), []);
  });

  it.each([
    ['behind', -1],
    ['ahead of', 1],
  ])('refuses a save that expects a revision %s the stored one, and leaves nothing of it', async (_, offset) => {
    const { orders } = store();
    const first = anOrder();
    await createAll(orders, first);
    const current = await saveAfter(orders, first, attention('current'));
    await store().committed();
    const { order, events } = after(current, attention('refused'));
    await expect(orders.save(order, events, current.revision + offset)).rejects.toEqual(portError('conflict'));
    expect(await orders.get(first.id)).toStrictEqual(current);
    await expectCommitted(store(), []);
  });

  it(`lets one of ${AT_ONCE} creations of one id win, whole and with its own event`, async () => {
    const { orders } = store();
    const id = anOrderId();
    const rivals = Array.from({ length: AT_ONCE }, (_, index) =>
      anOrder({ id, customerId: `customer-${index}`, deliveryAddress: `${index} Main Street` }),
    );
    const winners = await winnersOf(
      rivals.map((order) => () => createAll(orders, order)),
      'conflict',
    );
    expect(winners).toHaveLength(1);
    const won = rivals.filter((_, index) => winners.includes(index));
    expect([await orders.get(id)]).toStrictEqual(won);
    await expectCommitted(
      store(),
      won.map((order) => changeOf(order, eventsAfter(order, 0))),
    );
  });

  it(`lets one of ${AT_ONCE} saves over one revision win, whole and with its own events`, async () => {
    const { orders } = store();
    const order = anOrder();
    await createAll(orders, order);
    await store().committed();
    const rivals = Array.from({ length: AT_ONCE }, (_, index) => after(order, attention(`rival-${index}`)));
    const winners = await winnersOf(
      rivals.map((rival) => () => orders.save(rival.order, rival.events, order.revision)),
      'conflict',
    );
    expect(winners).toHaveLength(1);
    const won = rivals.filter((_, index) => winners.includes(index));
    expect([await orders.get(order.id)]).toStrictEqual(won.map((rival) => rival.order));
    await expectCommitted(
      store(),
      won.map((rival) => changeOf(rival.order, rival.events)),
    );
  });

  it('loses no save when all writers reload and decide again after a conflict', async () => {
    const { orders } = store();
    const { id } = anOrder();
    await createAll(orders, anOrder({ id }));
    const writers = Array.from({ length: 8 }, (_, index) => `writer-${index}`);
    await Promise.all(writers.map((writer) => saveUntilItWins(writer)));
    const stored = await orders.get(id);
    expect(stored?.revision).toBe(1 + writers.length);
    expect(stored?.timeline.flatMap(({ reason }) => reason ?? []).toSorted()).toEqual(writers);

    async function saveUntilItWins(reason: string): Promise<void> {
      for (;;) {
        const loaded = await orders.get(id);
        if (!loaded) throw new Error('the order is gone');
        const winners = await winnersOf([() => saveAfter(orders, loaded, attention(reason))], 'conflict');
        if (winners.length > 0) return;
      }
    }
  });
}
