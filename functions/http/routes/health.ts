import { createRoute, z } from '@hono/zod-openapi';
import type { App, AppDeps } from '../app-context.ts';
import { answer, problemResponses } from '../documentation.ts';
import { sendProblem } from '../problems.ts';
import { noQuery } from '../schemas/fields.ts';

const route = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  tags: ['Platform'],
  summary: 'Ask whether the API can serve',
  description: 'For load balancers; needs no token.',
  security: [],
  request: { query: noQuery },
  responses: {
    200: answer('It can', z.object({ status: z.literal('ok') }).openapi('Health', { example: { status: 'ok' } })),
    ...problemResponses(['invalid-request', 'unavailable']),
  },
});

export function healthRoute(app: App, { ready, logger }: AppDeps): void {
  app.openapi(route, async (c) => {
    try {
      await ready?.();
      return c.json({ status: 'ok' as const }, 200);
    } catch (error) {
      // Whatever is wrong, the answer is the same: not here, not now.
      const name = error instanceof Error ? error.name : typeof error;
      logger.warn({ error: name, correlationId: c.get('requestId') }, 'not ready');
      return sendProblem(c, { code: 'unavailable', detail: 'the platform cannot serve at the moment' });
    }
  });
}
