import type { Restaurant } from '../domain/restaurant.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import { isPortError } from '../ports/port-error.ts';
import type { RestaurantCatalog, RestaurantQuery } from '../ports/restaurant-catalog.ts';
import { invalidCursor } from './list-orders.ts';
import { type Refused, refuse } from './refusal.ts';

interface Ports {
  readonly restaurants: RestaurantCatalog;
}
type RestaurantPage = { readonly kind: 'done'; readonly page: Page<Restaurant> };

export async function getRestaurant(
  ports: Ports,
  id: string,
): Promise<{ readonly kind: 'done'; readonly restaurant: Restaurant } | Refused> {
  const restaurant = await ports.restaurants.get(id);
  return restaurant ? { kind: 'done', restaurant } : refuse('restaurant-not-found', 'there is no such restaurant');
}

export function listRestaurants(ports: Ports, page: PageRequest): Promise<RestaurantPage | Refused> {
  return paged(ports.restaurants.list(page));
}

export function searchRestaurants(
  ports: Ports,
  query: RestaurantQuery,
  page: PageRequest,
): Promise<RestaurantPage | Refused> {
  return paged(ports.restaurants.search(query, page));
}

async function paged(pending: Promise<Page<Restaurant>>): Promise<RestaurantPage | Refused> {
  try {
    return { kind: 'done', page: await pending };
  } catch (error) {
    if (isPortError(error, 'invalid-argument')) return invalidCursor();
    throw error;
  }
}
