import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonLogger } from '../../functions/local/logger.ts';
import { type LocalServer, startLocal } from '../../functions/local/server.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import type { EventPublisher } from '../../shared/ports/event-publisher.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';
import { runScript } from './local-process.ts';
import { PATHS } from './paths.ts';
import { runPath } from './run-path.ts';
import { type StubAnswer, stubPlatform } from './stub-platform.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-15T18:00:00Z');
const SINCE = new Date(START).toISOString();

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const republish = (url: string, ...args: readonly string[]) =>
  runScript('scripts/republish.ts', [...args, '--url', url]);

describe('republishing everything', () => {
  it('twice after a run of orders leaves notices, receipts and ledger exactly as they were', async () => {
    // Nothing is too old here: that nobody is told again is up to what the consumers remember.
    const settings = { NOTICE_MAX_AGE_MS: `${30 * DAY_MS}` };
    const platform = await localPlatform({ storage: 'sqlite', time: 'manual', settings });
    undo.push(platform.stop);
    const ids: string[] = [];
    for (const path of PATHS) ids.push((await runPath(platform, path, { run: 'republish' })).orderId);
    const before = await effects(platform, ids);
    const events = await eventIds(platform, ids);
    expect(new Set(events).size).toBe(events.length);

    for (const round of [1, 2]) {
      expect(await republishAll(platform)).toBe(events.length);
      await platform.settle();
      expect(await effects(platform, ids)).toEqual(before);
      const published = await eventIds(platform, ids);
      expect(published).toHaveLength((round + 1) * events.length);
      expect(new Set(published)).toEqual(new Set(events));
    }
  });
});

