import { createRoute } from '@hono/zod-openapi';
import { getOrder, getReceipt, getTimeline } from '../../../shared/application/get-order.ts';
import { listOrders } from '../../../shared/application/list-orders.ts';
import { OPERATORS_STATUSES } from '../../../shared/domain/rules.ts';
import type { App, AppDeps } from '../app-context.ts';
import { answer, orderAnswer, problems } from '../documentation.ts';
import { fromJson } from '../from-json.ts';
import { sendRefusal } from '../problems.ts';
import { orderJson, receiptJson, timelineJson } from '../representations.ts';
import { noQuery, orderPath } from '../schemas/fields.ts';
import { listQuery, orderListSchema, orderSchema, receiptSchema, timelineSchema } from '../schemas/orders.ts';
import { etag, orderRequest } from './order-request.ts';

const getRoute = createRoute({
  method: 'get',
  path: '/v1/orders/{orderId}',
  operationId: 'getOrder',
  tags: ['Orders'],
  summary: 'Look at an order',
  description: 'For its owner, its restaurant and operators. For others there is no such order.',
  request: { query: noQuery, params: orderPath },
  responses: { 200: orderAnswer('The order', orderSchema), ...problems('order-not-found') },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  tags: ['Orders'],
  summary: 'List orders, newest first',
  description:
    'Of one customer or one restaurant. Without either, customers get their own and restaurants theirs; operators, and those ' +
    'who act for several restaurants, have to say which. Operators may also list one of these statuses alone, over everybody: ' +
    `${OPERATORS_STATUSES.map((status) => `\`${status}\``).join(', ')}.`,
  request: { query: listQuery },
  responses: { 200: answer('A page of orders', orderListSchema), ...problems('invalid-cursor', 'forbidden') },
});

const timelineRoute = createRoute({
  method: 'get',
  path: '/v1/orders/{orderId}/timeline',
  operationId: 'getTimeline',
  tags: ['Orders'],
  summary: 'See what happened to an order',
  description:
    'For whoever may look at the order. Only operators are told which operator acted, and why they had a payment settled.',
  request: { query: noQuery, params: orderPath },
  responses: { 200: answer('The events of the order, oldest first', timelineSchema), ...problems('order-not-found') },
});

const receiptRoute = createRoute({
  method: 'get',
  path: '/v1/orders/{orderId}/receipt',
  operationId: 'getReceipt',
  tags: ['Orders'],
  summary: 'Get the receipt of an order',
  description: 'For its owner and operators, once the order was charged. It stays what it was then.',
  request: { query: noQuery, params: orderPath },
  responses: {
    200: answer('The receipt', receiptSchema),
    ...problems('forbidden', 'order-not-found', 'receipt-not-ready'),
  },
});

export function readOrderRoutes(app: App, deps: AppDeps): void {
  app.openapi(getRoute, async (c) => {
    const result = await getOrder(deps, orderRequest(c, c.req.valid('param').orderId));
    if (result.kind === 'refused') return sendRefusal(c, result);
    return c.json(orderJson(result.order, c.get('actor')), 200, { ETag: etag(result.order) });
  });

  app.openapi(listRoute, async (c) => {
    const { limit, cursor, ...filters } = fromJson(c.req.valid('query'));
    const page = { limit, ...(cursor !== undefined && { cursor }) };
    const result = await listOrders(deps, { actor: c.get('actor'), ...filters, page });
    if (result.kind === 'refused') return sendRefusal(c, result);
    return c.json(
      {
        orders: result.page.items.map((order) => orderJson(order, c.get('actor'))),
        nextCursor: result.page.nextCursor,
      },
      200,
    );
  });

  app.openapi(timelineRoute, async (c) => {
    const result = await getTimeline(deps, orderRequest(c, c.req.valid('param').orderId));
    return result.kind === 'refused' ? sendRefusal(c, result) : c.json(timelineJson(result.entries), 200);
  });

  app.openapi(receiptRoute, async (c) => {
    const result = await getReceipt(deps, orderRequest(c, c.req.valid('param').orderId));
    return result.kind === 'refused' ? sendRefusal(c, result) : c.json(receiptJson(result.receipt), 200);
  });
}
