import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Authenticator, AuthResult } from './auth.ts';

export interface RememberTokensOptions {
  readonly clock: Pick<Clock, 'now'>;
}

/** How long an accepted token is not looked at again: a key that is withdrawn counts for this much longer. */
const REMEMBERED_MS = 60_000;
const MOST_TOKENS = 10_000;

interface Remembered {
  readonly result: AuthResult & { kind: 'authenticated' };
  readonly until: number;
}

/**
 * The same authenticator, which does not verify a token again that it has just accepted: that takes longer than the rest of a
 * request. Nothing is remembered beyond the token's own expiry, and nothing of refused ones. Tokens are known by their SHA-256.
 */
export function rememberTokens(authenticate: Authenticator, { clock }: RememberTokensOptions): Authenticator {
  const known = new LRUCache<string, Remembered>({ max: MOST_TOKENS });
  return async (header) => {
    if (header === undefined) return authenticate(header);
    const key = hash('sha256', header);
    const remembered = known.get(key);
    if (remembered && clock.now() < remembered.until) return remembered.result;
    known.delete(key);
    const result = await authenticate(header);
    if (result.kind === 'authenticated') {
      known.set(key, { result, until: Math.min(result.expiresAt, clock.now() + REMEMBERED_MS) });
    }
    return result;
  };
}
