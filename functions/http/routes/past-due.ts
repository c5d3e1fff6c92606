import { createRoute } from '@hono/zod-openapi';
import { pastDueOrders } from '../../../shared/application/past-due-orders.ts';
import type { App, AppDeps } from '../app-context.ts';
import { answer, problems } from '../documentation.ts';
import { orderJson } from '../representations.ts';
import { pastDueQuery, pastDueSchema } from '../schemas/orders.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/operations/past-due-orders',
  operationId: 'listPastDueOrders',
  tags: ['Operations'],
  summary: 'List orders that should have gone on by now',
  description:
    'For operators. Those past due now, which the sweeper starts again within a minute, and then those that it has started again ' +
    'and that have not got on since (`workflow.sweeps` says how often).',
  request: { query: pastDueQuery },
  responses: { 200: answer('The longest due first', pastDueSchema), ...problems('forbidden') },
});

export function pastDueRoute(app: App, deps: AppDeps): void {
  app.openapi(route, async (c) => {
    const { orders, more } = await pastDueOrders(deps, c.req.valid('query'));
    return c.json({ orders: orders.map((order) => orderJson(order, c.get('actor'))), more }, 200);
  });
}
