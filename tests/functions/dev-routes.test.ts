import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';

describe('/dev', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await localPlatform({ storage: 'memory', time: 'manual' });
  });
  afterAll(() => platform.stop());

  const askToken = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    platform.request('/dev/token', { method: 'POST', headers, body });

  it('gives a token to whoever asks on this machine', async () => {
    const response = await askToken('{"sub":"olga","groups":["operator","restaurant:rest-0","driver"]}');
    expect(response.status).toBe(200);
    const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string };
    expect(Date.parse(expiresAt)).toBeGreaterThan(platform.now());
    const listed = await platform.request('/v1/orders?customerId=alice', {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(listed.status).toBe(200);
  });

  it.each([
    ['{', 'malformed-json', 400],
    ['{}', 'invalid-request', 400],
    ['{"sub":""}', 'invalid-request', 400],
    ['{"sub":"ünï"}', 'invalid-request', 400],
    ['{"sub":"a","groups":["operators"]}', 'invalid-request', 400],
    ['{"sub":"a","groups":["restaurant:"]}', 'invalid-request', 400],
    ['{"sub":"a","admin":true}', 'invalid-request', 400],
    [`{"sub":"${'a'.repeat(70_000)}"}`, 'payload-too-large', 413],
  ])('refuses a token for %.40s', async (body, code, status) => {
    const response = await askToken(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('gives none to a form on a page elsewhere', async () => {
    const response = await askToken('{"sub":"olga","groups":["operator"]}', { 'content-type': 'text/plain' });
    expect(response.status).toBe(415);
  });

  it.each(['/dev/ledger', '/dev/notices', '/dev/deadletters', '/dev/token'])(
    'answers nothing at %s by a name that is not this machine',
    async (path) => {
      const method = path === '/dev/token' ? 'POST' : 'GET';
      // In process the address is what follows `http://localhost`: this one makes it another host.
      const response = await platform.request(`.evil.example${path}`, { method });
      expect(response.status).toBe(403);
    },
  );

  it('refuses a cursor that is none', async () => {
    const response = await platform.request('/dev/deadletters?cursor=x');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid-cursor' });
  });
});
