import { createRoute } from '@hono/zod-openapi';
import { placeOrder } from '../../../shared/application/place-order.ts';
import type { App, AppDeps } from '../app-context.ts';
import { body, bodyProblems, orderAnswer } from '../documentation.ts';
import { fromJson } from '../from-json.ts';
import { jsonBody } from '../json-body.ts';
import { sendRefusal } from '../problems.ts';
import { orderJson } from '../representations.ts';
import { idempotencyHeader, noQuery } from '../schemas/fields.ts';
import { orderSchema, placeOrderBody } from '../schemas/orders.ts';
import { etag } from './order-request.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/orders',
  operationId: 'placeOrder',
  tags: ['Orders'],
  summary: 'Place an order',
  description:
    'Places an order for whoever is signed in, once for each key. A repeat of the same request answers the order as it is now. ' +
    'Prices come from the menu of the restaurant; the order is charged after this.',
  middleware: jsonBody(),
  request: { query: noQuery, headers: idempotencyHeader, body: body(placeOrderBody) },
  responses: {
    200: orderAnswer(
      'This key had placed the order before; here it is as it is now',
      orderSchema,
      'Location',
      'Idempotency-Replayed',
    ),
    201: orderAnswer('The order was placed', orderSchema, 'Location'),
    ...bodyProblems(
      'idempotency-key-required',
      'invalid-idempotency-key',
      'price-changed',
      'restaurant-closed',
      'idempotency-key-reused',
      'mixed-currencies',
      'total-too-large',
      'total-too-small',
      'unknown-menu-item',
      'unknown-restaurant',
    ),
  },
});

export function placeOrderRoute(app: App, deps: AppDeps): void {
  app.openapi(route, async (c) => {
    const result = await placeOrder(deps, {
      actor: c.get('actor'),
      key: c.req.valid('header')['idempotency-key'],
      body: fromJson(c.req.valid('json')),
      correlationId: c.get('requestId'),
    });
    if (result.kind === 'refused') return sendRefusal(c, result);
    const { order, replayed } = result;
    c.set('orderId', order.id);
    const headers = { Location: `/v1/orders/${order.id}`, ETag: etag(order) };
    if (!replayed) return c.json(orderJson(order, c.get('actor')), 201, headers);
    return c.json(orderJson(order, c.get('actor')), 200, { ...headers, 'Idempotency-Replayed': 'true' });
  });
}
