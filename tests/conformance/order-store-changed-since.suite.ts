import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Order } from '../../shared/domain/order.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { after, anOrder, NOON } from '../fixtures.ts';
import { tamperedCursors } from './cursors.ts';
import { eventually, freshFor, withFresh } from './harness.ts';
import { attention, createAll, type OpenOrderStore } from './order-store.harness.ts';
import { allItems, allPages, someCursor } from './pages.ts';
import { portError } from './races.ts';

/** More than a store may look at for one page. */
const MANY = 2_500;

export function orderStoreChangedSinceSuite(open: OpenOrderStore): void {
  const store = freshFor(open);

  it('is empty where nothing has changed since', async () => {
    await createAll(store().orders, ...changedAt(-2, -1));
    await expectChanged(store().orders, NOON, 10, []);
  });

  it('shows what changed at that time or after it, and nothing that did before', async () => {
    const [before, exactly, later] = [anOrder({ createdAt: NOON - 1 }), anOrder(), anOrder({ createdAt: NOON + 1 })];
    await createAll(store().orders, later, exactly, before);
    await expectChanged(store().orders, NOON - 1, 10, [before, exactly, later]);
    await expectChanged(store().orders, NOON, 10, [exactly, later]);
    await expectChanged(store().orders, NOON + 1, 10, [later]);
    await expectChanged(store().orders, NOON + 2, 10, []);
    await expectChanged(store().orders, Number.MIN_SAFE_INTEGER, 10, [before, exactly, later]);
  });

  it('goes by the last change, however long ago the order was placed', async () => {
    const { orders } = store();
    const [order, other] = [anOrder(), anOrder()];
    await createAll(orders, order, other);
    const changed = await change(orders, order, NOON + 5_000);
    await expectChanged(orders, NOON + 5_000, 10, [changed]);
  });

  it('answers whole orders, as they were last saved', async () => {
    const { orders } = store();
    const order = anOrder({ contact: { email: 'alice@example.com' } });
    await createAll(orders, order);
    const changed = await change(orders, order, NOON + 1);
    await eventually(async () => expect(await walked(orders, NOON, 10)).toStrictEqual([changed]));
  });

  it('shows each of any orders, in pages of any size', async () => {
    const offsets = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 25 });
    const anySize = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(offsets, fc.integer({ min: -4, max: 4 }), anySize, (times, since, limit) =>
        withFresh(open, async ({ orders }) => {
          const seed = changedAt(...times);
          await createAll(orders, ...seed);
          const expected = seed.filter(({ updatedAt }) => updatedAt >= NOON + since);
          await expectChanged(orders, NOON + since, limit, expected);
        }),
      ),
      { numRuns: 20 },
    );
  });

  it('finds one among 2,500 that are older, wherever it stands', async () => {
    const { orders } = store();
    const seed = changedAt(...Array.from({ length: MANY }, () => -1));
    await createAll(orders, ...seed);
    for (const order of [seed.at(0), seed.at(MANY / 2), seed.at(-1)]) {
      if (!order) throw new Error('there is no such order');
      const changed = await change(orders, order, NOON + 1);
      await eventually(async () => {
        expect((await walked(orders, NOON + 1, 10)).map(({ id }) => id)).toContain(changed.id);
      });
    }
    await eventually(async () => expect(await walked(orders, NOON + 1, 10)).toHaveLength(3));
  });

  it('shows each order that was changed before the walk, also while others are placed and all are changed', async () => {
    const { orders } = store();
    const seed = changedAt(...Array.from({ length: 30 }, () => 0));
    await createAll(orders, ...seed);
    await expectChanged(orders, NOON, 100, seed);
    const targets = seed.map((order, index) => ({ order, turn: (index * 7) % seed.length }));
    targets.sort((left, right) => left.turn - right.turn);
    const traffic: Promise<unknown>[] = [];
    const shown = await allItems(pagesOf(orders, NOON, 4), () => {
      const target = targets.shift()?.order;
      if (target) traffic.push(createAll(orders, anOrder()), change(orders, target, NOON + 1));
    });
    await Promise.all(traffic);
    const ids = new Set(shown.map(({ id }) => id));
    expect(seed.filter(({ id }) => !ids.has(id))).toEqual([]);
  });

  describe('cursors', () => {
    it('go on where they were given, each time, also with another page size', async () => {
      const { orders } = store();
      const cursor = await cursorOf(NOON);
      const rest = await allItems(pagesOf(orders, NOON, 3, cursor));
      const again = await allItems(pagesOf(orders, NOON, 2, cursor));
      expect(idsOf(again)).toEqual(idsOf(rest));
      expect(rest.length).toBeLessThan(10);
      const first = await orders.changedSince(NOON, { limit: 4 });
      expect(idsOf([...first.items, ...rest])).toEqual(idsOf(await walked(orders, NOON, 100)));
    });

    it('are refused with another time', async () => {
      const cursor = await cursorOf(NOON);
      await expect(store().orders.changedSince(NOON - 1, { limit: 4, cursor })).rejects.toEqual(
        portError('invalid-argument'),
      );
    });

    it('are not those of a list, nor the other way round', async () => {
      const { orders } = store();
      const cursor = await cursorOf(NOON);
      const listed = await eventually(async () => someCursor(() => orders.list({ customerId: 'alice' }, { limit: 4 })));
      const refused = portError('invalid-argument');
      await expect(orders.list({ customerId: 'alice' }, { limit: 4, cursor })).rejects.toEqual(refused);
      await expect(orders.changedSince(NOON, { limit: 4, cursor: listed })).rejects.toEqual(refused);
    });

    it('are refused when they were tampered with', async () => {
      const genuine = await cursorOf(NOON);
      await fc.assert(
        fc.asyncProperty(tamperedCursors(genuine), async (cursor) => {
          await expect(store().orders.changedSince(NOON, { limit: 4, cursor })).rejects.toEqual(
            portError('invalid-argument'),
          );
        }),
      );
    });

    /** Of a first page of four, with six more orders behind it. */
    async function cursorOf(since: number): Promise<string> {
      const { orders } = store();
      await createAll(orders, ...changedAt(...Array.from({ length: 10 }, () => 0)));
      return eventually(async () => someCursor(() => orders.changedSince(since, { limit: 4 })));
    }
  });
}

function changedAt(...offsets: readonly number[]): readonly Order[] {
  return offsets.map((offset) => anOrder({ createdAt: NOON + offset }));
}

async function change(orders: OrderStore, order: Order, now: number): Promise<Order> {
  const next = after(order, attention('changed'), now);
  await orders.save(next.order, next.events, order.revision);
  return next.order;
}

function pagesOf(orders: OrderStore, since: number, limit: number, from?: string) {
  return (next: string | undefined) => {
    const cursor = next ?? from;
    return orders.changedSince(since, { limit, ...(cursor !== undefined && { cursor }) });
  };
}

async function walked(orders: OrderStore, since: number, limit: number): Promise<readonly Order[]> {
  const pages = await allPages(pagesOf(orders, since, limit));
  for (const { items } of pages) expect(items.length).toBeLessThanOrEqual(limit);
  return pages.flatMap(({ items }) => items);
}

async function expectChanged(
  orders: OrderStore,
  since: number,
  limit: number,
  expected: readonly Order[],
): Promise<void> {
  await eventually(async () => expect(idsOf(await walked(orders, since, limit))).toEqual(idsOf(expected)));
}

/** Sorted, and without repeats: neither is promised. */
function idsOf(orders: readonly Order[]): readonly string[] {
  return [...new Set(orders.map(({ id }) => id))].sort();
}