describe('events that were lost', () => {
  it('are made good: notices and receipt are there as if nothing had been lost, and once', async () => {
    const { server, clock, lose } = await forgetfulPlatform();
    lose(true);
    const orderId = await place(server);
    expect(await arrived(server, orderId)).toEqual({ status: 'paid', notices: [], receipt: 404, charges: 1 });

    lose(false);
    const plan = await republish(server.url, '--since', SINCE, '--until', iso(clock.now()), '--dry-run');
    expect([plan.code, plan.stdout]).toEqual([0, '3 events of 1 orders would be published; none was\n']);
    expect(await arrived(server, orderId)).toMatchObject({ notices: [], receipt: 404 });

    for (let times = 0; times < 2; times += 1) {
      const { code, stdout } = await republish(server.url, '--since', SINCE, '--until', iso(clock.now()));
      expect([code, stdout]).toEqual([0, 'published 3 of 3 events of 1 orders\n']);
      expect(await arrived(server, orderId)).toEqual({
        status: 'paid',
        notices: [
          `${orderId}:1/customer/email`,
          `${orderId}:1/operators/operators`,
          `${orderId}:3/customer/email`,
          `${orderId}:3/restaurant/email`,
        ],
        receipt: 200,
        charges: 1,
      });
    }
  });

  it('and are older than notices may be, bring the receipt and the alert, and no notice', async () => {
    const { server, clock, lose } = await forgetfulPlatform();
    lose(true);
    const orderId = await place(server);
    await server.container.pump.idle();
    lose(false);
    clock.advance(DAY_MS + 1);
    const { code } = await republish(server.url, '--since', SINCE, '--until', iso(START));
    expect(code).toBe(0);
    const { notices, receipt } = await arrived(server, orderId);
    // Meanwhile the restaurant's time has run out, of which everybody is told.
    const late = notices.filter((key) => /:[123]\//.test(key));
    expect([late, receipt]).toEqual([[`${orderId}:1/operators/operators`], 200]);
  });
});

describe('npm run republish', () => {
  const USAGE: readonly (readonly [args: string, words: string])[] = [
    ['', '--since is missing'],
    ['--since yesterday', '--since yesterday is no instant'],
    ['--since 2026-02-30', '--since 2026-02-30 is no instant'],
    ['--since 2026-11-22T12:00:00', 'is no instant such as 2026-11-22T12:00:00Z'],
    ['--since 24h --until later', '--until later is no instant'],
    ['--since 2026-11-22 --until 2026-11-21', '--since must not lie after --until'],
    ['--since 2999-01-01', '--since must not lie after now'],
    ['--since 24h --force', "Unknown option '--force'"],
  ];

  it.each(USAGE)('called as "%s" says: %s', async (args, words) => {
    const { code, stdout, stderr } = await runScript('scripts/republish.ts', args.split(' ').filter(Boolean));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  it('says how to use it', async () => {
    const { code, stdout } = await runScript('scripts/republish.ts', ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('npm run republish -- --since T');
  });

  it.each([
    ['2026-01-15T19:00:00+01:00', START],
    ['2026-01-15', Date.parse('2026-01-15T00:00:00Z')],
  ])('takes --since %s', async (since, expected) => {
    const asked = await stub(() => ({ status: 200, body: page() }));
    expect((await republish(asked.url, '--since', since)).code).toBe(0);
    expect(asked.requests).toEqual([{ since: iso(expected), limit: 100, dryRun: false }]);
  });

  it.each([
    ['90m', 5_400_000],
    ['24h', DAY_MS],
    ['7d', 7 * DAY_MS],
  ])('takes an age of %s', async (age, expected) => {
    const asked = await stub(() => ({ status: 200, body: page() }));
    const now = Date.now();
    await republish(asked.url, '--since', age);
    const off = Date.parse(String(asked.requests[0]?.['since'])) - (now - expected);
    expect(Math.abs(off)).toBeLessThan(5_000);
  });

  it('that is broken off says what was done, and how to go on', async () => {
    const first = { orders: 100, events: 450, published: 450, nextCursor: '-c1' };
    const asked = await stub((count) => (count === 1 ? { status: 200, body: page(first) } : 'hang up'));
    const { code, stderr } = await republish(asked.url, '--since', SINCE);
    expect(code).toBe(1);
    expect(stderr).toContain('so far: published 450 of 450 events of 100 orders');
    expect(stderr).toContain('nothing answers at');
    const [, command = ''] = /npm run republish -- (.*)\n/.exec(stderr) ?? [];
    expect(command).toBe(`--since ${SINCE} --cursor=-c1 --url ${asked.url}`);

    const up = await stub(() => ({ status: 200, body: page() }));
    const { code: second } = await runScript('scripts/republish.ts', command.replace(asked.url, up.url).split(' '));
    expect([second, up.requests]).toEqual([0, [{ since: SINCE, limit: 100, dryRun: false, cursor: '-c1' }]]);
  });

  it('fails when events were not published, names them, and says how to try again', async () => {
    const unpublished = [{ eventId: 'ord_a:1', reason: 'throttled' }];
    const pages = [
      page({ orders: 100, events: 200, published: 200, nextCursor: 'c1' }),
      page({ orders: 100, events: 200, published: 199, unpublished, nextCursor: 'c2' }),
      page({ orders: 1, events: 2, published: 2 }),
    ];
    const asked = await stub((count) => ({ status: 200, body: pages[count - 1] ?? {} }));
    const { code, stdout, stderr } = await republish(asked.url, '--since', SINCE);
    expect([code, stdout]).toEqual([1, 'published 401 of 402 events of 201 orders\n']);
    expect(stderr).toContain('ord_a:1: throttled');
    expect(stderr).toContain('1 events were not published. Try again with');
    expect(stderr).toContain('--cursor=c1');
  });

  it('tells a cursor that is not good any more as it is', async () => {
    const { server } = await forgetfulPlatform();
    const { code, stderr } = await republish(server.url, '--since', SINCE, '--until', SINCE, '--cursor', 'nonsense');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^republish: 400 invalid-cursor: /);
    expect(stderr).not.toContain('Go on with');
  });
});

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function page(overrides: object = {}) {
  return { orders: 0, events: 0, published: 0, unpublished: [], nextCursor: null, ...overrides };
}

/** Answers republications as it is told to, and keeps what it was asked. */
async function stub(answer: (count: number) => StubAnswer) {
  const requests: Record<string, unknown>[] = [];
  const platform = await stubPlatform((_, body) => {
    requests.push(JSON.parse(body));
    return answer(requests.length);
  });
  undo.push(platform.close);
  return { ...platform, requests };
}

/** What came of the orders, beside their events. */
async function effects(platform: Platform, ids: readonly string[]): Promise<readonly unknown[]> {
  const headers = { authorization: `Bearer ${await platform.token('olga', ['operator'])}` };
  const ask = async (path: string) => {
    const response = await platform.request(path, { headers });
    return response.ok ? response.json() : response.status;
  };
  const each = ids.map(async (id) => ({
    notices: await platform.notices(id),
    ledger: await platform.ledger(id),
    receipt: await ask(`/v1/orders/${id}/receipt`),
    order: await ask(`/v1/orders/${id}`),
    deadLetters: await platform.deadLetters(id),
  }));
  return Promise.all(each);
}

async function eventIds(platform: Platform, ids: readonly string[]): Promise<readonly string[]> {
  const events = await Promise.all(ids.map((id) => platform.events(id)));
  return events.flat().map(({ id }) => id);
}

/** Through the API, a few orders at a time. Answers how many events were published. */
async function republishAll(platform: Platform): Promise<number> {
  const authorization = `Bearer ${await platform.token('olga', ['operator'])}`;
  let published = 0;
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const response = await platform.request('/v1/operations/republications', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ since: SINCE, limit: 5, cursor }),
    });
    const answer = (await response.json()) as { published: number; nextCursor: string | null };
    published += answer.published;
    cursor = answer.nextCursor;
  }
  return published;
}

