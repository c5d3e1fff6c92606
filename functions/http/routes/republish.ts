import { createRoute } from '@hono/zod-openapi';
import { republishEvents } from '../../../shared/application/republish-events.ts';
import type { App, AppDeps, OperationsDeps } from '../app-context.ts';
import { answer, body, bodyProblems } from '../documentation.ts';
import { fromJson } from '../from-json.ts';
import { jsonBody } from '../json-body.ts';
import { sendRefusal } from '../problems.ts';
import { noQuery } from '../schemas/fields.ts';
import { republicationBody, republicationSchema } from '../schemas/operations.ts';

/** Enough to see what is wrong; the figures tell the rest. */
const MOST_REASONS = 20;

const route = createRoute({
  method: 'post',
  path: '/v1/operations/republications',
  operationId: 'republishEvents',
  tags: ['Operations'],
  summary: 'Publish the events of a time again',
  description:
    'Makes good events that were lost: goes through the orders page by page, and publishes the very events that their timelines ' +
    'hold. Consumers drop those that they have seen; customers and restaurants are not told of what is long past. May be ' +
    'repeated.',
  middleware: jsonBody(),
  request: { query: noQuery, body: body(republicationBody) },
  responses: {
    200: answer('What this page came to', republicationSchema),
    ...bodyProblems('invalid-cursor', 'forbidden'),
  },
});

export function republishRoute(app: App, { orders, clock }: AppDeps, operations: OperationsDeps): void {
  app.openapi(route, async (c) => {
    const { since, until, limit, cursor, dryRun } = fromJson(c.req.valid('json'));
    const result = await republishEvents(
      { ...operations, orders, clock },
      {
        since: Date.parse(since),
        ...(until !== undefined && { until: Date.parse(until) }),
        page: { limit, ...(cursor !== undefined && { cursor }) },
        dryRun,
      },
    );
    if (result.kind === 'refused') return sendRefusal(c, result);
    const { kind: _, unpublished, ...figures } = result;
    return c.json({ ...figures, unpublished: unpublished.slice(0, MOST_REASONS) }, 200);
  });
}
