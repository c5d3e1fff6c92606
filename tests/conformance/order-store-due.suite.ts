import { describe, expect, it } from 'vitest';
import type { Order, Position } from '../../shared/domain/order.ts';
import { after, anOrder, aPosition, NOON } from '../fixtures.ts';
import { eventually, freshFor } from './harness.ts';
import { attention, createAll, type OpenOrderStore } from './order-store.harness.ts';

export function orderStoreDueSuite(open: OpenOrderStore): void {
  const store = freshFor(open);

  it('is empty when no order has anything left to run', async () => {
    await createAll(store().orders, anOrder(), anOrder({ status: 'delivered' }));
    await expectDue(NOON, 10, []);
  });

  it('answers whole orders', async () => {
    const order = dueIn(0);
    await createAll(store().orders, order);
    await eventually(async () => expect(await store().orders.due(NOON, 10)).toStrictEqual([order]));
  });

  it('goes up to the given time, and includes it', async () => {
    const [before, exactly, later] = [dueIn(-1), dueIn(0), dueIn(1)];
    await createAll(store().orders, later, exactly, before);
    await expectDue(NOON - 2, 10, []);
    await expectDue(NOON - 1, 10, [before]);
    await expectDue(NOON, 10, [before, exactly]);
    await expectDue(NOON + 1, 10, [before, exactly, later]);
  });

  it('puts the longest due first, whatever the order they were made in', async () => {
    const offsets = [-5, -1000, -20, -86_400_000, -300];
    const orders = offsets.map((offset) => dueIn(offset));
    await createAll(store().orders, ...orders);
    await expectDue(
      NOON,
      10,
      orders.toSorted((left, right) => dueAt(left) - dueAt(right)),
    );
  });

  it('stops at the limit, and leaves out those due the shortest time', async () => {
    const orders = Array.from({ length: 7 }, (_, index) => dueIn(index - 10));
    await createAll(store().orders, ...orders.toReversed());
    await expectDue(NOON, 1, orders.slice(0, 1));
    await expectDue(NOON, 3, orders.slice(0, 3));
    await expectDue(NOON, 7, orders);
  });

  it('holds any number of orders that are due at the same time', async () => {
    const orders = Array.from({ length: 5 }, () => dueIn(0));
    await createAll(store().orders, ...orders);
    await eventually(async () => {
      const due = await store().orders.due(NOON, 10);
      expect(due.map(({ id }) => id).toSorted()).toEqual(orders.map(({ id }) => id));
    });
  });

  it('includes a position that its segment goes on with by itself: the segment may have died', async () => {
    const order = anOrder({ position: aPosition({ handOff: false, dueAt: NOON }) });
    await createAll(store().orders, order);
    await expectDue(NOON, 10, [order]);
  });

  it('follows a position that was moved', async () => {
    const order = dueIn(0);
    await createAll(store().orders, order);
    const moved = await replace(order, { ...after(order, { type: 'park' }).order, position: positionIn(500) });
    await expectDue(NOON, 10, []);
    await expectDue(NOON + 500, 10, [moved]);
  });

  it('forgets an order that has ended', async () => {
    const order = dueIn(0);
    await createAll(store().orders, order);
    await expectDue(NOON, 10, [order]);
    const { position: _, ...ended } = after(order, attention('ended')).order;
    await replace(order, ended);
    await expectDue(NOON + 1_000_000, 10, []);
  });

  describe('those that were started again', () => {
    it('are there for as long as they do not get on, the next due first', async () => {
      const [once, often, never] = [dueIn(60), dueIn(30), dueIn(0)];
      await createAll(store().orders, once, often, never);
      const swept = await replace(once, movedTo(once, { ...positionIn(60), sweeps: 1 }));
      const sweptOften = await replace(often, movedTo(often, { ...positionIn(30), sweeps: 15 }));
      await expectSwept(10, [sweptOften, swept]);
      await expectSwept(1, [sweptOften]);
      await replace(sweptOften, movedTo(sweptOften, positionIn(500)));
      await expectSwept(10, [swept]);
      await replace(swept, endOf(swept));
      await expectSwept(10, []);
    });

    it('are answered whole', async () => {
      const order = anOrder({ position: { ...positionIn(0), sweeps: 3 } });
      await createAll(store().orders, order);
      await eventually(async () => expect(await store().orders.swept(10)).toStrictEqual([order]));
    });
  });

  async function expectSwept(limit: number, expected: readonly Order[]): Promise<void> {
    await eventually(async () => {
      expect((await store().orders.swept(limit)).map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    });
  }

  async function replace(order: Order, next: Order): Promise<Order> {
    await store().orders.save(next, [], order.revision);
    return next;
  }

  async function expectDue(before: number, limit: number, expected: readonly Order[]): Promise<void> {
    await eventually(async () => {
      const due = await store().orders.due(before, limit);
      expect(due.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    });
  }
}

function dueIn(offset: number): Order {
  return anOrder({ position: positionIn(offset) });
}

function movedTo(order: Order, position: Position): Order {
  return { ...after(order, { type: 'park' }).order, position };
}

function endOf(order: Order): Order {
  const { position: _, ...ended } = after(order, attention('ended')).order;
  return ended;
}

function positionIn(offset: number) {
  return aPosition({ dueAt: NOON + offset });
}

function dueAt({ position }: Order): number {
  return position?.dueAt ?? 0;
}
