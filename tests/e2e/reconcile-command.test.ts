import { afterEach, describe, expect, it } from 'vitest';
import type { LocalAdapters } from '../../functions/local/adapters.ts';
import { jsonLogger } from '../../functions/local/logger.ts';
import { startLocal } from '../../functions/local/server.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import { manualClock } from '../manual-clock.ts';
import { runScript } from './local-process.ts';
import { type StubAnswer, stubPlatform } from './stub-platform.ts';

const START = Date.parse('2026-01-15T18:00:00Z');
const SINCE = '2026-01-15T18:00:00.000Z';
const USD = { amount: 1599, currency: 'USD' };

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const reconcile = (url: string, ...args: readonly string[]) =>
  runScript('scripts/reconcile.ts', [...args, '--url', url]);

describe('npm run reconcile on a running platform', () => {
  it('shows what differs, repairs it when it is told to, and finds nothing after that', async () => {
    const { url, adapters, clock } = await platformWithBooks();
    const charged = await stray(adapters, true);
    const open = await stray(adapters, false);
    clock.advance(7_200_000);

    const shown = await reconcile(url, '--since', SINCE);
    expect([shown.code, shown.stderr]).toEqual([1, 'so far: 2 differences in 2 payments and 0 orders\n']);
    expect(shown.stdout).toMatch(
      /charge-without-order +ord_nobody +no such order +\S+ +- +15\.99 USD +- +refund-charge +-\n/,
    );
    expect(shown.stdout).toContain(
      '2 differences in 2 payments and 0 orders, since 2026-01-15T18:00:00Z: 2 can be repaired (--repair), 0 are for people\n',
    );
    expect([await stateOf(adapters, charged), await stateOf(adapters, open)]).toEqual(['charged', 'open']);

    const repaired = await reconcile(url, '--since', SINCE, '--repair');
    expect(repaired.code).toBe(0);
    expect(repaired.stdout).toContain(': 2 repaired, 0 left\n');
    expect([await stateOf(adapters, charged), await stateOf(adapters, open)]).toEqual(['refunded', 'sealed']);

    const again = await reconcile(url, '--since', SINCE);
    expect([again.code, again.stdout]).toEqual([
      0,
      'nothing differs: 0 differences in 2 payments and 0 orders, since 2026-01-15T18:00:00Z\n',
    ]);
  });

  it('prints JSON for other programs', async () => {
    const { url, adapters, clock } = await platformWithBooks();
    const reference = await stray(adapters, false);
    clock.advance(7_200_000);
    const { code, stdout } = await reconcile(url, '--since', SINCE, '--repair', '--json');
    const finding = {
      kind: 'orphan-payment',
      remedy: 'seal-payment',
      orderId: 'ord_nobody',
      reference,
      repair: { outcome: 'done' },
    };
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { since: SINCE, repair: true, payments: 1, orders: 0, findings: [finding] },
    ]);
  });

  it('is for operators', async () => {
    const { url } = await platformWithBooks();
    const { code, stderr } = await reconcile(url, '--since', SINCE, '--token', 'nonsense');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^reconcile: 401 unauthenticated: /);
  });
});

