import { exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AuthResult, jwtAuthenticator } from '../../functions/http/auth.ts';
import { NOON } from '../fixtures.ts';
import {
  type Api,
  AUDIENCE,
  expectProblem,
  ISSUER,
  PUBLIC_JWK,
  signToken,
  startApi,
  testAuthenticator,
} from './app.harness.ts';

type Claims = Readonly<Record<string, unknown>>;

const SECONDS = NOON / 1000;
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A valid token in which one part is replaced, and the signature stays. */
async function forged(part: 'header' | 'payload', change: object): Promise<string> {
  const [header = '', payload = '', signature = ''] = (await signToken(NOON)).split('.');
  const altered = (text: string) => base64({ ...JSON.parse(Buffer.from(text, 'base64url').toString()), ...change });
  return part === 'header'
    ? `${altered(header)}.${payload}.${signature}`
    : `${header}.${altered(payload)}.${signature}`;
}

async function signedByStranger(): Promise<string> {
  return signToken(NOON, {}, (await generateKeyPair('ES256')).privateKey);
}

/** The classic: the public key, which everybody knows, taken for the secret of an HMAC. */
async function hmacWithPublicKey(): Promise<string> {
  const publicKey = await importJWK(PUBLIC_JWK, 'ES256', { extractable: true });
  if (publicKey instanceof Uint8Array) throw new Error('expected an asymmetric key');
  return new SignJWT({ sub: 'alice', iss: ISSUER, aud: AUDIENCE, exp: SECONDS + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
    .sign(new TextEncoder().encode(await exportSPKI(publicKey)));
}

function unsigned(): string {
  return new UnsecuredJWT({ sub: 'alice', iss: ISSUER, aud: AUDIENCE, exp: SECONDS + 60 }).encode();
}

const claims = (change: Claims) => () => signToken(NOON, change);

const BAD_TOKENS: readonly [string, RegExp, () => string | Promise<string>][] = [
  ['one that has expired', /expired/, claims({ exp: SECONDS - 31 })],
  ['one that is not good yet', /not accepted/, claims({ nbf: SECONDS + 31 })],
  ['one that never expires', /not accepted/, claims({ exp: undefined })],
  ['one whose expiry is no number', /malformed|not accepted/, claims({ exp: 'never' })],
  ['one of another issuer', /not accepted/, claims({ iss: 'https://evil.test' })],
  ['one without an issuer', /not accepted/, claims({ iss: undefined })],
  ['one for another audience', /not accepted/, claims({ aud: 'other-api' })],
  ['one for several other audiences', /not accepted/, claims({ aud: ['a', 'b'] })],
  ['one without an audience', /not accepted/, claims({ aud: undefined })],
  ['one whose audience is our name as a part', /not accepted/, claims({ aud: `${AUDIENCE}-admin` })],
  ['one without a subject', /not accepted/, claims({ sub: undefined })],
  ['one with an empty subject', /not accepted/, claims({ sub: '' })],
  ['one with a subject of 129 characters', /not accepted/, claims({ sub: 'a'.repeat(129) })],
  ['one with a subject in other letters', /not accepted/, claims({ sub: 'älice' })],
  ['one with a line break in its subject', /not accepted/, claims({ sub: 'alice\r\nX-Evil: 1' })],
  ['one with a subject that is no text', /malformed|not accepted/, claims({ sub: 7 })],
  ['one that somebody else has signed', /not accepted/, signedByStranger],
  ['one whose subject was changed', /not accepted/, () => forged('payload', { sub: 'olga', groups: ['operator'] })],
  ['one whose algorithm was changed to none', /not accepted/, () => forged('header', { alg: 'none' })],
  ['one whose algorithm was changed to HS256', /not accepted/, () => forged('header', { alg: 'HS256' })],
  ['one that names another key', /not accepted/, () => forged('header', { kid: '../../key' })],
  ['one that brings its own key', /not accepted/, () => forged('header', { jwk: PUBLIC_JWK })],
  ['one with a critical extension', /malformed|not accepted/, () => forged('header', { crit: ['x'], x: 1 })],
  ['an unsigned one (alg: none)', /malformed|not accepted/, unsigned],
  ['one signed by HMAC with our public key', /not accepted/, hmacWithPublicKey],
  ['a part of one', /malformed/, async () => (await signToken(NOON)).split('.').slice(0, 2).join('.')],
  ['plain text', /malformed/, () => 'let-me-in'],
  ['dots', /malformed/, () => '..'],
  ['one that is far too long', /malformed/, () => signToken(NOON, { padding: 'x'.repeat(9000) })],
];

const BAD_HEADERS: readonly [string, RegExp, string | undefined][] = [
  ['no header', /missing/, undefined],
  ['an empty one', /missing/, ''],
  ['another scheme', /malformed/, 'Basic YWxpY2U6c2VjcmV0'],
  ['no token', /malformed/, 'Bearer '],
  ['a token without a scheme', /malformed/, 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln'],
  ['two tokens', /malformed/, 'Bearer a.b.c, Bearer d.e.f'],
];

describe('a request that is not signed in', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });

  it.each(BAD_TOKENS)('is refused with a token that is %s', async (_, detail, make) => {
    const token = await make();
    const answer = await api.send('GET', '/v1/orders', { as: null, headers: { Authorization: `Bearer ${token}` } });
    expectProblem(answer, 401, 'unauthenticated');
    expect((answer.json as { detail: string }).detail).toMatch(detail);
    expect(answer.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer realm="tricloud-orders", error="invalid_token", error_description="[a-z-]+"$/,
    );
    expect(answer.text).not.toContain(token.slice(0, 20));
    expect(JSON.stringify(api.logs)).not.toContain(token.slice(0, 20));
  });

  it.each(BAD_HEADERS)('is refused with %s', async (_, detail, value) => {
    const headers = value === undefined ? {} : { Authorization: value };
    const answer = await api.send('GET', '/v1/orders', { as: null, headers });
    expectProblem(answer, 401, 'unauthenticated');
    expect((answer.json as { detail: string }).detail).toMatch(detail);
    expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer realm="tricloud-orders"/);
  });

  it('is told the scheme alone when it brings nothing', async () => {
    const answer = await api.send('GET', '/v1/orders', { as: null });
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="tricloud-orders"');
  });

  it.each([
    ['POST', '/v1/orders'],
    ['GET', '/v1/orders/anything'],
    ['POST', '/v1/orders/anything/refund'],
    ['GET', '/v1/restaurants'],
    ['POST', '/v1/restaurants/search'],
    ['GET', '/v1/nothing-here'],
    ['DELETE', '/v1/orders'],
    ['GET', '/v1'],
  ])('is refused before anything else is looked at: %s %s', async (method, path) => {
    const body = method === 'POST' ? { raw: '{not json' } : {};
    expectProblem(await api.send(method, path, { as: null, ...body }), 401, 'unauthenticated');
    expect(api.writes()).toBe(0);
  });

  it.each(['/healthz', '/openapi.json', '/docs', '/docs/init.js'])('may see %s', async (path) => {
    expect((await api.send('GET', path, { as: null })).status).toBe(200);
  });
});

