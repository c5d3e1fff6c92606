import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalProcess, runScript, startProcess } from './local-process.ts';

/** The local platform in the place of a deployed one, and a command in Pulumi's that knows where it is. */
describe('npm run smoke', () => {
  let folder: string;
  let platform: LocalProcess;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-smoke-'));
    platform = await startProcess({ DATA_FILE: ':memory:', RETRY_BASE_MS: '2000', SWEEP_INTERVAL_MS: '200' });
    const outputs = join(folder, 'outputs.json');
    await writeFile(outputs, JSON.stringify({ apiUrl: `${platform.url}/` }));
    await writeFile(join(folder, 'pulumi'), `#!/bin/sh\ncat "${outputs}"\n`);
    await chmod(join(folder, 'pulumi'), 0o755);
    environment = {
      PATH: `${folder}${delimiter}${process.env['PATH']}`,
      ORDERS_CUSTOMER_TOKEN: await tokenOf('smoke'),
      ORDERS_RESTAURANT_TOKEN: await tokenOf('kitchen', 'restaurant:rest-7'),
      ORDERS_TOKEN: await tokenOf('operator', 'operator'),
    };
  });
  afterAll(async () => {
    await platform.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function tokenOf(sub: string, ...groups: string[]): Promise<string> {
    const response = await fetch(`${platform.url}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub, groups }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  // These two wait for the pauses between attempts: together that is once.
  it.concurrent('goes every path that waits for nobody, and says which it left', async () => {
    const { code, stdout } = await runScript('scripts/smoke.ts', ['aws-dev', '--wait', '60'], environment);
    expect(stdout).toContain('20 of 20 paths ended as they should.');
    expect(stdout.match(/^not run: .*$/gm)).toEqual([
      "not run: approval expired: it waits for people's time to run out",
      "not run: restaurant silent: it waits for people's time to run out",
    ]);
    expect(code).toBe(0);
  }, 90_000);

  it.concurrent('may be repeated, and finds what is wrong', async () => {
    const wrong = { ...environment, ORDERS_RESTAURANT_TOKEN: await tokenOf('kitchen', 'restaurant:rest-8') };
    const { code, stdout } = await runScript('scripts/smoke.ts', ['aws-dev', '--wait', '20'], wrong);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^paid and confirmed:\n {2}paid and confirmed: \/confirmation answered 40[34]/m);
    expect(stdout).toMatch(/^declined +ord_\S+ +payment_failed +as it should be/m);
    expect(stdout).not.toContain('20 of 20');
  }, 90_000);

  it.each([
    [[], 'name one stack'],
    [['aws-prod'], 'aws-prod is production'],
    [['aws-dev', '--wait', 'long'], '--wait long is not a number of seconds'],
  ])('called with %j says: %s', async (args, words) => {
    const { code, stdout, stderr } = await runScript('scripts/smoke.ts', args, environment);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  it.each([
    [{ ORDERS_TOKEN: 'one\nof two lines' }, 2, 'ORDERS_TOKEN is not an access token: it has other characters'],
    [{ ORDERS_CUSTOMER_TOKEN: 'run.out' }, 2, 'ORDERS_CUSTOMER_TOKEN is not taken (401)'],
  ])('with %j orders nothing, and says: %s', async (tokens, code, words) => {
    const ended = await runScript('scripts/smoke.ts', ['aws-dev'], { ...environment, ...tokens });
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain('of two lines');
  });

  it("is not content with anybody's token for an operator's", async () => {
    const tokens = { ...environment, ORDERS_TOKEN: await tokenOf('alice') };
    const { code, stderr } = await runScript('scripts/smoke.ts', ['aws-dev'], tokens);
    expect([code, stderr]).toEqual([2, expect.stringContaining('who is not in the group operator')]);
  });

  it('says why nothing answers', async () => {
    const pulumi = join(folder, 'pulumi-elsewhere');
    await mkdir(pulumi);
    const answer = JSON.stringify({ apiUrl: 'http://127.0.0.1:1' });
    await writeFile(join(pulumi, 'pulumi'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    const { code, stderr } = await runScript('scripts/smoke.ts', ['aws-dev'], {
      ...environment,
      PATH: `${pulumi}${delimiter}${process.env['PATH']}`,
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('http://127.0.0.1:1/v1/restaurants/rest-7: fetch failed: '),
    ]);
  });

  it('names the tokens that it misses', async () => {
    const { code, stderr } = await runScript('scripts/smoke.ts', ['aws-dev'], { ...environment, ORDERS_TOKEN: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('set ORDERS_TOKEN to an access token');
  });
});
