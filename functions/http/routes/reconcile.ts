import { createRoute } from '@hono/zod-openapi';
import { type Finding, reconcilePayments } from '../../../shared/application/reconcile-payments.ts';
import type { App, AppDeps, ProviderDeps } from '../app-context.ts';
import { answer, body, bodyProblems } from '../documentation.ts';
import { fromJson } from '../from-json.ts';
import { jsonBody } from '../json-body.ts';
import { sendRefusal } from '../problems.ts';
import { noQuery } from '../schemas/fields.ts';
import { reconciliationBody, reconciliationSchema } from '../schemas/operations.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/operations/reconciliations',
  operationId: 'reconcilePayments',
  tags: ['Operations'],
  summary: "Compare the orders with the provider's books",
  description:
    'Goes through the payments and then the orders of a time, page by page, and answers how they differ and what is to be done. With ' +
    '`repair` it does what is safe: records outcomes, seals or settles payments, gives back what is held without a right to it. It ' +
    'never charges. May be repeated.',
  middleware: jsonBody(),
  request: { query: noQuery, body: body(reconciliationBody) },
  responses: {
    200: answer('What this page came to', reconciliationSchema),
    ...bodyProblems('invalid-cursor', 'forbidden'),
  },
});

export function reconcileRoute(app: App, { orders, clock, metrics }: AppDeps, provider: ProviderDeps): void {
  app.openapi(route, async (c) => {
    const { since, limit, cursor, repair } = fromJson(c.req.valid('json'));
    const result = await reconcilePayments(
      { ...provider, orders, clock, metrics },
      { since: Date.parse(since), page: { limit, ...(cursor !== undefined && { cursor }) }, repair },
    );
    if (result.kind === 'refused') return sendRefusal(c, result);
    const { payments, findings, nextCursor } = result;
    return c.json({ payments, orders: result.orders, findings: findings.map(findingJson), nextCursor }, 200);
  });
}

function findingJson({ kind, remedy, orderId, reference, orderStatus, total, charged, refunded, repair }: Finding) {
  return {
    kind,
    remedy,
    orderId,
    reference,
    ...(orderStatus && { orderStatus }),
    ...(total && { total: { ...total } }),
    ...(charged && { charged: { ...charged } }),
    ...(refunded && { refunded: { ...refunded } }),
    ...(repair && { repair: { ...repair } }),
  };
}
