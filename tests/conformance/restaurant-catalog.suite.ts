import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Restaurant } from '../../shared/domain/restaurant.ts';
import type { RestaurantCatalog, RestaurantQuery } from '../../shared/ports/restaurant-catalog.ts';
import { aRestaurant } from '../fixtures.ts';
import { tamperedCursors } from './cursors.ts';
import { eventually, freshFor, scribble, withFresh } from './harness.ts';
import { ODD_TEXTS } from './odd-values.ts';
import { allItems, allPages, someCursor } from './pages.ts';
import { portError } from './races.ts';

interface RestaurantCatalogHarness {
  readonly restaurants: RestaurantCatalog;
  close(): Promise<void>;
}

/** Opens a catalogue that is empty, and nobody else's. */
export type OpenRestaurantCatalog = () => Promise<RestaurantCatalogHarness>;

/** Everything that the port `RestaurantCatalog` promises. */
export function restaurantCatalogSuite(name: string, open: OpenRestaurantCatalog): void {
  describe(`${name}: RestaurantCatalog`, () => {
    describe('put and get', () => putAndGetSuite(open));
    describe('list', () => listSuite(open));
    describe('search', () => searchSuite(open));
    describe('cursors', () => cursorSuite(open));
  });
}

function putAndGetSuite(open: OpenRestaurantCatalog): void {
  const catalog = freshFor(open);

  it('does not know a restaurant that was never put', async () => {
    expect(await catalog().restaurants.get('rest-1')).toBeUndefined();
  });

  it('reads a restaurant as soon as it was put', async () => {
    const restaurant = aRestaurant({ contact: { email: 'mario@example.org', phone: '+15550100', locale: 'it' } });
    await expectKept(restaurant);
  });

  it('keeps absent what a restaurant does not have', async () => {
    await catalog().restaurants.put([aRestaurant()]);
    expect(await catalog().restaurants.get('rest-1')).not.toHaveProperty('contact');
    await catalog().restaurants.put([aRestaurant({ contact: { email: 'mario@example.org' } })]);
    await expectKept(aRestaurant({ contact: {} }));
    await expectKept(aRestaurant());
  });

  it('replaces a restaurant, and no other', async () => {
    const { restaurants } = catalog();
    const other = aRestaurant({ id: 'rest-2' });
    await restaurants.put([aRestaurant(), other]);
    await expectKept(aRestaurant({ name: 'Da Luigi', cuisine: 'french', rating: 1, acceptingOrders: false, menu: [] }));
    expect(await restaurants.get('rest-2')).toStrictEqual(other);
  });

  it('changes nothing on a repeat, and nothing for nobody', async () => {
    const { restaurants } = catalog();
    const both = [aRestaurant(), aRestaurant({ id: 'rest-2' })];
    await restaurants.put(both);
    await restaurants.put(both);
    await restaurants.put([]);
    await eventually(async () => expect(await allItems(listing(restaurants, 10))).toStrictEqual(both));
  });

  it('takes the last of several of one id', async () => {
    const { restaurants } = catalog();
    const last = aRestaurant({ name: 'last' });
    await restaurants.put([aRestaurant({ name: 'first' }), aRestaurant({ name: 'middle' }), last]);
    expect(await restaurants.get('rest-1')).toStrictEqual(last);
  });

  it.each(ODD_TEXTS.map((text) => [text]))('keeps the text %j', async (text) => {
    await expectKept(
      aRestaurant({ name: text, cuisine: `c${text}`, menu: [menuItem(text)], contact: { email: text } }),
    );
  });

  it('keeps a menu of 200 items', async () => {
    await expectKept(aRestaurant({ menu: Array.from({ length: 200 }, (_, index) => menuItem(`item-${index}`)) }));
  });

  it('keeps what was put when callers change their objects later', async () => {
    const { restaurants } = catalog();
    const restaurant = aRestaurant({ contact: { email: 'mario@example.org' } });
    const asPut = structuredClone(restaurant);
    await restaurants.put([restaurant]);
    await eventually(async () => expect((await restaurants.list({ limit: 1 })).items).toHaveLength(1));
    scribble(restaurant);
    scribble(await restaurants.get(asPut.id));
    scribble(await restaurants.list({ limit: 1 }));
    scribble(await restaurants.search({ cuisine: 'italian' }, { limit: 1 }));
    expect(await restaurants.get(asPut.id)).toStrictEqual(asPut);
    expect((await restaurants.list({ limit: 1 })).items).toStrictEqual([asPut]);
    expect((await restaurants.search({ cuisine: 'italian' }, { limit: 1 })).items).toStrictEqual([asPut]);
  });

  async function expectKept(restaurant: Restaurant): Promise<void> {
    const { restaurants } = catalog();
    await restaurants.put([restaurant]);
    expect(await restaurants.get(restaurant.id)).toStrictEqual(restaurant);
    await eventually(async () => {
      const { items } = await restaurants.search({ cuisine: restaurant.cuisine }, { limit: 10 });
      expect(items).toContainEqual(restaurant);
    });
  }
}

