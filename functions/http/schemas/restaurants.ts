import { z } from '@hono/zod-openapi';
import { cuisineField, cursorField, limitField, limitParameter, moneySchema } from './fields.ts';

export const restaurantListQuery = z.strictObject({ limit: limitParameter, cursor: cursorField.optional() });

export const restaurantSearchBody = z
  .strictObject({
    cuisine: cuisineField,
    minRating: z.number().min(0, 'must be from 0 to 5').max(5, 'must be from 0 to 5').optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  })
  .openapi('RestaurantSearch', { example: { cuisine: 'italian', minRating: 4, limit: 20 } });

const menuItemSchema = z
  .object({ menuItemId: z.string(), name: z.string(), unitPrice: moneySchema })
  .openapi('MenuItem');

export const restaurantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    cuisine: z.string(),
    rating: z.number(),
    acceptingOrders: z.boolean(),
    menu: z.array(menuItemSchema),
  })
  .openapi('Restaurant', {
    example: {
      id: 'rest-1',
      name: 'Da Mario',
      cuisine: 'italian',
      rating: 4.5,
      acceptingOrders: true,
      menu: [{ menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' } }],
    },
  });

export const restaurantPageSchema = z
  .object({ restaurants: z.array(restaurantSchema), nextCursor: z.string().nullable() })
  .openapi('RestaurantList', { description: '`nextCursor` is null on the last page.' });
