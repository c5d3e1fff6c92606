import { describe, expect, it } from 'vitest';
import { expectProblem, ORIGIN, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

const EXPOSED = 'ETag,Location,Idempotency-Replayed,X-Request-Id,Retry-After';

describe('cross-origin requests', () => {
  it('of a configured origin are allowed, without cookies', async () => {
    const api = await startApi();
    const { headers } = await api.place({ headers: { Origin: ORIGIN } });
    expect(headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN);
    expect(headers.get('Access-Control-Expose-Headers')).toBe(EXPOSED);
    expect(headers.has('Access-Control-Allow-Credentials')).toBe(false);
    expect(headers.get('Vary')).toContain('Origin');
  });

  it('may read problems, too', async () => {
    const api = await startApi();
    for (const as of [null, 'alice'] as const) {
      const { headers } = await api.send('GET', '/v1/orders?limit=x', { as, headers: { Origin: ORIGIN } });
      expect(headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN);
    }
  });

  it('are asked for in advance without a token', async () => {
    const api = await startApi();
    const preflight = { Origin: ORIGIN, 'Access-Control-Request-Method': 'PUT' };
    const { status, headers, text } = await api.send('OPTIONS', '/v1/orders/x/status', {
      as: null,
      headers: preflight,
    });
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN);
    expect(headers.get('Access-Control-Allow-Methods')).toBe('GET,HEAD,POST,PUT,PATCH');
    expect(headers.get('Access-Control-Allow-Headers')).toBe(
      'Authorization,Content-Type,Idempotency-Key,If-Match,X-Request-Id',
    );
    expect(headers.get('Access-Control-Max-Age')).toBe('600');
  });

  it.each([
    'https://evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'https://shop.example.evil.example',
    'https://SHOP.example',
    'null',
  ])('of %s are told nothing', async (origin) => {
    const api = await startApi();
    const simple = await api.send('GET', '/v1/orders', { headers: { Origin: origin } });
    const preflight = await api.send('OPTIONS', '/v1/orders', {
      as: null,
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });
    for (const { headers } of [simple, preflight]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(headers.get('Vary')).toContain('Origin');
    }
  });

  it('are all foreign where no origin is configured', async () => {
    const api = await startApi({ corsOrigins: [] });
    const { headers } = await api.send('GET', '/v1/orders', { headers: { Origin: '' } });
    expect(headers.has('Access-Control-Allow-Origin')).toBe(false);
  });
});

describe('every answer', () => {
  const PATHS = ['/v1/orders', '/v1/orders?limit=x', '/v1/nothing', '/nothing', '/healthz', '/openapi.json', '/docs'];

  it.each(PATHS)('to %s has security headers and a request id', async (path) => {
    const api = await startApi();
    const { headers } = await api.send('GET', path);
    expect(headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Frame-Options')).toBe('DENY');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('Strict-Transport-Security')).toMatch(/max-age=\d+/);
    expect(headers.get('X-Request-Id')).toBe('request-1');
  });

  it.each(['/v1/orders', '/v1/orders?limit=x', '/v1/nothing', '/nothing', '/healthz'])(
    'to %s is kept by nobody',
    async (path) => {
      const api = await startApi();
      expect((await api.send('GET', path)).headers.get('Cache-Control')).toBe('no-store');
    },
  );

  it('to HEAD is that to GET without a body', async () => {
    const api = await startApi();
    const { id, version } = await givenOrder(api.orders, 'paid');
    const head = await api.send('HEAD', `/v1/orders/${id}`);
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers.get('ETag')).toBe(`"${version}"`);
    expect((await api.send('HEAD', '/v1/orders/none')).status).toBe(404);
  });
});

