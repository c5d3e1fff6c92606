import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import * as oidc from 'openid-client';
import { plain } from '../command.ts';

/** Where the browser comes back to. The user pool compares it letter by letter, therefore the port is always this one. */
export const CALLBACK_URL = 'http://localhost:8976/callback';
const PATIENCE_MS = 5 * 60_000;
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'",
  connection: 'close',
} as const;

export interface SignInOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Gets the address at which somebody has to sign in. */
  readonly showAddress: (address: string) => void;
  readonly patienceMs?: number;
}

export interface AccessToken {
  readonly token: string;
  /** Where the provider says it. */
  readonly expiresAt?: string;
}

type Callback = { readonly url: URL; readonly response: ServerResponse };

/** Has somebody sign in by their browser: authorization code with PKCE (RFC 7636), and a loopback redirect (RFC 8252). */
export async function signIn(options: SignInOptions): Promise<AccessToken> {
  const client = await clientOf(options);
  const [verifier, state] = [oidc.randomPKCECodeVerifier(), oidc.randomState()];
  const address = oidc.buildAuthorizationUrl(client, {
    redirect_uri: CALLBACK_URL,
    scope: 'openid',
    state,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const server = await listen();
  try {
    const called = callback(server, state, options.patienceMs ?? PATIENCE_MS);
    options.showAddress(address.href);
    return await redeem(client, await called, { pkceCodeVerifier: verifier, expectedState: state });
  } finally {
    server.close();
    // Browsers open connections ahead, which would hold the process.
    server.closeAllConnections();
  }
}

async function clientOf({ issuer, clientId }: SignInOptions): Promise<oidc.Configuration> {
  try {
    const url = new URL(issuer);
    const local = url.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname);
    return await oidc.discovery(url, clientId, {}, oidc.None(), { execute: local ? [oidc.allowInsecureRequests] : [] });
  } catch (cause) {
    throw new Error(`${issuer} does not tell how to sign in: ${reason(cause)}`, { cause });
  }
}

async function listen(): Promise<Server> {
  const { port, hostname } = new URL(CALLBACK_URL);
  const server = createServer().listen(Number(port), hostname);
  try {
    await once(server, 'listening');
    return server;
  } catch (cause) {
    const taken = Reflect.get(Object(cause), 'code') === 'EADDRINUSE';
    const hint = `port ${port} is taken, and the browser comes back to no other: end what listens there, perhaps another sign-in`;
    throw new Error(taken ? hint : `cannot listen at ${CALLBACK_URL}: ${reason(cause)}`, { cause });
  }
}

/** The request that belongs to this sign-in. Others are turned away: any page may send the browser here. */
function callback(server: Server, state: string, patienceMs: number): Promise<Callback> {
  return new Promise((resolve, reject) => {
    const late = new Error(`nobody signed in within ${patienceMs / 1_000} seconds`);
    setTimeout(() => reject(late), patienceMs).unref();
    server.on('request', (request, response) => {
      const url = callbackUrl(request);
      if (!url) return void answer(response, 404, 'There is nothing here.');
      if (url.searchParams.get('state') === state) return resolve({ url, response });
      void answer(response, 400, 'This is not the sign-in that is waited for.');
    });
  });
}

/** Of the request only the query is taken, whatever address it says it is for. */
function callbackUrl({ method, url = '' }: IncomingMessage): URL | undefined {
  const [path, query = ''] = url.split(/\?(.*)/s);
  const { pathname } = new URL(CALLBACK_URL);
  return method === 'GET' && path === pathname ? new URL(`${CALLBACK_URL}?${query}`) : undefined;
}

async function redeem(
  client: oidc.Configuration,
  { url, response }: Callback,
  checks: { readonly pkceCodeVerifier: string; readonly expectedState: string },
): Promise<AccessToken> {
  try {
    const tokens = await oidc.authorizationCodeGrant(client, url, checks);
    const seconds = tokens.expiresIn();
    await answer(response, 200, 'You are signed in.');
    const expiry = seconds === undefined ? {} : { expiresAt: new Date(Date.now() + seconds * 1_000).toISOString() };
    return { token: tokens.access_token, ...expiry };
  } catch (cause) {
    await answer(response, 400, 'You are not signed in: the terminal says why.');
    throw new Error(`signing in failed: ${reason(cause)}`, { cause });
  }
}

/** Nothing of what was asked is in the page. The browser may be gone before it has it: that does not matter. */
async function answer(response: ServerResponse, status: number, sentence: string): Promise<void> {
  response.writeHead(status, PAGE_HEADERS);
  response.end(`<!doctype html><title>tricloud-orders</title><p>${sentence} You may close this window.</p>\n`);
  await finished(response).catch(() => undefined);
}

/** In the provider's own words where it has some, in one line. */
function reason(error: unknown): string {
  const told = error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError;
  const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
  const words = told ? [error.error, error.error_description] : [message, cause instanceof Error && cause.message];
  return plain(words.filter(Boolean).join(': '));
}