function listSuite(open: OpenRestaurantCatalog): void {
  const catalog = freshFor(open);

  it('is one empty page where there are no restaurants', async () => {
    expect(await allPages(listing(catalog().restaurants, 10))).toEqual([{ items: [], nextCursor: null }]);
  });

  it.each([1, 3, 7, 100])('goes by id, %d to a page, and leaves none out', async (limit) => {
    const { restaurants } = catalog();
    const all = Array.from({ length: 12 }, (_, index) => numbered(index));
    await restaurants.put(all.toReversed());
    await eventually(async () => {
      const pages = await allPages(listing(restaurants, limit));
      for (const { items } of pages) expect(items.length).toBeLessThanOrEqual(limit);
      expect(pages.flatMap(({ items }) => items)).toStrictEqual(all);
    });
  });

  it('shows each restaurant once while others are added and changed', async () => {
    const { restaurants } = catalog();
    const seed = Array.from({ length: 20 }, (_, index) => numbered(index * 2));
    await restaurants.put(seed);
    await eventually(async () => expect(await allItems(listing(restaurants, 100))).toHaveLength(20));
    const traffic: Promise<void>[] = [];
    const shown = await allItems(listing(restaurants, 3), () => {
      const round = traffic.length * 6;
      traffic.push(restaurants.put([numbered(round + 1), { ...numbered((round + 14) % 40), rating: 5 }]));
    });
    await Promise.all(traffic);
    const ids = shown.map(({ id }) => id);
    const seeded = new Set(seed.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => seeded.has(id))).toEqual([...seeded]);
  });
}

function searchSuite(open: OpenRestaurantCatalog): void {
  const catalog = freshFor(open);

  it('is one empty page where no restaurant has the cuisine', async () => {
    const { restaurants } = catalog();
    await restaurants.put([aRestaurant()]);
    for (const cuisine of ['thai', 'ital', 'italian ', '']) {
      expect(await allPages(searching(restaurants, { cuisine }, 10))).toEqual([{ items: [], nextCursor: null }]);
    }
  });

  it('puts the best rated first, and those rated the same in the order of their ids', async () => {
    const ratings = [4.2, 5, 0, 4.2, 4.15, 3, 4.2];
    const { restaurants } = catalog();
    await restaurants.put(ratings.map((rating, index) => ({ ...numbered(index), rating })));
    await expectFound(restaurants, { cuisine: 'italian' }, 2, ['01', '00', '03', '06', '04', '05', '02']);
  });

  it('includes those rated exactly the least that was asked for', async () => {
    const ratings = [4.5, 4.49, 4.51, 0];
    const { restaurants } = catalog();
    await restaurants.put(ratings.map((rating, index) => ({ ...numbered(index), rating })));
    await expectFound(restaurants, { cuisine: 'italian', minRating: 4.5 }, 10, ['02', '00']);
    await expectFound(restaurants, { cuisine: 'italian', minRating: 0 }, 10, ['02', '00', '01', '03']);
    await expectFound(restaurants, { cuisine: 'italian', minRating: 5 }, 10, []);
  });

  it('follows a restaurant to another cuisine', async () => {
    const { restaurants } = catalog();
    await restaurants.put([numbered(1)]);
    await expectFound(restaurants, { cuisine: 'italian' }, 10, ['01']);
    await restaurants.put([{ ...numbered(1), cuisine: 'french' }]);
    await expectFound(restaurants, { cuisine: 'italian' }, 10, []);
    await expectFound(restaurants, { cuisine: 'french' }, 10, ['01']);
  });

  it('follows a restaurant to another rating', async () => {
    const { restaurants } = catalog();
    await restaurants.put([numbered(1), numbered(2)]);
    await restaurants.put([{ ...numbered(2), rating: 5 }]);
    await expectFound(restaurants, { cuisine: 'italian' }, 10, ['02', '01']);
  });

  it('finds all that it should and no others, in pages of any size', async () => {
    const rating = fc.constantFrom(0, 0.1, 2.5, 4.3, 4.35, 5);
    const facts = fc.array(fc.record({ cuisine: fc.constantFrom('italian', 'thai'), rating }), { maxLength: 20 });
    const minRating = fc.option(rating, { nil: undefined });
    await fc.assert(
      fc.asyncProperty(facts, minRating, fc.integer({ min: 1, max: 6 }), (seed, least, limit) =>
        withFresh(open, async ({ restaurants }) => {
          const all = seed.map((each, index) => ({ ...numbered(index), ...each }));
          await restaurants.put(all);
          const query = { cuisine: 'thai', ...(least !== undefined && { minRating: least }) };
          await expectFound(restaurants, query, limit, modelOf(all, query));
        }),
      ),
      { numRuns: 25 },
    );
  });
}