describe('npm run reconcile', () => {
  const finding = {
    kind: 'amount-differs',
    remedy: 'tell-operators',
    orderId: 'ord_a',
    reference: 'pi_1',
    orderStatus: 'paid',
    total: USD,
  };

  it.each([
    ['', '--since is missing'],
    ['--since yesterday', '--since yesterday is no instant'],
    ['--since 2026-02-30', '--since 2026-02-30 is no instant'],
    ['--since 2999-01-01', '--since must not lie after now'],
    ['--since 24h --force', "Unknown option '--force'"],
    ['--since 24h --url nowhere', '--url nowhere is not an address'],
  ])('called as "%s" says: %s', async (args, words) => {
    const { code, stdout, stderr } = await runScript('scripts/reconcile.ts', args.split(' ').filter(Boolean));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  it('says how to use it', async () => {
    const { code, stdout } = await runScript('scripts/reconcile.ts', ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('npm run reconcile -- --since T');
  });

  it('that is broken off says what was found, and how to go on', async () => {
    const asked = await stub((count) =>
      count === 1 ? { status: 200, body: page({ payments: 50, findings: [finding], nextCursor: '-c1' }) } : 'hang up',
    );
    const { code, stdout, stderr } = await reconcile(asked.url, '--since', SINCE, '--repair');
    expect(code).toBe(1);
    expect(stdout).toContain('amount-differs');
    expect(stderr).toContain('so far: 1 difference in 50 payments and 0 orders');
    expect(stderr).toContain('nothing answers at');
    const [, command = ''] = /npm run reconcile -- (.*)\n/.exec(stderr) ?? [];
    expect(command).toBe(`--since ${SINCE} --repair --cursor=-c1 --url ${asked.url}`);
    const up = await stub(() => ({ status: 200, body: page() }));
    expect((await runScript('scripts/reconcile.ts', command.replace(asked.url, up.url).split(' '))).code).toBe(0);
    expect(up.requests).toEqual([{ since: SINCE, limit: 50, repair: true, cursor: '-c1' }]);
  });

  it.each([
    ['a difference that is for people', finding],
    [
      'a remedy that did not work',
      { ...finding, remedy: 'refund-charge', repair: { outcome: 'failed', reason: 'unavailable' } },
    ],
    ['a remedy that is not through yet', { ...finding, remedy: 'refund-charge', repair: { outcome: 'pending' } }],
  ])('ends with 1 for %s', async (_, left) => {
    const asked = await stub(() => ({ status: 200, body: page({ payments: 1, findings: [left] }) }));
    const { code, stdout } = await reconcile(asked.url, '--since', SINCE, '--repair');
    expect([code, stdout.split('\n').at(-2)]).toEqual([1, expect.stringContaining(': 0 repaired, 1 left')]);
  });

  it('tells what the platform refuses in its own words, and does not say to go on', async () => {
    const body = { code: 'invalid-cursor', detail: 'the cursor does not belong to this list' };
    const asked = await stub(() => ({ status: 400, body }));
    const { code, stderr } = await reconcile(asked.url, '--since', SINCE, '--cursor', 'old');
    expect([code, stderr]).toEqual([1, 'reconcile: 400 invalid-cursor: the cursor does not belong to this list\n']);
  });
});

function page(overrides: object = {}) {
  return { payments: 0, orders: 0, findings: [], nextCursor: null, ...overrides };
}

async function stub(answer: (count: number) => StubAnswer) {
  const requests: Record<string, unknown>[] = [];
  const platform = await stubPlatform((_, body) => {
    requests.push(JSON.parse(body));
    return answer(requests.length);
  });
  undo.push(platform.close);
  return { ...platform, requests };
}

/** The local platform over HTTP, in memory and with a clock by hand. */
async function platformWithBooks() {
  const clock = manualClock(START);
  const kept: { adapters?: LocalAdapters } = {};
  const server = await startLocal({
    settings: readLocalSettings({ PORT: '0', DATA_FILE: ':memory:', RECONCILE_INTERVAL_MS: '2592000000' }),
    logger: jsonLogger({ level: 'silent' }),
    clock,
    adapt: (adapters) => {
      kept.adapters = adapters;
      return adapters;
    },
  });
  undo.push(server.stop);
  if (!kept.adapters) throw new Error('the platform did not open its adapters');
  return { url: server.url, adapters: kept.adapters, clock };
}

/** A payment that no order claims. */
async function stray({ payments }: LocalAdapters, charged: boolean): Promise<string> {
  const request = { orderId: 'ord_nobody', amount: USD, paymentMethod: 'pm_card_visa', customerId: 'alice' };
  const { reference } = await payments.open(request);
  if (charged) await payments.confirm(reference);
  return reference;
}

async function stateOf({ payments }: LocalAdapters, reference: string): Promise<string> {
  return (await payments.status(reference)).outcome;
}