/** The local platform over HTTP, with SQLite and a clock by hand, whose bus loses what is published while it is told to. */
async function forgetfulPlatform(): Promise<{ server: LocalServer; clock: ManualClock; lose(on: boolean): void }> {
  const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-republish-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const dataFile = join(folder, 'orders.sqlite');
  const clock = manualClock(START);
  let losing = false;
  const forgetful = (inner: EventPublisher): EventPublisher => ({
    publish: (events) =>
      losing ? Promise.resolve(events.map(({ id }) => ({ eventId: id, published: true }))) : inner.publish(events),
  });
  const server = await startLocal({
    settings: readLocalSettings({ PORT: '0', DATA_FILE: dataFile }),
    logger: jsonLogger({ level: 'silent' }),
    clock,
    publisher: forgetful,
  });
  undo.push(server.stop);
  return {
    server,
    clock,
    lose: (on) => {
      losing = on;
    },
  };
}

async function tokenOf({ container }: LocalServer, sub: string, groups: readonly string[] = []): Promise<string> {
  return (await container.issuer.token({ sub, groups })).token;
}

/** An order of high value. */
async function place(server: LocalServer): Promise<string> {
  const response = await fetch(`${server.url}/v1/orders`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(server, 'alice')}`,
      'content-type': 'application/json',
      'idempotency-key': 'dinner',
    },
    body: JSON.stringify({
      restaurantId: 'rest-0',
      items: [{ menuItemId: 'banquet', quantity: 1 }],
      deliveryAddress: '1 Main Street',
      paymentMethod: 'pm_card_visa',
      contact: { email: 'alice@customers.example' },
    }),
  });
  return ((await response.json()) as { id: string }).id;
}

async function arrived(server: LocalServer, orderId: string) {
  await server.container.pump.idle();
  const headers = { authorization: `Bearer ${await tokenOf(server, 'alice')}` };
  const ask = (path: string) => fetch(`${server.url}${path}`, { headers });
  const { status } = (await (await ask(`/v1/orders/${orderId}`)).json()) as { status: string };
  const { notices } = (await (await ask(`/dev/notices?orderId=${orderId}`)).json()) as { notices: { key: string }[] };
  const { movements } = (await (await ask(`/dev/ledger?orderId=${orderId}`)).json()) as { movements: unknown[] };
  const receipt = (await ask(`/v1/orders/${orderId}/receipt`)).status;
  return { status, notices: notices.map(({ key }) => key).sort(), receipt, charges: movements.length };
}