describe('a token', () => {
  it('is good within 30 seconds of clocks that differ', async () => {
    const api = await startApi();
    for (const change of [{ exp: SECONDS - 29 }, { nbf: SECONDS + 29 }]) {
      const headers = { Authorization: `Bearer ${await signToken(NOON, change)}` };
      expect((await api.send('GET', '/v1/orders', { as: null, headers })).status).toBe(200);
    }
  });

  it('expires by the clock of the platform', async () => {
    const api = await startApi();
    const headers = { Authorization: `bearer   ${await signToken(NOON)}` };
    expect((await api.send('GET', '/v1/orders', { as: null, headers })).status).toBe(200);
    api.clock.advance(3_600_000 + 31_000);
    expectProblem(await api.send('GET', '/v1/orders', { as: null, headers }), 401, 'unauthenticated');
  });

  const clock = { now: () => NOON };
  const ACTORS: readonly [Claims, object][] = [
    [{}, { subject: 'alice', operator: false, restaurants: [] }],
    [{ sub: 'a'.repeat(128) }, { subject: 'a'.repeat(128) }],
    [{ sub: '~ !' }, { subject: '~ !' }],
    [{ aud: ['other', AUDIENCE] }, { subject: 'alice' }],
    [{ groups: ['operator'] }, { operator: true, restaurants: [] }],
    [{ groups: ['restaurant:rest-1', 'restaurant:a.b_c'] }, { operator: false, restaurants: ['rest-1', 'a.b_c'] }],
    [{ groups: ['restaurant:rest-1', 'restaurant:rest-1'] }, { restaurants: ['rest-1'] }],
    [{ groups: ['driver', 'Operator', 'operators', 'admin'] }, { operator: false, restaurants: [] }],
    [{ groups: ['restaurant:', 'restaurant:a/b', 'restaurant: rest-1', 'xrestaurant:rest-1'] }, { restaurants: [] }],
    [{ groups: 'operator' }, { operator: false, restaurants: [] }],
    [{ groups: ['operator', 7] }, { operator: false }],
    [{ groups: { operator: true } }, { operator: false }],
    [{ groups: null }, { operator: false }],
    [{ 'cognito:groups': ['operator'] }, { operator: false }],
  ];

  it.each(ACTORS)('with %j makes somebody %j', async (change, actor) => {
    const result = await testAuthenticator(clock)(`Bearer ${await signToken(NOON, change)}`);
    expect(result).toMatchObject({ kind: 'authenticated', actor });
  });

  it('may have its audience in client_id, and its groups elsewhere, as Cognito does', async () => {
    const key = await importJWK(PUBLIC_JWK, 'ES256');
    const authenticate = jwtAuthenticator({
      issuer: ISSUER,
      audience: 'client-7',
      audienceClaim: 'client_id',
      keys: async () => key as Exclude<typeof key, Uint8Array>,
      algorithms: ['ES256'],
      groupsClaim: 'cognito:groups',
      clock,
    });
    const ask = async (change: Claims): Promise<AuthResult> =>
      authenticate(`Bearer ${await signToken(NOON, { aud: undefined, ...change })}`);
    expect(await ask({ client_id: 'client-7', 'cognito:groups': ['operator'] })).toMatchObject({
      kind: 'authenticated',
      actor: { operator: true },
    });
    expect(await ask({ client_id: 'client-8' })).toEqual({ kind: 'refused', reason: 'not-accepted' });
    expect(await ask({ aud: 'client-7' })).toEqual({ kind: 'refused', reason: 'not-accepted' });
  });
});

describe('the authenticator', () => {
  const options = {
    issuer: ISSUER,
    audience: AUDIENCE,
    audienceClaim: 'aud',
    groupsClaim: 'groups',
    clock: { now: () => NOON },
  };

  it.each([[[]], [['none']], [['HS256']], [['RS256', 'HS512']], [['es256']]])(
    'refuses to start with the algorithms %j',
    (algorithms) => {
      const keys = async () => new Uint8Array();
      expect(() => jwtAuthenticator({ ...options, keys, algorithms })).toThrow(RangeError);
    },
  );

  it('answers 503 while the keys of the issuer cannot be had', async () => {
    const keys = async () => {
      throw new TypeError('fetch failed: https://issuer.test/keys?secret=1');
    };
    const api = await startApi({ authenticate: jwtAuthenticator({ ...options, keys, algorithms: ['ES256'] }) });
    const answer = await api.place();
    expectProblem(answer, 503, 'unavailable');
    expect(answer.headers.get('Retry-After')).toBe('1');
    expect(answer.text).not.toContain('issuer.test');
    expect(api.writes()).toBe(0);
  });
});
