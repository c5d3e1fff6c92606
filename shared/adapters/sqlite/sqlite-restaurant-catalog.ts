import type { Restaurant } from '../../domain/restaurant.ts';
import { signedCursors } from '../../ports/cursor.ts';
import type { RestaurantCatalog } from '../../ports/restaurant-catalog.ts';
import { fromBody, pageFromBodies } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import { cursorKey } from './sqlite-cursor-key.ts';
import type { Database } from './sqlite-database.ts';

export interface SqliteRestaurantCatalogOptions {
  readonly database: Database;
}

type ListPosition = Pick<Restaurant, 'id'>;
type SearchPosition = Pick<Restaurant, 'id' | 'rating'>;

const TABLE = `
  CREATE TABLE IF NOT EXISTS restaurants (
    id TEXT PRIMARY KEY,
    cuisine TEXT NOT NULL,
    rating REAL NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS restaurants_by_rating ON restaurants (cuisine, rating DESC, id);`;

const PUT = `
  INSERT INTO restaurants (id, cuisine, rating, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET cuisine = excluded.cuisine, rating = excluded.rating, body = excluded.body`;
const GET = 'SELECT body FROM restaurants WHERE id = ?';
const LIST = 'SELECT body FROM restaurants ORDER BY id LIMIT :oneMore';
const LIST_ON = 'SELECT body FROM restaurants WHERE id > :id ORDER BY id LIMIT :oneMore';
const SEARCH = `
  SELECT body FROM restaurants WHERE cuisine = :cuisine AND rating >= :minRating
  ORDER BY rating DESC, id LIMIT :oneMore`;
const SEARCH_ON = `
  SELECT body FROM restaurants WHERE cuisine = :cuisine AND rating >= :minRating
    AND rating <= :rating AND (rating < :rating OR id > :id)
  ORDER BY rating DESC, id LIMIT :oneMore`;

/** Restaurants and their menus in a SQLite file. */
export function sqliteRestaurantCatalog({ database }: SqliteRestaurantCatalogOptions): RestaurantCatalog {
  database.migrate('restaurants', TABLE);
  const statement = preparedStatements();
  const key = cursorKey(database);
  const listCursors = signedCursors<ListPosition>('RestaurantCatalog.list', key);
  const searchCursors = signedCursors<SearchPosition>('RestaurantCatalog.search', key);

  return {
    async get(id) {
      const row = database.read('RestaurantCatalog.get', (db) => statement(db, GET).get(id));
      return row && fromBody<Restaurant>(row);
    },

    async list({ limit, cursor }) {
      const after = listCursors.read({}, cursor);
      const rows = database.read('RestaurantCatalog.list', (db) =>
        statement(db, after ? LIST_ON : LIST).all({ ...after, oneMore: limit + 1 }),
      );
      const { items, last } = pageFromBodies<Restaurant>(rows, limit);
      return { items, nextCursor: last ? listCursors.write({}, { id: last.id }) : null };
    },

    async search({ cuisine, minRating }, { limit, cursor }) {
      const query = { cuisine, minRating };
      const after = searchCursors.read(query, cursor);
      const filter = { cuisine, minRating: minRating ?? 0 };
      const rows = database.read('RestaurantCatalog.search', (db) =>
        statement(db, after ? SEARCH_ON : SEARCH).all({ ...filter, ...after, oneMore: limit + 1 }),
      );
      const { items, last } = pageFromBodies<Restaurant>(rows, limit);
      return { items, nextCursor: last ? searchCursors.write(query, { id: last.id, rating: last.rating }) : null };
    },

    async put(restaurants) {
      const rows = restaurants.map(
        (restaurant) => [restaurant.id, restaurant.cuisine, restaurant.rating, JSON.stringify(restaurant)] as const,
      );
      await database.write('RestaurantCatalog.put', (db) => {
        for (const row of rows) statement(db, PUT).run(...row);
      });
    },
  };
}
