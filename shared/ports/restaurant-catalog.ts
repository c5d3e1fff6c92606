import type { Restaurant } from '../domain/restaurant.ts';
import type { Page, PageRequest } from './page.ts';

/** Restaurants and their menus. Reads may lag behind `put`, but for `get` in the same process. Nothing here retries. */
export interface RestaurantCatalog {
  get(id: string): Promise<Restaurant | undefined>;
  /** By id. A cursor of another list or search fails with `invalid-argument`. */
  list(page: PageRequest): Promise<Page<Restaurant>>;
  /** Of one cuisine (lower case), best rated first, then by id; with `minRating`, those rated at least that. */
  search(query: RestaurantQuery, page: PageRequest): Promise<Page<Restaurant>>;
  /** Adds or replaces restaurants; repeating it changes nothing. */
  put(restaurants: readonly Restaurant[]): Promise<void>;
}

export interface RestaurantQuery {
  readonly cuisine: string;
  readonly minRating?: number;
}
