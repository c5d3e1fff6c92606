import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppContext, AppDeps, AppEnv } from './app-context.ts';

const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives every request an id, its own where that is a sane one, and writes one line about it: who asked is not in it. */
export function requestLog({ clock, logger, metrics, newRequestId }: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const begun = clock.now();
    const inbound = c.req.header('X-Request-Id') ?? '';
    const requestId = SANE_ID.test(inbound) ? inbound : newRequestId();
    c.set('requestId', requestId);
    await next();
    c.res.headers.set('X-Request-Id', requestId);
    if (isLostOrder(c)) metrics.count('OrderCreationErrors');
    const orderId = c.get('orderId');
    const code = c.get('problemCode');
    logger.info(
      {
        method: c.req.method,
        route: routePattern(c),
        status: c.res.status,
        durationMs: clock.now() - begun,
        requestId,
        ...(orderId !== undefined && { orderId }),
        ...(code !== undefined && { code }),
      },
      'request',
    );
  };
}

/** Somebody wanted to order, and we were not able to take it. */
function isLostOrder(c: AppContext): boolean {
  return c.res.status >= 500 && c.req.method === 'POST' && routePattern(c) === '/v1/orders';
}

/** Never the path itself: what clients put there is theirs. */
function routePattern(c: AppContext): string {
  return matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? 'unmatched';
}
