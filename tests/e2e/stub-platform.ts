import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer of a stub, or `hang up`. */
export type StubAnswer = { readonly status: number; readonly body: object } | 'hang up';

/** Something that gives out tokens, and otherwise answers operators' commands as a test likes. */
export async function stubPlatform(
  answer: (request: IncomingMessage, body: string) => StubAnswer,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const given = request.url === '/dev/token' ? { status: 200, body: { token: 'stub' } } : answer(request, text);
    if (given === 'hang up') return void request.socket.destroy();
    response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