describe('the request id', () => {
  it.each(['7f3c2a9e-0b1d-4c55-9d7e-1f2a3b4c5d6e', 'a', 'A.b_c-9', 'x'.repeat(64)])(
    'is the one that came: %s',
    async (id) => {
      const api = await startApi();
      const answer = await api.send('GET', '/v1/orders?limit=x', { headers: { 'X-Request-Id': id } });
      expect(answer.headers.get('X-Request-Id')).toBe(id);
      expect(answer.json).toMatchObject({ instance: `urn:tricloud-orders:request:${id}` });
      expect(api.logs.at(-1)).toMatchObject({ requestId: id });
    },
  );

  it.each(['', ' ', 'a b', 'a,b', 'x'.repeat(65), 'a%0d%0aSet-Cookie:x', '<script>', 'ä', '{"a":1}', '../x'])(
    'is a new one where %j came',
    async (id) => {
      const api = await startApi();
      const answer = await api.send('GET', '/healthz', { headers: { 'X-Request-Id': id } });
      expect(answer.headers.get('X-Request-Id')).toBe('request-1');
      expect(JSON.stringify(api.logs)).not.toContain('Set-Cookie');
    },
  );
});

describe('methods and addresses', () => {
  it.each([
    ['DELETE', '/v1/orders', 'GET, HEAD, POST'],
    ['POST', '/v1/orders/ord_x', 'GET, HEAD, PATCH'],
    ['GET', '/v1/orders/ord_x/status', 'PUT'],
    ['HEAD', '/v1/orders/ord_x/refund', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PUT', '/openapi.json', 'GET, HEAD'],
  ])('answers 405 to %s %s, and what is allowed', async (method, path, allow) => {
    const api = await startApi();
    const answer = await api.send(method, path);
    if (method === 'HEAD') expect(answer.status).toBe(405);
    else expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers.get('Allow')?.split(', ').sort().join(', ')).toBe(allow);
    expect(answer.headers.get('X-Request-Id')).toBe('request-1');
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
  });

  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/orders/',
    '/v1/orders/a/b',
    '/v1/orders//timeline',
    '/V1/orders',
    '/v2/orders',
    '/favicon.ico',
    '/docs/../../etc/passwd',
    '/docs/..%2f..%2fpackage.json',
    '/docs/package.json',
    '/docs/__proto__',
    '/.env',
    '/dev/token',
  ])('answers 404 to %s', async (path) => {
    const api = await startApi();
    expectProblem(await api.send('GET', path), 404, 'not-found');
  });
});

describe('the health of the platform', () => {
  it('is ok while it is ready', async () => {
    const api = await startApi({ ready: async () => undefined });
    expect((await api.send('GET', '/healthz', { as: null })).json).toEqual({ status: 'ok' });
  });

  it('is 503 while it is not, and why stays inside', async () => {
    const api = await startApi({
      ready: async () => {
        throw new Error('password wrong for db-1');
      },
    });
    const answer = await api.send('GET', '/healthz', { as: null });
    expectProblem(answer, 503, 'unavailable');
    expect(answer.headers.get('Retry-After')).toBe('1');
    expect(answer.text).not.toContain('db-1');
  });
});

describe('the log', () => {
  it('has one line for a request, with the pattern of its route and the order', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'paid');
    await api.send('GET', `/v1/orders/${id}/timeline`);
    expect(api.logs).toEqual([
      {
        level: 'info',
        message: 'request',
        method: 'GET',
        route: '/v1/orders/:orderId/timeline',
        status: 200,
        durationMs: 0,
        requestId: 'request-1',
        orderId: id,
      },
    ]);
  });

  it('names the order that was placed, and the code of a problem', async () => {
    const api = await startApi();
    const { json } = await api.place();
    await api.send('GET', '/v1/orders?limit=x');
    const [placed, refused] = api.logs;
    expect(placed).toMatchObject({ route: '/v1/orders', status: 201, orderId: (json as { id: string }).id });
    expect(refused).toMatchObject({ route: '/v1/orders', status: 400, code: 'invalid-request' });
  });

  it('does not repeat an address that nothing is at', async () => {
    const api = await startApi();
    await api.send('GET', '/v1/alice@example.com');
    expect(api.logs).toMatchObject([{ route: 'unmatched', status: 404, code: 'not-found' }]);
    expect(JSON.stringify(api.logs)).not.toContain('alice');
  });

  it('measures by the clock of the platform', async () => {
    const api = await startApi({ ready: async () => api.clock.advance(7) });
    await api.send('GET', '/healthz');
    expect(api.logs).toMatchObject([{ durationMs: 7 }]);
  });
});
