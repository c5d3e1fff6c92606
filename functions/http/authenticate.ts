import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './app-context.ts';
import type { Authenticator, AuthRefusal } from './auth.ts';
import { sendProblem } from './problems.ts';

const DETAILS: Readonly<Record<AuthRefusal, string>> = {
  missing: 'the token is missing: send Authorization: Bearer <token>',
  malformed: 'the token is malformed: send Authorization: Bearer <a signed JWT>',
  expired: 'the token has expired: get a new one',
  'not-accepted': 'the token is not accepted here',
};

/** Lets only those through who bring a good token, and says who they are. */
export function authentication(authenticate: Authenticator): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const result = await authenticate(c.req.header('Authorization'));
    if (result.kind === 'authenticated') {
      c.set('actor', result.actor);
      return next();
    }
    const { reason } = result;
    // RFC 6750: a request without a token is told the scheme and nothing else.
    const error = reason === 'missing' ? '' : `, error="invalid_token", error_description="${reason}"`;
    return sendProblem(c, {
      code: 'unauthenticated',
      detail: DETAILS[reason],
      headers: { 'WWW-Authenticate': `Bearer realm="tricloud-orders"${error}` },
    });
  };
}
