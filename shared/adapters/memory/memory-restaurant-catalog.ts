import { randomBytes } from 'node:crypto';
import type { Restaurant } from '../../domain/restaurant.ts';
import { signedCursors } from '../../ports/cursor.ts';
import { frozenCopy } from '../../ports/frozen-copy.ts';
import type { RestaurantCatalog } from '../../ports/restaurant-catalog.ts';
import { keysetPage } from './keyset-page.ts';

type ListPosition = Pick<Restaurant, 'id'>;
type SearchPosition = Pick<Restaurant, 'id' | 'rating'>;

/** Restaurants in the memory of this process, for tests. Its cursors are good for this catalogue only. */
export function memoryRestaurantCatalog(): RestaurantCatalog {
  const stored = new Map<string, Restaurant>();
  const key = randomBytes(32);
  const listCursors = signedCursors<ListPosition>('RestaurantCatalog.list', key);
  const searchCursors = signedCursors<SearchPosition>('RestaurantCatalog.search', key);

  return {
    async get(id) {
      return stored.get(id);
    },

    async list({ limit, cursor }) {
      const after = listCursors.read({}, cursor);
      const { items, last } = keysetPage([...stored.values()], { limit, after, compare: byId });
      return { items, nextCursor: last ? listCursors.write({}, { id: last.id }) : null };
    },

    async search({ cuisine, minRating }, { limit, cursor }) {
      const query = { cuisine, minRating };
      const after = searchCursors.read(query, cursor);
      const found = [...stored.values()].filter(
        (restaurant) => restaurant.cuisine === cuisine && restaurant.rating >= (minRating ?? 0),
      );
      const { items, last } = keysetPage(found, { limit, after, compare: bestFirst });
      return {
        items,
        nextCursor: last ? searchCursors.write(query, { id: last.id, rating: last.rating }) : null,
      };
    },

    async put(restaurants) {
      for (const restaurant of restaurants) stored.set(restaurant.id, frozenCopy(restaurant));
    },
  };
}

function byId(left: ListPosition, right: ListPosition): number {
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

function bestFirst(left: SearchPosition, right: SearchPosition): number {
  return right.rating - left.rating || byId(left, right);
}
