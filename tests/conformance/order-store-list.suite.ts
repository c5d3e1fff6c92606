import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Order } from '../../shared/domain/order.ts';
import { OPERATORS_STATUSES } from '../../shared/domain/rules.ts';
import type { OrderQuery, OrderStore } from '../../shared/ports/order-store.ts';
import { anOrder, NOON } from '../fixtures.ts';
import { tamperedCursors } from './cursors.ts';
import { eventually, freshFor, withFresh } from './harness.ts';
import { attention, createAll, type OpenOrderStore, saveAfter } from './order-store.harness.ts';
import { allItems, allPages, someCursor } from './pages.ts';
import { portError } from './races.ts';

/** Every kind of query there is, over the orders of `seed`. */
const QUERIES: readonly OrderQuery[] = [
  { customerId: 'alice' },
  { customerId: 'alice', status: 'charging' },
  { restaurantId: 'rest-1' },
  { restaurantId: 'rest-1', status: 'charging' },
  { status: 'charging' },
];
const EACH_QUERY = QUERIES.map((query) => [query] as const);

export function orderStoreListSuite(open: OpenOrderStore): void {
  const store = freshFor(open);

  it.each(EACH_QUERY)('is one empty page where nothing answers %o', async (query) => {
    await createAll(store().orders, anOrder({ customerId: 'bob', restaurantId: 'rest-2', status: 'paid' }));
    expect(await allPages(pagesOf(query, 20))).toEqual([{ items: [], nextCursor: null }]);
  });

  it('puts the newest first', async () => {
    const orders = [3, 1, 5, 2, 4].map((minute) => anOrder({ createdAt: NOON + minute * 60_000 }));
    await createAll(store().orders, ...orders);
    await expectListed(store().orders, { customerId: 'alice' }, 20, orders);
  });

  it.each([1, 2, 3, 20])(
    'puts those made at the same instant in the order of their ids, %d to a page',
    async (limit) => {
      const orders = Array.from({ length: 7 }, () => anOrder());
      await createAll(store().orders, ...orders);
      await expectListed(store().orders, { customerId: 'alice' }, limit, orders);
    },
  );

  it('shows an order as it was last saved', async () => {
    const { orders } = store();
    const order = anOrder();
    await createAll(orders, order);
    const changed = await saveAfter(orders, order, attention('changed'));
    await eventually(async () => {
      expect(await allItems(pagesOf({ customerId: 'alice' }, 20))).toStrictEqual([changed]);
    });
  });

  it('moves an order from one status to another', async () => {
    const { orders } = store();
    const order = anOrder({ status: 'paid' });
    await createAll(orders, order);
    await expectListed(store().orders, { customerId: 'alice', status: 'paid' }, 20, [order]);
    const confirmed = await saveAfter(orders, order, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' });
    for (const scope of [{ customerId: 'alice' }, { restaurantId: 'rest-1' }]) {
      await expectListed(store().orders, { ...scope, status: 'paid' }, 20, []);
      await expectListed(store().orders, { ...scope, status: 'confirmed' }, 20, [confirmed]);
      await expectListed(store().orders, scope, 20, [confirmed]);
    }
  });

  it('shows an order under each status that is listed alone, for as long as it is in it', async () => {
    const { orders } = store();
    const placed = anOrder();
    await createAll(orders, placed, anOrder({ status: 'paid', customerId: 'bob', restaurantId: 'rest-2' }));
    await expectAlone(orders, placed);
    const begun = await saveAfter(orders, placed, { type: 'begin-charge', reference: 'pay_1' });
    await expectAlone(orders, begun);
    const paid = await saveAfter(orders, begun, { type: 'record-charge', transactionId: 'txn_1' });
    await expectAlone(orders, paid);
    const refused = await saveAfter(orders, paid, { type: 'confirm', accepted: false, by: 'restaurant:rest-1' });
    await expectAlone(orders, refused);
    const stuck = await saveAfter(orders, refused, { type: 'record-refund-failure', code: 'refund_refused' });
    await expectAlone(orders, stuck);
    await expectAlone(orders, await saveAfter(orders, stuck, { type: 'record-refund', refundId: 're_1' }));
  });

  it('answers every query with all of its orders and no others, in pages of any size', async () => {
    const anySeed = fc.array(
      fc.record({
        customerId: fc.constantFrom('alice', 'bob'),
        restaurantId: fc.constantFrom('rest-1', 'rest-2'),
        status: fc.constantFrom('charging' as const, 'pending' as const),
        createdAt: fc.integer({ min: NOON, max: NOON + 3 }),
      }),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(anySeed, fc.integer({ min: 1, max: 9 }), (facts, limit) =>
        withFresh(open, async ({ orders }) => {
          const seed = facts.map((each) => anOrder(each));
          await createAll(orders, ...seed);
          for (const query of QUERIES) {
            const matching = seed.filter((order) =>
              Object.entries(query).every(([key, value]) => Reflect.get(order, key) === value),
            );
            await expectListed(orders, query, limit, matching);
          }
        }),
      ),
      { numRuns: 20 },
    );
  });

  it.each(EACH_QUERY)('shows each order of %o once while others are inserted and changed', async (query) => {
    const { orders } = store();
    const seed = seedOf(30);
    await createAll(orders, ...seed);
    await expectListed(store().orders, query, 100, seed);
    const traffic = trafficOver(orders, seed);
    const shown = await allItems(pagesOf(query, 4), () => traffic.more());
    await traffic.finished();
    const ids = shown.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(newestFirst(shown));
    const seeded = new Set(seed.map(({ id }) => id));
    expect(ids.filter((id) => seeded.has(id))).toEqual(newestFirst(seed));
  });

  describe('cursors', () => {
    it('give the same page each time', async () => {
      const cursor = await cursorOf({ customerId: 'alice' });
      const page = await store().orders.list({ customerId: 'alice' }, { limit: 3, cursor });
      expect(page.items).toHaveLength(3);
      expect(await store().orders.list({ customerId: 'alice' }, { limit: 3, cursor })).toStrictEqual(page);
    });

    it('go on where they were given, also with another page size', async () => {
      const query = { customerId: 'alice' };
      const cursor = await cursorOf(query);
      const rest = await allItems((next) => store().orders.list(query, { limit: 2, cursor: next ?? cursor }));
      const all = await allItems(pagesOf(query, 100));
      expect(rest).toStrictEqual(all.slice(-rest.length));
      expect(rest.length).toBeGreaterThanOrEqual(all.length - 4);
    });

    it('survive a change of the order they stand at', async () => {
      const { orders } = store();
      const query = { customerId: 'alice' };
      const cursor = await cursorOf(query);
      const { items } = await orders.list(query, { limit: 4 });
      for (const order of items) await saveAfter(orders, order, attention('changed'));
      const rest = await allItems((next) => orders.list(query, { limit: 4, cursor: next ?? cursor }));
      const all = await allItems(pagesOf(query, 100));
      expect([...items, ...rest].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    });

    it.each([
      [{ customerId: 'alice' }, { customerId: 'bob' }],
      [{ customerId: 'alice' }, { restaurantId: 'alice' }],
      [{ customerId: 'alice' }, { customerId: 'alice', status: 'charging' }],
      [{ customerId: 'alice', status: 'charging' }, { customerId: 'alice' }],
      [
        { customerId: 'alice', status: 'charging' },
        { customerId: 'alice', status: 'pending' },
      ],
      [{ status: 'charging' }, { status: 'pending' }],
      [{ status: 'charging' }, { customerId: 'alice', status: 'charging' }],
      [{ restaurantId: 'rest-1', status: 'charging' }, { status: 'charging' }],
      [{ restaurantId: 'rest-1' }, { restaurantId: 'rest-2' }],
      [{ restaurantId: 'rest-1' }, { customerId: 'rest-1' }],
    ] satisfies [OrderQuery, OrderQuery][])('of %o are refused by %o', async (query, other) => {
      const cursor = await cursorOf(query);
      await expect(store().orders.list(other, { limit: 4, cursor })).rejects.toEqual(portError('invalid-argument'));
    });

    it('are refused when they were tampered with', async () => {
      const query = { customerId: 'alice' };
      const genuine = await cursorOf(query);
      await fc.assert(
        fc.asyncProperty(tamperedCursors(genuine), async (cursor) => {
          await expect(store().orders.list(query, { limit: 4, cursor })).rejects.toEqual(portError('invalid-argument'));
        }),
      );
    });

    /** Of a first page of four, with more orders of both statuses behind it. */
    async function cursorOf(query: OrderQuery): Promise<string> {
      const { orders } = store();
      await createAll(orders, ...seedOf(10), ...seedOf(10).map((order) => ({ ...order, status: 'pending' as const })));
      return eventually(async () => someCursor(() => orders.list(query, { limit: 4 })));
    }
  });

  function pagesOf(query: OrderQuery, limit: number) {
    return pagesIn(store().orders, query, limit);
  }
}

function pagesIn(orders: OrderStore, query: OrderQuery, limit: number) {
  return (cursor: string | undefined) => orders.list(query, { limit, ...(cursor !== undefined && { cursor }) });
}

async function expectListed(
  orders: OrderStore,
  query: OrderQuery,
  limit: number,
  expected: readonly Order[],
): Promise<void> {
  await eventually(async () => {
    const pages = await allPages(pagesIn(orders, query, limit));
    for (const { items } of pages) expect(items.length).toBeLessThanOrEqual(limit);
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(newestFirst(expected));
  });
}

/** The order is under its own status, where that is one to be listed alone, and under no other. */
async function expectAlone(orders: OrderStore, order: Order): Promise<void> {
  for (const status of OPERATORS_STATUSES) {
    await expectListed(orders, { status }, 20, order.status === status ? [order] : []);
  }
}

/** The ids in the order that a list shows them. */
function newestFirst(orders: readonly Order[]): readonly string[] {
  return orders
    .toSorted((left, right) => right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1))
    .map(({ id }) => id);
}

/** Orders that answer every query, two or three to each instant. */
function seedOf(count: number): readonly Order[] {
  return Array.from({ length: count }, (_, index) =>
    anOrder({ status: 'charging', createdAt: NOON + Math.floor(index / 2.5) }),
  );
}

/** Inserts orders everywhere among those of the seed, and changes these, one each time, while somebody reads. */
function trafficOver(orders: OrderStore, seed: readonly Order[]) {
  const running: Promise<unknown>[] = [];
  const targets = seed.map((order, index) => ({ order, turn: (index * 7) % seed.length }));
  targets.sort((left, right) => left.turn - right.turn);

  return {
    more(): void {
      const target = targets.shift()?.order;
      if (!target) return;
      const inserted = [NOON + 1000, NOON - 1000, target.createdAt].map((createdAt) =>
        anOrder({ status: 'charging', createdAt }),
      );
      running.push(createAll(orders, ...inserted), saveAfter(orders, target, attention('traffic')));
    },
    async finished(): Promise<void> {
      await Promise.all(running);
    },
  };
}
