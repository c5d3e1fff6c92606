import { createLocalJWKSet, exportSPKI, importJWK, type JWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { devIssuer } from '../../functions/local/dev-issuer.ts';
import { NOON } from '../fixtures.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

const HOUR = 3_600_000;

/** What keeps secrets across restarts. */
function safe() {
  const kept = new Map<string, string>();
  return {
    kept,
    secret: async (name: string, fresh: string) => {
      if (!kept.has(name)) kept.set(name, fresh);
      return kept.get(name) ?? fresh;
    },
  };
}

type Issuer = Awaited<ReturnType<typeof devIssuer>>;

function verify({ publicKey, issuer, audience, algorithm }: Issuer, token: string, clock: ManualClock) {
  return jwtVerify(token, createLocalJWKSet({ keys: [publicKey] }), {
    issuer,
    audience,
    algorithms: [algorithm],
    currentDate: new Date(clock.now()),
  });
}

describe('the development issuer', () => {
  it('issues tokens that its public key verifies', async () => {
    const clock = manualClock(NOON);
    const issuer = await devIssuer({ ...safe(), clock });
    const { token, expiresAt } = await issuer.token({ sub: 'alice', groups: ['operator', 'restaurant:rest-1'] });
    const { payload, protectedHeader } = await verify(issuer, token, clock);
    expect(payload).toEqual({
      sub: 'alice',
      groups: ['operator', 'restaurant:rest-1'],
      iss: issuer.issuer,
      aud: issuer.audience,
      iat: NOON / 1_000,
      exp: (NOON + 12 * HOUR) / 1_000,
    });
    expect(protectedHeader.alg).toBe(issuer.algorithm);
    expect(Date.parse(expiresAt)).toBe(NOON + 12 * HOUR);
  });

  it('puts nobody into a group unasked', async () => {
    const clock = manualClock(NOON);
    const issuer = await devIssuer({ ...safe(), clock });
    const { token } = await issuer.token({ sub: 'alice' });
    expect((await verify(issuer, token, clock)).payload['groups']).toEqual([]);
  });

  it.each([
    ['just before they expire', 12 * HOUR - 1_000, true],
    ['once they have expired', 12 * HOUR + 1_000, false],
  ])('issues tokens that are good for 12 hours: %s', async (_, later, good) => {
    const clock = manualClock(NOON);
    const issuer = await devIssuer({ ...safe(), clock });
    const { token } = await issuer.token({ sub: 'alice' });
    clock.advance(later);
    const verified = await verify(issuer, token, clock).then(
      () => true,
      () => false,
    );
    expect(verified).toBe(good);
  });

  it('keeps its key, so that tokens outlive a restart', async () => {
    const clock = manualClock(NOON);
    const keeping = safe();
    const before = await devIssuer({ ...keeping, clock });
    const { token } = await before.token({ sub: 'alice' });
    const restarted = await devIssuer({ ...keeping, clock });
    expect(restarted.publicKey).toEqual(before.publicKey);
    expect((await verify(restarted, token, clock)).payload.sub).toBe('alice');
  });

  it('accepts no token of another installation', async () => {
    const clock = manualClock(NOON);
    const [mine, other] = [await devIssuer({ ...safe(), clock }), await devIssuer({ ...safe(), clock })];
    const { token } = await other.token({ sub: 'alice', groups: ['operator'] });
    await expect(verify(mine, token, clock)).rejects.toThrow('signature verification failed');
  });

  it('shows nothing of its private key', async () => {
    const keeping = safe();
    const issuer = await devIssuer({ ...keeping, clock: manualClock(NOON) });
    const [stored = ''] = keeping.kept.values();
    const { d = '' } = JSON.parse(stored) as JWK;
    expect(d).not.toBe('');
    expect(JSON.stringify(issuer)).not.toContain(d);
    const key = await importJWK(issuer.publicKey, issuer.algorithm);
    if (key instanceof Uint8Array) throw new Error('the key is no key pair');
    expect(key.type).toBe('public');
    expect(await exportSPKI(key)).toContain('PUBLIC KEY');
  });
});
