import { createRoute } from '@hono/zod-openapi';
import { getDeadLetter, listDeadLetters, redriveDeadLetter } from '../../../shared/application/dead-letters.ts';
import type { App, OperationsDeps } from '../app-context.ts';
import { answer, problems } from '../documentation.ts';
import { fromJson } from '../from-json.ts';
import { sendRefusal } from '../problems.ts';
import { deadLetterJson } from '../representations.ts';
import { noQuery } from '../schemas/fields.ts';
import {
  deadLetterListSchema,
  deadLetterPath,
  deadLetterSchema,
  deadLettersQuery,
  redrivenSchema,
} from '../schemas/operations.ts';

const tags = ['Operations'];
const request = { query: noQuery, params: deadLetterPath };

const listRoute = createRoute({
  method: 'get',
  path: '/v1/operations/dead-letters',
  operationId: 'listDeadLetters',
  tags,
  summary: 'List what was given up on, oldest first',
  description: 'Messages that a consumer or the workflow could not handle, however often they were delivered.',
  request: { query: deadLettersQuery },
  responses: {
    200: answer('A page of dead letters', deadLetterListSchema),
    ...problems('invalid-cursor', 'forbidden'),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/operations/dead-letters/{deadLetterId}',
  operationId: 'getDeadLetter',
  tags,
  summary: 'Look at a dead letter',
  description: 'With the message and the reason why it failed the last time.',
  request,
  responses: {
    200: answer('The dead letter', deadLetterSchema),
    ...problems('forbidden', 'dead-letter-not-found'),
  },
});

const redriveRoute = createRoute({
  method: 'post',
  path: '/v1/operations/dead-letters/{deadLetterId}/redrive',
  operationId: 'redriveDeadLetter',
  tags,
  summary: 'Have a dead letter delivered again',
  description:
    'Puts it back on its queue. A repeat does nothing. What fails again becomes another dead letter, with an id of its own.',
  request,
  responses: {
    200: answer('It is on its queue again', redrivenSchema),
    ...problems('forbidden', 'dead-letter-not-found'),
  },
});

export function deadLetterRoutes(app: App, deps: OperationsDeps): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor, ...filters } = fromJson(c.req.valid('query'));
    const result = await listDeadLetters(deps, filters, { limit, ...(cursor !== undefined && { cursor }) });
    if (result.kind === 'refused') return sendRefusal(c, result);
    const { items, nextCursor } = result.page;
    return c.json({ deadLetters: items.map(deadLetterJson), nextCursor }, 200);
  });

  app.openapi(getRoute, async (c) => {
    const result = await getDeadLetter(deps, c.req.valid('param').deadLetterId);
    return result.kind === 'refused' ? sendRefusal(c, result) : c.json(deadLetterJson(result.deadLetter), 200);
  });

  app.openapi(redriveRoute, async (c) => {
    const result = await redriveDeadLetter(deps, c.req.valid('param').deadLetterId);
    return result.kind === 'refused' ? sendRefusal(c, result) : c.json({ redriven: true as const }, 200);
  });
}
