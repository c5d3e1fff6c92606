import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Clock } from '../../shared/ports/clock.ts';

/** Issues tokens to whoever asks: for development on one's own machine, and mounted by the local platform alone. */
export interface DevIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithm: string;
  /** The public key, for the verifier. */
  readonly publicKey: JWK;
  token(request: DevTokenRequest): Promise<{ readonly token: string; readonly expiresAt: string }>;
}

export interface DevTokenRequest {
  readonly sub: string;
  readonly groups?: readonly string[];
}

const ALGORITHM = 'ES256';
const LIFETIME_MS = 12 * 3_600_000;

/** An issuer whose key is kept by `secret`, so that tokens outlive a restart. */
export async function devIssuer({
  secret,
  clock,
}: {
  readonly secret: (name: string, fresh: string) => Promise<string>;
  readonly clock: Clock;
}): Promise<DevIssuer> {
  const kept: JWK = JSON.parse(await secret('dev-issuer-key', JSON.stringify(await freshKey())));
  const privateKey = await importJWK(kept, ALGORITHM);
  const { d: _, ...publicKey } = kept;
  const issuer = 'urn:tricloud-orders:local';
  const audience = 'tricloud-orders';
  return {
    issuer,
    audience,
    algorithm: ALGORITHM,
    publicKey,
    async token({ sub, groups = [] }) {
      const issuedAt = clock.now();
      const expiresAt = issuedAt + LIFETIME_MS;
      const token = await new SignJWT({ groups })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setSubject(sub)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(new Date(issuedAt))
        .setExpirationTime(new Date(expiresAt))
        .sign(privateKey);
      return { token, expiresAt: new Date(expiresAt).toISOString() };
    },
  };
}

async function freshKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return exportJWK(privateKey);
}
