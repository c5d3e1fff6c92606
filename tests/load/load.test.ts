import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLogger } from '../../functions/local/logger.ts';
import { startLocal } from '../../functions/local/server.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import { runScript } from '../e2e/local-process.ts';
import type { LoadReport } from './report.ts';

const SHORT = ['--scale', '0.003', '--users', '20'];

describe('npm run load', () => {
  let folder: string;
  let stop: (() => Promise<unknown>)[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-load-test-'));
    stop = [() => rm(folder, { recursive: true, force: true })];
  });
  afterEach(async () => {
    await Promise.all(stop.map((end) => end()));
  });

  async function platform(): Promise<string> {
    const settings = readLocalSettings({ PORT: '0', DATA_FILE: ':memory:', LOG_LEVEL: 'silent' });
    const server = await startLocal({ settings, logger: jsonLogger({ level: 'silent' }) });
    stop.push(() => server.stop());
    return server.url;
  }

  async function standIn(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    stop.push(async () => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function load(...args: string[]) {
    const file = join(folder, 'report.json');
    const { code, stdout, stderr } = await runScript('scripts/load.ts', [...args, '--json', file]);
    const report = async (): Promise<LoadReport> => JSON.parse(await readFile(file, 'utf8'));
    return { code, stdout, stderr, report };
  }

  it('takes every order through its life on a platform that runs already', async () => {
    const { code, stdout, report } = await load(...SHORT, '--url', await platform());
    expect(stdout).toMatch(/passed {2}lives completed: (\d+) of \1\n/);
    expect(stdout).toMatch(/passed {2}p95 of requests/);
    const { iterations, kinds, lives, stages, server } = await report();
    expect(iterations).toBeGreaterThan(20);
    expect(kinds).toMatchObject({ create: { count: iterations, errors: {} }, get: { count: iterations, errors: {} } });
    expect(lives.checked).toMatchObject({
      acknowledged: iterations,
      completed: iterations,
      deadLetters: 0,
      problems: [],
    });
    expect(stages.map(({ name }) => name)).toEqual(['0 to 2', '2 users', '2 to 20', '20 users', '20 to 0']);
    expect(server).toBeUndefined();
    expect(code).toBe(0);
  });

  it('starts a platform of its own and says what that took', async () => {
    const { code, stdout, report } = await load('--scale', '0.002', '--users', '5');
    expect([code, stdout]).toEqual([0, expect.stringContaining('bytes per order')]);
    const { server, lives } = await report();
    expect(server?.rssBytes?.max).toBeGreaterThan(0);
    expect(server?.biggestWalBytes).toBeGreaterThan(0);
    expect(server?.data?.bytes).toBeGreaterThan(0);
    expect(server?.logged).toEqual({});
    expect(lives.checked?.completed).toBe(lives.acknowledged);
  });

  it('fails, and says by what, when requests fail', async () => {
    const url = await standIn((_, response) => {
      response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"busy"}');
    });
    const { code, stdout, report } = await load(...SHORT, '--url', url, '--token', 'a', '--kitchen-token', 'b');
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}failed requests: 100.000 %/);
    const { kinds } = await report();
    expect(Object.keys(kinds.create.errors)).toEqual(['503 busy']);
    expect(kinds.get.count).toBe(0);
  });

  it('fails when an order that was acknowledged is another one when looked at', async () => {
    const url = await standIn(({ method }, response) => {
      response.writeHead(method === 'POST' ? 201 : 200).end(`{"id":"${method}","status":"confirmed"}`);
    });
    const { code, report } = await load(...SHORT, '--url', url, '--token', 'a', '--kitchen-token', 'b');
    expect(code).toBe(1);
    expect(Object.keys((await report()).kinds.get.errors)).toEqual(['200 another order']);
  });

  it('says that nothing is running where nothing is', async () => {
    const { code, stderr } = await load(...SHORT, '--url', 'http://127.0.0.1:1');
    expect([code, stderr]).toEqual([1, 'nothing answers (ECONNREFUSED): is the platform running?\n']);
  });

  it('says in one line what is wrong with its arguments', async () => {
    const { code, stderr } = await load('--users', 'many');
    expect([code, stderr]).toEqual([1, '--users many: give a number from 1 to 10000\n']);
  });
});

describe('--help', () => {
  it.each([
    ['scripts/load.ts', 'npm run load'],
    ['scripts/bench-http.ts', 'bench-http'],
  ])('of %s says how to use it', async (file, words) => {
    const { code, stdout } = await runScript(file, ['--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(words)]);
  });
});
