import { type AddressInfo, connect } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { afterEach, describe, expect, it } from 'vitest';
import { type Api, ORDER, startApi } from './app.harness.ts';

/** What can only be sent by hand: over a socket, past every client that knows better. */
describe('bytes on the wire', () => {
  const servers: ServerType[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });

  async function listening(api: Api): Promise<number> {
    return new Promise((resolve) => {
      const server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }, (info: AddressInfo) =>
        resolve(info.port),
      );
      servers.push(server);
    });
  }

  /** Sends the bytes of `text` (Latin-1) and answers all that comes back until the connection ends. */
  function exchange(port: number, text: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
      let answer = '';
      socket.setEncoding('latin1');
      socket.on('data', (data) => {
        answer += data;
      });
      // A server that hangs up on too much input may reset the connection; what it said before counts.
      socket.on('error', () => resolve(answer));
      socket.on('close', () => resolve(answer));
    });
  }

  async function post(api: Api, headers: readonly string[], content: string): Promise<string> {
    const token = await api.token('alice');
    const head = [
      'POST /v1/orders HTTP/1.1',
      'Host: api.test',
      'Connection: close',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      ...headers,
    ];
    return exchange(await listening(api), `${head.join('\r\n')}\r\n\r\n${content}`);
  }

  const body = JSON.stringify(ORDER);
  const length = `Content-Length: ${body.length}`;
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

  it('place an order', async () => {
    const api = await startApi();
    const answer = await post(api, ['Idempotency-Key: k', length], body);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(api.writes()).toBe(1);
  });

  it('place an order in chunks', async () => {
    const api = await startApi();
    const chunks = chunk(body.slice(0, 10)) + chunk(body.slice(10)) + chunk('');
    expect(await post(api, ['Idempotency-Key: k', 'Transfer-Encoding: chunked'], chunks)).toMatch(/^HTTP\/1\.1 201 /);
  });

  it('are refused in chunks that add up to too much', async () => {
    const api = await startApi();
    const chunks = chunk(' '.repeat(10_000)).repeat(7) + chunk(body) + chunk('');
    const answer = await post(api, ['Idempotency-Key: k', 'Transfer-Encoding: chunked'], chunks);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('payload-too-large');
    expect(api.writes()).toBe(0);
  });

  it.each([
    ['a bare line feed', 'Idempotency-Key: a\nX-Evil: 1'],
    ['a bare carriage return', 'Idempotency-Key: a\rb'],
    ['a null byte', 'Idempotency-Key: a\0b'],
    ['a colon before a name', ': a'],
    ['two lengths', `Content-Length: 1\r\nIdempotency-Key: k`],
    ['a length and chunks', 'Transfer-Encoding: chunked\r\nIdempotency-Key: k'],
  ])('are refused with %s in the headers', async (_, header) => {
    const api = await startApi();
    expect(await post(api, [header, length], body)).toMatch(/^HTTP\/1\.1 400 /);
    expect(api.writes()).toBe(0);
  });

  it('are refused with a key of other letters', async () => {
    const api = await startApi();
    const answer = await post(api, ['Idempotency-Key: schl\xfcssel', length], body);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('invalid-idempotency-key');
    expect(api.writes()).toBe(0);
  });

  it('bring no header into the answer', async () => {
    const api = await startApi();
    const headers = [
      'X-Request-Id: a\r\nSet-Cookie: evil=1',
      'Idempotency-Key: k\r\nLocation: https://evil.test',
      length,
    ];
    const answer = await post(api, headers, body);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).not.toMatch(/evil/);
    expect(answer).toMatch(/^X-Request-Id: a\r$/im);
  });

  it('do not bend the path', async () => {
    const api = await startApi();
    const token = await api.token('olga');
    for (const path of ['/v1/orders/../../../etc/passwd', '//evil.test/v1/orders', '/v1/orders/%0d%0aSet-Cookie:x']) {
      const head = `GET ${path} HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`;
      const answer = await exchange(await listening(api), head);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).not.toMatch(/^Set-Cookie/im);
    }
  });
});
