import { Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { invalidCursor } from '../../shared/application/list-orders.ts';
import { isPortError } from '../../shared/ports/port-error.ts';
import type { AppEnv } from '../http/app-context.ts';
import { jsonBody } from '../http/json-body.ts';
import { sendProblem, sendRefusal } from '../http/problems.ts';
import type { LocalAdapters } from './adapters.ts';
import type { DevIssuer } from './dev-issuer.ts';

const tokenRequest = z.strictObject({
  sub: z
    .string('must be 1 to 128 printable ASCII characters')
    .regex(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters'),
  groups: z
    .array(
      z
        .string()
        .regex(/^(operator|driver|restaurant:[A-Za-z0-9._-]{1,64})$/, 'must be operator, driver or restaurant:<id>'),
    )
    .max(20)
    .optional(),
});

/** Names of this machine. Any other is a page elsewhere whose name was made to point here. */
const OWN_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

export type DevPorts = Pick<LocalAdapters, 'notices' | 'deadLetters'> & {
  /** Left out where the books are not ours to show. */
  readonly ledger?: LocalAdapters['ledger'];
  readonly issuer: DevIssuer;
  readonly metrics: ReturnType<typeof countingMetrics>;
};

/** For looking inside, on the local platform alone: tokens, the gateway's books, what was sent, what was given up on. */
export function devRoutes({ issuer, ledger, notices, deadLetters, metrics }: DevPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(fromThisMachine);
  app.post('/token', jsonBody(), async (c) => {
    const request = tokenRequest.safeParse(await c.req.json());
    if (!request.success) {
      const errors = request.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message }));
      const detail = 'send {"sub": "alice", "groups": ["operator"]}; see errors';
      return sendProblem(c, { code: 'invalid-request', detail, errors });
    }
    const { sub, groups } = request.data;
    return c.json(await issuer.token({ sub, ...(groups && { groups }) }));
  });
  app.get('/ledger', async (c) => {
    if (!ledger)
      return sendProblem(c, { code: 'not-found', detail: "the books are the payment provider's: look there" });
    const orderId = c.req.query('orderId');
    const entries = orderId === undefined ? {} : { entries: await ledger.byOrder(orderId) };
    return c.json({ movements: await ledger.movements(orderId), ...entries });
  });
  app.get('/metrics', (c) => c.json({ metrics: metrics.sums() }));
  app.get('/notices', async (c) => c.json({ notices: await notices.sent(c.req.query('orderId')) }));
  app.get('/deadletters', async (c) => {
    const { orderId, cursor } = c.req.query();
    try {
      const query = orderId === undefined ? {} : { orderId };
      const page = await deadLetters.list(query, { limit: 100, ...(cursor !== undefined && { cursor }) });
      return c.json({ deadLetters: page.items, nextCursor: page.nextCursor });
    } catch (error) {
      if (isPortError(error, 'invalid-argument')) return sendRefusal(c, invalidCursor());
      throw error;
    }
  });
  return app;
}

const fromThisMachine: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (OWN_HOSTS.includes(new URL(c.req.url).hostname)) return next();
  return sendProblem(c, { code: 'forbidden', detail: 'ask by the address of this machine: 127.0.0.1 or localhost' });
};
