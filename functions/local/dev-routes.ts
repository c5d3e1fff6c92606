import { Hono } from 'hono';
import { z } from 'zod';
import type { AppEnv } from '../http/app-context.ts';
import { sendProblem } from '../http/problems.ts';
import type { LocalAdapters } from './adapters.ts';
import type { DevIssuer } from './dev-issuer.ts';

const tokenRequest = z.strictObject({
  sub: z.string().regex(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters'),
  groups: z.array(z.string().min(1)).max(20).optional(),
});

export type DevPorts = Pick<LocalAdapters, 'ledger' | 'notices' | 'deadLetters'> & { readonly issuer: DevIssuer };

/** For looking inside, on the local platform alone: tokens, the gateway's books, what was sent, what was given up on. */
export function devRoutes({ issuer, ledger, notices, deadLetters }: DevPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.post('/token', async (c) => {
    const request = tokenRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!request.success) {
      const errors = request.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message }));
      const detail = 'send {"sub": "alice", "groups": ["operator"]}; see errors';
      return sendProblem(c, { code: 'invalid-request', detail, errors });
    }
    const { sub, groups } = request.data;
    return c.json(await issuer.token({ sub, ...(groups && { groups }) }));
  });
  app.get('/ledger', async (c) => {
    const orderId = c.req.query('orderId');
    const movements = await ledger.movements(orderId);
    return c.json({ movements, entries: orderId === undefined ? [] : await ledger.byOrder(orderId) });
  });
  app.get('/notices', async (c) => c.json({ notices: await notices.sent(c.req.query('orderId')) }));
  app.get('/deadletters', async (c) => {
    const orderId = c.req.query('orderId');
    const cursor = c.req.query('cursor');
    const page = await deadLetters.list(
      { ...(orderId !== undefined && { orderId }) },
      { limit: 100, ...(cursor !== undefined && { cursor }) },
    );
    return c.json({ deadLetters: page.items, nextCursor: page.nextCursor });
  });
  return app;
}
