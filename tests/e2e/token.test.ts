import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Events, OAuth2Server } from 'oauth2-mock-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CALLBACK_URL, signIn } from '../../scripts/deploy/sign-in.ts';
import { runScript } from './local-process.ts';

const PORT = Number(new URL(CALLBACK_URL).port);
const CLIENT_ID = 'the-app';

/** One after the other, and all of them here: the port is always the same. */
describe('npm run token -- --stack', () => {
  const provider = new OAuth2Server();
  const children: ChildProcess[] = [];
  let folder: string;
  let environment: { PATH: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-token-'));
    environment = { PATH: `${folder}${delimiter}${process.env['PATH']}` };
    await provider.issuer.keys.generate('RS256');
    await provider.start(0, 'localhost');
  });
  afterAll(async () => {
    await provider.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const event of Object.values(Events)) provider.service.removeAllListeners(event);
    await stackHas({ issuer: provider.issuer.url, clientId: CLIENT_ID });
  });

  // Of a test that failed, which would keep the port.
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** A command in the place of Pulumi's, which knows the outputs of aws-dev. */
  async function stackHas(outputs: object): Promise<void> {
    const file = join(folder, 'pulumi');
    const asked = '[ "$*" = "stack output --json --stack aws-dev" ] || exit 9';
    await writeFile(file, `#!/bin/sh\n${asked}\nprintf '%s' '${JSON.stringify(outputs)}'\n`);
    await chmod(file, 0o755);
  }

  /** The command, up to where it waits for somebody to sign in. */
  async function waiting(...args: string[]) {
    const command = ['--import', './scripts/prelude.mjs', 'scripts/token.ts', '--stack', 'aws-dev', ...args];
    const child = spawn(process.execPath, command, { env: { ...process.env, ...environment } });
    children.push(child);
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      out.stdout += chunk;
    });
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...out }));
    const address = await new Promise<URL>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        out.stderr += chunk;
        const [, shown] = /^open this address in a browser:\n(\S+)\n/.exec(out.stderr) ?? [];
        if (shown) resolve(new URL(shown));
      });
      child.once('close', () => reject(new Error(out.stderr)));
    });
    return { address, ended, child };
  }

  const callback = (query: Readonly<Record<string, string>>) =>
    fetch(`${CALLBACK_URL}?${new URLSearchParams(query)}`, { redirect: 'manual' });

  it('prints the token of whoever signed in, and only that', async () => {
    const redeemed: unknown[] = [];
    let token: unknown;
    provider.service.once(Events.BeforeResponse, ({ body }, request) => {
      redeemed.push(Reflect.get(Object(request.body), 'redirect_uri'), Reflect.get(Object(request.body), 'client_id'));
      token = Reflect.get(Object(body), 'access_token');
    });
    const { address, ended } = await waiting();
    expect(Object.fromEntries(address.searchParams)).toEqual({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: CALLBACK_URL,
      scope: 'openid',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    // Browsers do this, and send nothing.
    const ahead = connect(PORT, 'localhost').on('error', () => undefined);
    await once(ahead, 'connect');
    const page = await fetch(address);
    expect([page.status, Object.fromEntries(page.headers)]).toMatchObject([
      200,
      {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'",
      },
    ]);
    expect(await page.text()).toContain('You are signed in. You may close this window.');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([0, `${token}\n`]);
    expect(stderr).toBe(`open this address in a browser:\n${address.href}\n`);
    expect(redeemed).toEqual([CALLBACK_URL, CLIENT_ID]);
  });

  it('--json tells also when it runs out', async () => {
    const { address, ended } = await waiting('--json');
    await fetch(address);
    const { token, expiresAt } = JSON.parse((await ended).stdout);
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
    expect(Math.abs(Date.parse(expiresAt) - exp * 1_000)).toBeLessThan(5_000);
  });

  it('turns other requests away, shows nothing of them, and goes on waiting', async () => {
    const { address, ended } = await waiting();
    const state = address.searchParams.get('state') ?? '';
    const answers = [
      await callback({ code: '<script>', state: 'another' }),
      await callback({ code: 'code' }),
      await callback({ error: 'access_denied', state: `${state}x` }),
      await fetch(new URL('/favicon.ico', CALLBACK_URL)),
      await fetch(`${CALLBACK_URL}?${new URLSearchParams({ code: 'code', state })}`, { method: 'POST' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 404, 404]);
    expect(await answers[0]?.text()).not.toContain('script');
    expect((await fetch(address)).status).toBe(200);
    expect((await ended).code).toBe(0);
  });

  it("tells in one line what the provider has against it, at its pages or for the code's token", async () => {
    const first = await waiting();
    const words = 'no\nsuch\u001b[31mperson<b>';
    const state = first.address.searchParams.get('state') ?? '';
    const page = await callback({ error: 'access_denied', error_description: words, state });
    expect([page.status, await page.text()]).toEqual([400, expect.not.stringContaining('person')]);
    const refused = await first.ended;
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr.split('\n').slice(2)).toEqual([
      'token: signing in failed: access_denied: no such [31mperson<b>',
      '',
    ]);

    provider.service.once(Events.BeforeResponse, (response) => {
      Object.assign(response, { statusCode: 400, body: { error: 'invalid_grant' } });
    });
    const second = await waiting();
    expect((await fetch(second.address)).status).toBe(400);
    expect(await second.ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/\ntoken: signing in failed: invalid_grant\n$/),
    });
  });

  it('a code that was got with the challenge of somebody else is worth nothing', async () => {
    const { address, ended } = await waiting();
    address.searchParams.set('code_challenge', 'A'.repeat(43));
    expect((await fetch(address)).status).toBe(400);
    expect(await ended).toMatchObject({ code: 1, stdout: '' });
  });

  it('is ended by Ctrl-C, without a word', async () => {
    const { address, ended, child } = await waiting();
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ signal: 'SIGINT', stdout: '', stderr: expect.stringMatching(/http\S+\n$/) });
    await expect(fetch(CALLBACK_URL), address.href).rejects.toThrow();
  });

  it('does not wait for ever, and lets go of the port', async () => {
    const signedIn = signIn({
      issuer: provider.issuer.url ?? '',
      clientId: CLIENT_ID,
      showAddress: () => undefined,
      patienceMs: 50,
    });
    await expect(signedIn).rejects.toThrow('nobody signed in within 0.05 seconds');
    await expect(fetch(CALLBACK_URL)).rejects.toThrow();
  });

  it('says that the port is taken', async () => {
    const other = createServer().listen(PORT, 'localhost');
    await once(other, 'listening');
    const { code, stdout, stderr } = await runScript('scripts/token.ts', ['--stack', 'aws-dev'], environment);
    other.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^token: port 8976 is taken, .+\n$/);
  });

  it.each([
    [{ clientId: CLIENT_ID }, 'the stack has no output issuer: is it deployed?'],
    [{ issuer: 'nowhere', clientId: CLIENT_ID }, 'nowhere does not tell how to sign in: Invalid URL'],
    [
      { issuer: 'http://localhost:1', clientId: CLIENT_ID },
      'http://localhost:1 does not tell how to sign in: fetch failed',
    ],
    // Unencrypted is for this machine alone.
    [{ issuer: 'http://127.0.0.2:1', clientId: CLIENT_ID }, 'only requests to HTTPS are allowed'],
  ])('says what is wrong with a stack that has %j', async (outputs, words) => {
    await stackHas(outputs);
    const { code, stdout, stderr } = await runScript('scripts/token.ts', ['--stack', 'aws-dev'], environment);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(words);
  });

  it.each([
    [['--stack', 'aws-dev', '--sub', 'alice'], '--sub is for the local platform'],
    [['--stack', 'aws-dev', '--group', 'operator'], '--group is for the local platform'],
    [['--stack', 'aws-dev', '--url', 'http://127.0.0.1:1'], '--url is for the local platform'],
    [['--stack', 'dev'], 'dev is not <cloud>-<environment>'],
    [['--stack'], "Option '--stack <value>' argument missing"],
    [['aws-dev'], "Unexpected argument 'aws-dev'"],
  ])('called with %j says what to type', async (args, words) => {
    const { code, stdout, stderr } = await runScript('scripts/token.ts', args, { PATH: folder.concat('-nowhere') });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});
