import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Actor } from '../../shared/application/actor.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { PortError } from '../../shared/ports/port-error.ts';

/**
 * Tells who is asking from the `Authorization` header. Fails with a retryable PortError when the keys cannot be had; a token
 * that is no good is an answer, not an error.
 */
export type Authenticator = (authorizationHeader: string | undefined) => Promise<AuthResult>;

export type AuthResult =
  /** `expiresAt` in epoch milliseconds. */
  | { readonly kind: 'authenticated'; readonly actor: Actor; readonly expiresAt: number }
  | { readonly kind: 'refused'; readonly reason: AuthRefusal };

export type AuthRefusal = 'expired' | 'malformed' | 'missing' | 'not-accepted';

export interface JwtOptions {
  readonly issuer: string;
  readonly audience: string;
  /** `aud`, or `client_id` where access tokens have no audience (Cognito). */
  readonly audienceClaim: string;
  /** `createRemoteJWKSet(...)`, or `createLocalJWKSet(...)`, of jose. */
  readonly keys: JWTVerifyGetKey;
  /** The only algorithms that count; asymmetric ones. */
  readonly algorithms: readonly string[];
  /** Where the groups are, for example `cognito:groups`. */
  readonly groupsClaim: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** How far the clocks of the issuer and ours may be apart. */
const CLOCK_TOLERANCE_SECONDS = 30;
const LONGEST_TOKEN = 8_192;
const BEARER = /^Bearer +([\w.~+/=-]+)$/i;
const SUBJECT = /^[\x20-\x7e]{1,128}$/;
const RESTAURANT_GROUP = /^restaurant:([A-Za-z0-9._-]{1,64})$/;
const ASYMMETRIC = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;

/** Bearer tokens that are signed JWTs. Throws RangeError for algorithms that a public key could be abused with. */
export function jwtAuthenticator(options: JwtOptions): Authenticator {
  if (options.algorithms.length === 0 || !options.algorithms.every((algorithm) => ASYMMETRIC.test(algorithm))) {
    throw new RangeError('name at least one algorithm, and only asymmetric ones such as RS256 or ES256');
  }
  const keys = distinguishing(options.keys);
  return async (header) => {
    if (header === undefined || header === '') return refused('missing');
    const token = BEARER.exec(header)?.[1];
    if (token === undefined || token.length > LONGEST_TOKEN) return refused('malformed');
    try {
      return accept(options, await verify(options, keys, token));
    } catch (error) {
      return refused(reasonFor(error));
    }
  };
}

async function verify(options: JwtOptions, keys: JWTVerifyGetKey, token: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    issuer: options.issuer,
    algorithms: [...options.algorithms],
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(options.clock.now()),
  });
  return payload;
}

function accept({ audience, audienceClaim, groupsClaim }: JwtOptions, payload: JWTPayload): AuthResult {
  const claimed = payload[audienceClaim];
  const meantForUs = Array.isArray(claimed) ? claimed.includes(audience) : claimed === audience;
  const { sub, exp = 0 } = payload;
  if (!meantForUs || typeof sub !== 'string' || !SUBJECT.test(sub)) return refused('not-accepted');
  const groups = groupsOf(payload[groupsClaim]);
  const restaurants = groups.map((group) => RESTAURANT_GROUP.exec(group)?.[1]).filter((id) => id !== undefined);
  return {
    kind: 'authenticated',
    actor: { subject: sub, operator: groups.includes('operator'), restaurants: [...new Set(restaurants)] },
    expiresAt: exp * 1000,
  };
}

/** A claim that is not a list of texts grants nothing. */
function groupsOf(claim: unknown): readonly string[] {
  return Array.isArray(claim) && claim.every((group) => typeof group === 'string') ? claim : [];
}

function refused(reason: AuthRefusal): AuthResult {
  return { kind: 'refused', reason };
}

function reasonFor(error: unknown): AuthRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'malformed';
  if (error instanceof errors.JOSEError) return 'not-accepted';
  throw error;
}

/** Keys that cannot be had are an outage, a token that names none of them is a bad token. */
function distinguishing(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      throw isTokensFault(error) ? error : keysUnavailable(error);
    }
  };
}

function isTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function keysUnavailable(cause: unknown): PortError {
  return new PortError('unavailable', 'authenticate', { message: 'the keys of the issuer cannot be had', cause });
}
