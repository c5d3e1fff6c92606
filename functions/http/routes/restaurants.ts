import { createRoute } from '@hono/zod-openapi';
import type { Refused } from '../../../shared/application/refusal.ts';
import { getRestaurant, listRestaurants, searchRestaurants } from '../../../shared/application/restaurants.ts';
import type { Restaurant } from '../../../shared/domain/restaurant.ts';
import type { Page } from '../../../shared/ports/page.ts';
import type { App, AppContext, AppDeps } from '../app-context.ts';
import { answer, body, bodyProblems, problems } from '../documentation.ts';
import { fromJson } from '../from-json.ts';
import { jsonBody } from '../json-body.ts';
import { sendRefusal } from '../problems.ts';
import { restaurantJson } from '../representations.ts';
import { noQuery, restaurantPath } from '../schemas/fields.ts';
import {
  restaurantListQuery,
  restaurantPageSchema,
  restaurantSchema,
  restaurantSearchBody,
} from '../schemas/restaurants.ts';

const tags = ['Restaurants'];

const listRoute = createRoute({
  method: 'get',
  path: '/v1/restaurants',
  operationId: 'listRestaurants',
  tags,
  summary: 'List restaurants',
  description: 'All of them, by id.',
  request: { query: restaurantListQuery },
  responses: { 200: answer('A page of restaurants', restaurantPageSchema), ...problems('invalid-cursor') },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/restaurants/{restaurantId}',
  operationId: 'getRestaurant',
  tags,
  summary: 'Look at a restaurant and its menu',
  description: 'Prices are those of this moment.',
  request: { query: noQuery, params: restaurantPath },
  responses: { 200: answer('The restaurant', restaurantSchema), ...problems('restaurant-not-found') },
});

const searchRoute = createRoute({
  method: 'post',
  path: '/v1/restaurants/search',
  operationId: 'searchRestaurants',
  tags,
  summary: 'Find restaurants of a cuisine',
  description: 'Best rated first.',
  middleware: jsonBody(),
  request: { query: noQuery, body: body(restaurantSearchBody) },
  responses: { 200: answer('A page of restaurants', restaurantPageSchema), ...bodyProblems('invalid-cursor') },
});

export function restaurantRoutes(app: App, deps: AppDeps): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return sendPage(c, await listRestaurants(deps, pageRequest(limit, cursor)));
  });

  app.openapi(getRoute, async (c) => {
    const result = await getRestaurant(deps, c.req.valid('param').restaurantId);
    return result.kind === 'refused' ? sendRefusal(c, result) : c.json(restaurantJson(result.restaurant), 200);
  });

  app.openapi(searchRoute, async (c) => {
    const { limit, cursor, ...query } = fromJson(c.req.valid('json'));
    return sendPage(c, await searchRestaurants(deps, query, pageRequest(limit, cursor)));
  });
}

function pageRequest(limit: number, cursor: string | undefined) {
  return { limit, ...(cursor !== undefined && { cursor }) };
}

function sendPage(c: AppContext, result: { readonly kind: 'done'; readonly page: Page<Restaurant> } | Refused) {
  if (result.kind === 'refused') return sendRefusal(c, result);
  const { items, nextCursor } = result.page;
  return c.json({ restaurants: items.map(restaurantJson), nextCursor }, 200);
}
