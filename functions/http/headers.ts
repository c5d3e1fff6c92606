import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from './app-context.ts';

type ContentSecurityPolicy = NonNullable<NonNullable<Parameters<typeof secureHeaders>[0]>['contentSecurityPolicy']>;

const NOTHING: ContentSecurityPolicy = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** The docs page loads from here alone; its stylesheet holds its icons as `data:`. */
const OWN_FILES: ContentSecurityPolicy = {
  ...NOTHING,
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
};

/** Security headers on every answer; those of the docs page let it load its own files. */
export function securityHeaders(): MiddlewareHandler<AppEnv> {
  const forApi = secureHeaders({ contentSecurityPolicy: NOTHING, xFrameOptions: 'DENY' });
  const forDocs = secureHeaders({ contentSecurityPolicy: OWN_FILES, xFrameOptions: 'DENY' });
  return (c, next) => (/^\/docs(?:\/|$)/.test(c.req.path) ? forDocs(c, next) : forApi(c, next));
}

/** Answers are somebody's own, unless a handler says how they may be kept. */
export const noStore: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
};

/** Lets pages of the configured origins call the API, without cookies; others are told nothing. */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler<AppEnv> {
  const allow = cors({
    origin: [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH'],
    allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'X-Request-Id'],
    exposeHeaders: ['ETag', 'Location', 'Idempotency-Replayed', 'X-Request-Id', 'Retry-After'],
    maxAge: 600,
  });
  return async (c, next) => {
    if (origins.includes(c.req.header('Origin') ?? '')) return allow(c, next);
    if (c.req.method === 'OPTIONS') return c.body(null, 204, { Vary: 'Origin' });
    // Before there is an answer: adding to one that is made would have it made again, as a stream.
    c.header('Vary', 'Origin', { append: true });
    return next();
  };
}
