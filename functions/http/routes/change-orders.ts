import { createRoute } from '@hono/zod-openapi';
import {
  approveOrder,
  cancelOrder,
  changeAddress,
  confirmOrder,
  requestRefund,
  requestSettlement,
  setStatus,
} from '../../../shared/application/order-commands.ts';
import type { App, AppDeps } from '../app-context.ts';
import { body, bodyProblems, orderAnswer } from '../documentation.ts';
import { jsonBody } from '../json-body.ts';
import type { ProblemCode } from '../problem-codes.ts';
import { ifMatchHeader, noQuery, orderPath } from '../schemas/fields.ts';
import {
  addressBody,
  approvalBody,
  cancellationBody,
  confirmationBody,
  orderSchema,
  refundBody,
  settlementBody,
  statusBody,
} from '../schemas/orders.ts';
import { changeRequest, sendChanged, sendRecorded } from './order-request.ts';

const tags = ['Order changes'];
const request = { query: noQuery, params: orderPath, headers: ifMatchHeader };
const changed = orderAnswer('The order as it is now', orderSchema);
const recorded = orderAnswer(
  'The wish is recorded; it is carried out once the charge under way has ended',
  orderSchema,
);

function changeProblems(...codes: readonly ProblemCode[]): object {
  return bodyProblems('forbidden', 'order-not-found', 'illegal-transition', ...codes, 'precondition-failed', 'busy');
}

const addressRoute = createRoute({
  method: 'patch',
  path: '/v1/orders/{orderId}',
  operationId: 'changeAddress',
  tags,
  summary: 'Send the order elsewhere',
  description: 'For its owner, until the restaurant prepares it, and at most ten times.',
  middleware: jsonBody(),
  request: { ...request, body: body(addressBody) },
  responses: { 200: changed, ...changeProblems('too-many-changes') },
});

const statusRoute = createRoute({
  method: 'put',
  path: '/v1/orders/{orderId}/status',
  operationId: 'setStatus',
  tags,
  summary: 'Move a confirmed order on',
  description: 'For its restaurant (`processing`, `shipped`) and operators (also `delivered`).',
  middleware: jsonBody(),
  request: { ...request, body: body(statusBody) },
  responses: { 200: changed, ...changeProblems() },
});

const cancellationRoute = createRoute({
  method: 'post',
  path: '/v1/orders/{orderId}/cancellation',
  operationId: 'cancelOrder',
  tags,
  summary: 'Call the order off',
  description:
    'For its owner and operators, until it is shipped. What was charged is refunded. The body may be left out.',
  middleware: jsonBody({ optional: true }),
  request: { ...request, body: body(cancellationBody, false) },
  responses: { 200: changed, 202: recorded, ...changeProblems() },
});

const approvalRoute = createRoute({
  method: 'post',
  path: '/v1/orders/{orderId}/approval',
  operationId: 'approveOrder',
  tags,
  summary: 'Approve or reject a large order',
  description: 'For operators, while the order awaits approval.',
  middleware: jsonBody(),
  request: { ...request, body: body(approvalBody) },
  responses: { 200: changed, ...changeProblems('already-decided') },
});

const confirmationRoute = createRoute({
  method: 'post',
  path: '/v1/orders/{orderId}/confirmation',
  operationId: 'confirmOrder',
  tags,
  summary: 'Take on or refuse a paid order',
  description: 'For its restaurant and operators. A refused order is refunded.',
  middleware: jsonBody(),
  request: { ...request, body: body(confirmationBody) },
  responses: { 200: changed, ...changeProblems('already-decided', 'too-late') },
});

const refundRoute = createRoute({
  method: 'post',
  path: '/v1/orders/{orderId}/refund',
  operationId: 'refundOrder',
  tags,
  summary: 'Give the money back',
  description:
    'For operators: of an order that is shipped or delivered, or whose refund has failed. Not while the charge is disputed: the ' +
    'customer would have the money twice.',
  middleware: jsonBody(),
  request: { ...request, body: body(refundBody) },
  responses: { 200: changed, ...changeProblems('payment-disputed') },
});

const settlementRoute = createRoute({
  method: 'post',
  path: '/v1/orders/{orderId}/settlement',
  operationId: 'settleOrder',
  tags,
  summary: 'Have the provider asked now',
  description:
    'For operators, of an order that is `charging` or `refunding`: what became of its charge or refund is asked at once, however ' +
    'long the platform would have waited. A charge that has not happened by then never will. Repeated before the provider has ' +
    'been asked it changes nothing. Only operators are shown the reason.',
  middleware: jsonBody(),
  request: { ...request, body: body(settlementBody) },
  responses: {
    202: orderAnswer('It is recorded, and the provider is about to be asked', orderSchema),
    ...changeProblems(),
  },
});

export function changeOrderRoutes(app: App, deps: AppDeps): void {
  app.openapi(addressRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    return sendChanged(c, await changeAddress(deps, { ...change, ...c.req.valid('json') }));
  });

  app.openapi(statusRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    return sendChanged(c, await setStatus(deps, { ...change, ...c.req.valid('json') }));
  });

  app.openapi(cancellationRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    const result = await cancelOrder(deps, { ...change, ...noted(c.req.valid('json')) });
    return result.kind === 'done' && result.outcome === 'cancel_requested'
      ? sendRecorded(c, result)
      : sendChanged(c, result);
  });

  app.openapi(approvalRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    const { approved, ...rest } = c.req.valid('json');
    return sendChanged(c, await approveOrder(deps, { ...change, approved, ...noted(rest) }));
  });

  app.openapi(confirmationRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    const { accepted, ...rest } = c.req.valid('json');
    return sendChanged(c, await confirmOrder(deps, { ...change, accepted, ...noted(rest) }));
  });

  app.openapi(refundRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    return sendChanged(c, await requestRefund(deps, { ...change, note: c.req.valid('json').reason }));
  });

  app.openapi(settlementRoute, async (c) => {
    const change = await changeRequest(c, deps, c.req.valid('param'), c.req.valid('header'));
    return sendRecorded(c, await requestSettlement(deps, { ...change, note: c.req.valid('json').reason }));
  });
}

/** The API's `reason` is somebody's own words; inside, a reason is a short code and theirs is the note. */
function noted({ reason }: { readonly reason?: string | undefined }): { readonly note?: string } {
  return reason === undefined ? {} : { note: reason };
}