function cursorSuite(open: OpenRestaurantCatalog): void {
  const catalog = freshFor(open);
  const LIST = 'list';
  const QUERIES: readonly (RestaurantQuery | typeof LIST)[] = [
    LIST,
    { cuisine: 'italian' },
    { cuisine: 'italian', minRating: 0 },
    { cuisine: 'italian', minRating: 4.5 },
    { cuisine: 'thai' },
  ];
  const PAIRS = QUERIES.flatMap((query) => QUERIES.map((other) => [query, other] as const));

  it.each(PAIRS.filter(([query, other]) => query !== other))('of %o are refused by %o', async (query, other) => {
    const cursor = await cursorOf(query);
    await expect(fetch(other, cursor)).rejects.toEqual(portError('invalid-argument'));
  });

  it.each(QUERIES.map((query) => [query]))('of %o are refused when they were tampered with', async (query) => {
    const genuine = await cursorOf(query);
    await expect(fetch(query, genuine)).resolves.toBeDefined();
    await fc.assert(
      fc.asyncProperty(tamperedCursors(genuine), async (cursor) => {
        await expect(fetch(query, cursor)).rejects.toEqual(portError('invalid-argument'));
      }),
      { numRuns: 50 },
    );
  });

  it('go on where they were given, also with another page size', async () => {
    const { restaurants } = catalog();
    const query = { cuisine: 'italian' };
    const cursor = await cursorOf(query);
    const [first, rest] = await Promise.all([
      restaurants.search(query, { limit: 2 }),
      restaurants.search(query, { limit: 100, cursor }),
    ]);
    expect([...first.items, ...rest.items]).toStrictEqual(await allItems(searching(restaurants, query, 100)));
  });

  /** Of a first page of two, with more behind it. */
  async function cursorOf(query: RestaurantQuery | typeof LIST): Promise<string> {
    const all = Array.from({ length: 10 }, (_, index) => numbered(index));
    await catalog().restaurants.put([
      ...all,
      ...all.map((each) => ({ ...each, id: `thai-${each.id}`, cuisine: 'thai' })),
    ]);
    return eventually(async () => someCursor(() => fetch(query, undefined)));
  }

  function fetch(query: RestaurantQuery | typeof LIST, cursor: string | undefined) {
    const { restaurants } = catalog();
    return query === LIST ? listing(restaurants, 2)(cursor) : searching(restaurants, query, 2)(cursor);
  }
}

function listing(restaurants: RestaurantCatalog, limit: number) {
  return (cursor: string | undefined) => restaurants.list({ limit, ...(cursor !== undefined && { cursor }) });
}

function searching(restaurants: RestaurantCatalog, query: RestaurantQuery, limit: number) {
  return (cursor: string | undefined) => restaurants.search(query, { limit, ...(cursor !== undefined && { cursor }) });
}

async function expectFound(
  restaurants: RestaurantCatalog,
  query: RestaurantQuery,
  limit: number,
  numbers: readonly string[],
): Promise<void> {
  await eventually(async () => {
    const found = await allItems(searching(restaurants, query, limit));
    expect(found.map(({ id }) => id)).toEqual(numbers.map((number) => `rest-${number}`));
  });
}

/** The numbers of those that a search should find, in order. */
function modelOf(all: readonly Restaurant[], { cuisine, minRating = 0 }: RestaurantQuery): readonly string[] {
  return all
    .filter((restaurant) => restaurant.cuisine === cuisine && restaurant.rating >= minRating)
    .toSorted((left, right) => right.rating - left.rating || (left.id < right.id ? -1 : 1))
    .map(({ id }) => id.replace('rest-', ''));
}

function numbered(index: number): Restaurant {
  const id = `rest-${index.toString().padStart(2, '0')}`;
  return aRestaurant({ id, name: `Trattoria ${index}` });
}

function menuItem(text: string) {
  return { menuItemId: text, name: text, unitPrice: { amount: 1599, currency: 'USD' } };
}
