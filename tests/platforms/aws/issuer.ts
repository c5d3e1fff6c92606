import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const CLIENT_ID = 'orders-app';
const ALGORITHM = 'RS256';
const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
const JWK = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: ALGORITHM, use: 'sig' };

/** An issuer of tokens as a Cognito user pool is one: access tokens name the client, and have no audience. */
export async function startIssuer(now: () => number) {
  const server = createServer((request, response) => {
    const known = request.url === '/.well-known/jwks.json';
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [JWK] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token(sub: string, groups: readonly string[] = [], more: Readonly<Record<string, unknown>> = {}): Promise<string> {
      const seconds = Math.floor(now() / 1_000);
      const claims = { sub, iss: url, client_id: CLIENT_ID, token_use: 'access', 'cognito:groups': groups };
      return new SignJWT({ ...claims, iat: seconds, exp: seconds + 3_600, ...more })
        .setProtectedHeader({ alg: ALGORITHM, kid: 'key-1' })
        .sign(privateKey);
    },
    async close(): Promise<void> {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
