import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLogger } from '../../functions/local/logger.ts';
import { type LocalServer, startLocal } from '../../functions/local/server.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import { faultPlan } from '../faults.ts';
import { runScript } from './local-process.ts';
import { stubPlatform } from './stub-platform.ts';

const SOON = 20_000;
const RESTAURANT = 'rest-7';

/** The local platform in real time, whose provider can be made to fail, and the command as a process of its own. */
describe('npm run orders', () => {
  let folder: string;
  let server: LocalServer;
  let faults: ReturnType<typeof faultPlan>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-stuck-'));
    faults = faultPlan();
    const settings = readLocalSettings({
      PORT: '0',
      LOG_LEVEL: 'silent',
      RETRY_BASE_MS: '10',
      DATA_FILE: join(folder, 'orders.sqlite'),
    });
    server = await startLocal({
      settings,
      logger: jsonLogger({ level: settings.logLevel }),
      adapt: (adapters) => ({ ...faults.wrap(adapters), ledger: adapters.ledger }),
    });
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const orders = (...args: string[]) => runScript('scripts/orders.ts', [...args, '--url', server.url, '--as', 'olga']);

  /** The provider does not answer these calls any more; `times` of them. */
  const down = (method: 'confirm' | 'settle' | 'refund', times: number) =>
    faults.add({ port: 'payments', method, when: 'before', code: 'unavailable', times });

  it('finds an order whose provider is down, and settles it once it is back', async () => {
    // Two rounds of four tries: the one of the workflow, and the one that the operator asks for first.
    down('settle', 8);
    const id = await place(server, 'pm_card_outage');
    await until(server, id, ({ workflow }) => workflow?.state === 'RetrySettlement');

    const stuck = await orders('stuck', '--older-than', '0s');
    expect(stuck).toMatchObject({ code: 0, stderr: '' });
    expect(stuck.stdout).toContain(id);
    expect(stuck.stdout).toMatch(
      /charging .* RetrySettlement .* charge in doubt\n\n1 order needs attention: 1 charging\n$/,
    );

    const early = await orders('settle', id, '--reason', 'is it back?');
    expect(early).toMatchObject({ code: 1, stderr: '' });
    expect(early.stdout).toMatch(
      new RegExp(`^${id} is still charging: the provider gives no answer; it is asked again at \\S+Z\n$`),
    );

    const settled = await orders('settle', id, '--reason', 'it is back');
    expect(settled).toEqual({ code: 0, stdout: `${id}: charging -> payment_failed\n`, stderr: '' });
    expect((await orders('stuck', '--older-than', '0s')).stdout).toBe('no order is stuck\n');

    const shown = await orders('show', id);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('is payment_failed, its payment failed (gateway-unavailable)');
    expect(shown.stdout).toContain('workflow    nothing left to run');
    expect(shown.stdout).toMatch(/updated +charging +operator:olga +settlement-requested: is it back\?\n/);
    expect(shown.stdout).toMatch(/updated +charging +operator:olga +settlement-requested: it is back\n/);
    expect(shown.stdout).toMatch(/payment_declined +payment_failed +system +gateway-unavailable\n/);
    expect(shown.stdout).toMatch(
      /The gateway's books:\n {2}pay_\S+ is sealed; confirmations: 4\n {2}no money moved\n$/,
    );
  });

  it('finds the charge that nobody heard of', async () => {
    down('settle', 4);
    faults.add({ port: 'payments', method: 'confirm', when: 'after', code: 'deadline-exceeded', times: 4 });
    const id = await place(server, 'pm_card_visa');
    await until(server, id, ({ workflow }) => workflow?.state === 'RetrySettlement');
    expect(await orders('settle', id, '--reason', 'it is back')).toMatchObject({
      code: 0,
      stdout: `${id}: charging -> paid\n`,
    });
    expect((await orders('show', id)).stdout).toMatch(
      / is charged; .*\ntime +moved +amount\n.*\n\S+ +charge +15\.99 USD\n$/,
    );
  });

  it('gives money back, and says when that was refused or cannot be had', async () => {
    down('refund', 8);
    const id = await place(server, 'pm_card_refundFails');
    await until(server, id, ({ status }) => status === 'paid');
    const early = await orders('refund', id, '--reason', 'cold');
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toMatch(/^orders: 409 illegal-transition: an order that is paid cannot be refunded\n$/);

    await refuse(server, id);
    await until(server, id, ({ workflow }) => workflow?.state === 'RetryRefund');
    expect((await orders('settle', id, '--reason', 'is it back?')).stdout).toMatch(
      /is still refunding: the provider gives no/,
    );
    expect(await orders('settle', id, '--reason', 'it is back')).toMatchObject({
      code: 1,
      stdout: `${id}: refunding -> refund_failed\n`,
    });
    expect((await orders('stuck', '--older-than', '0s')).stdout).toMatch(
      /refund refused\n\n1 order needs attention: 1 refund_failed\n$/,
    );
    expect(await orders('refund', id, '--reason', 'once more')).toMatchObject({
      code: 1,
      stdout: `${id}: refund_failed -> refund_failed again: the provider has refused; "show" says with which code\n`,
    });
    expect((await orders('show', id)).stdout).toMatch(/refunding +operator:olga +refund-requested: once more\n/);
  });

  it('prints JSON for programs', async () => {
    down('settle', 4);
    const id = await place(server, 'pm_card_outage');
    await until(server, id, ({ workflow }) => workflow?.state === 'RetrySettlement');
    const { stdout } = await orders('stuck', '--older-than', '0s', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      count: 1,
      orders: [
        { id, status: 'charging', why: ['charge in doubt'], workflow: { state: 'RetrySettlement', attempt: 1 } },
      ],
    });
    const shown = JSON.parse((await orders('show', id, '--json')).stdout);
    expect(shown).toMatchObject({ order: { id }, ledger: { movements: [], entries: [{ orderId: id }] } });
    expect(shown.timeline.map(({ type }: { type: string }) => type)).toEqual([
      'orders.created.v1',
      'orders.status_changed.v1',
    ]);
  });

  it('does not wait for longer than it is told', async () => {
    down('settle', 1_000);
    const id = await place(server, 'pm_card_outage');
    await until(server, id, ({ workflow }) => workflow?.state === 'RetrySettlement');
    const { code, stdout } = await orders('settle', id, '--reason', 'is it back?', '--wait', '0s');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      / is still charging: the provider (has not answered yet; "show" says how|gives no answer; it)/,
    );
  });

  it('says why a settlement is refused', async () => {
    const id = await place(server, 'pm_card_visa');
    await until(server, id, ({ status }) => status === 'paid');
    await refuse(server, id);
    await until(server, id, ({ status }) => status === 'refunded');
    const late = await orders('settle', id, '--reason', 'too late');
    expect(late).toMatchObject({ code: 1, stdout: '' });
    expect(late.stderr).toContain('409 illegal-transition: an order that is refunded cannot be settled');
  });

  it('says that there is no such order', async () => {
    const missing = `ord_${'z'.repeat(32)}`;
    for (const args of [['show'], ['settle', '--reason', 'x'], ['refund', '--reason', 'x']]) {
      const { code, stderr, stdout } = await orders(...args, missing);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe('orders: 404 order-not-found: there is no such order, or it is not yours\n');
    }
  });

  it('is for operators', async () => {
    const alice = await server.container.issuer.token({ sub: 'alice' });
    const { code, stderr } = await orders('stuck', '--token', alice.token);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^orders: 403 forbidden: /);
  });
});

describe('npm run orders, called the wrong way,', () => {
  const ID = `ord_${'abcdefgh'.repeat(4)}`;

  it.each([
    ['without a command', [], 'say what to do: stuck, show, settle, refund'],
    ['with one that there is not', ['mend'], 'mend is not one of stuck, show, settle, refund'],
    ['with one that every object has', ['constructor'], 'constructor is not one of stuck, show, settle, refund'],
    ['without an ID', ['show'], 'show which order? Its ID is missing'],
    ['with two IDs', ['show', ID, ID], `show takes one ID, not also ${ID}`],
    ['with an ID that none has', ['show', 'ord_1'], 'ord_1 is no order ID'],
    ['with an ID that leads elsewhere', ['show', '../v1/restaurants'], '../v1/restaurants is no order ID'],
    ['with an ID for all', ['stuck', ID], `stuck takes no ${ID}`],
    ['without a reason', ['settle', ID], '--reason is missing'],
    ['with an empty reason', ['refund', ID, '--reason', ' '], '--reason is missing'],
    ['with a wait that is none', ['settle', ID, '--reason', 'x', '--wait', 'long'], '--wait long is no span of time'],
    ['with an age that is none', ['stuck', '--older-than', '1y'], '--older-than 1y is no span of time'],
    ['with a limit that is none', ['stuck', '--limit', '0'], '--limit 0 is no number from 1 on'],
    ['with an option of another command', ['stuck', '--reason', 'x'], '--reason is not for stuck'],
    ['with an option that there is not', ['stuck', '--force'], "Unknown option '--force'"],
    ['with an address that is none', ['stuck', '--url', 'here'], '--url here is not an address'],
    ['with an address of another kind', ['stuck', '--url', 'ftp://x'], '--url ftp://x is not an address'],
    ['with an address that has a path', ['stuck', '--url', 'http://x/v1'], '--url http://x/v1 is not an address'],
    ['with a token that is none', ['stuck', '--token', 'a\nb'], 'the token is not a bearer token'],
    ['as nobody', ['stuck', '--as', ''], '--as must be 1 to 128 printable ASCII characters'],
  ])('%s, says so in one line', async (_, args, words) => {
    const { code, stderr, stdout } = await runScript('scripts/orders.ts', args);
    expect(stderr).toContain(`orders: ${words}`);
    expect(stderr).toMatch(/^[^\n]+\(npm run orders -- --help says how\)\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('says that nothing is running where nothing is', async () => {
    const { code, stderr } = await runScript('scripts/orders.ts', ['stuck', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^orders: nothing answers at http:\/\/127\.0\.0\.1:1: /);
  });

  it('explains itself', async () => {
    const { code, stdout, stderr } = await runScript('scripts/orders.ts', ['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^npm run orders -- stuck \| show ID \| settle ID \| refund ID\n/);
  });
});

interface Seen {
  readonly status: string;
  readonly workflow?: { readonly state: string };
}

/** In front of a deployed platform, which answers in its own words. */
describe('a gateway', () => {
  it('that does not take the token is told of in words', async () => {
    const gateway = await stubPlatform(() => ({ status: 401, body: { message: 'Unauthorized' } }));
    const { code, stderr } = await runScript('scripts/orders.ts', [
      'stuck',
      '--url',
      gateway.url,
      '--token',
      'run.out',
    ]);
    await gateway.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('the token is not taken: has it run out? (npm run token'),
    ]);
  });

  it('that takes no more for the moment is asked again', async () => {
    let asked = 0;
    const gateway = await stubPlatform(() => {
      asked += 1;
      return asked === 1
        ? { status: 429, body: { message: 'Too Many Requests' } }
        : { status: 200, body: { orders: [], more: false, nextCursor: null } };
    });
    const { code } = await runScript('scripts/orders.ts', ['stuck', '--url', gateway.url, '--token', 'good']);
    await gateway.close();
    expect(code).toBe(0);
    expect(asked).toBeGreaterThan(2);
  });
});

async function call({ url, container }: LocalServer, groups: string[], method: string, path: string, body?: object) {
  const { token } = await container.issuer.token({ sub: 'ada', groups });
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'dinner' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function place(server: LocalServer, paymentMethod: string): Promise<string> {
  const order = {
    restaurantId: RESTAURANT,
    items: [{ menuItemId: 'pizza', quantity: 1 }],
    deliveryAddress: '1 Analytical Way',
    paymentMethod,
  };
  return ((await call(server, [], 'POST', '/v1/orders', order)) as { id: string }).id;
}

async function refuse(server: LocalServer, id: string): Promise<void> {
  await call(server, [`restaurant:${RESTAURANT}`], 'POST', `/v1/orders/${id}/confirmation`, { accepted: false });
}

async function until(server: LocalServer, id: string, reached: (order: Seen) => boolean): Promise<void> {
  const look = async () => reached((await call(server, ['operator'], 'GET', `/v1/orders/${id}`)) as Seen);
  await expect.poll(look, { timeout: SOON, interval: 20 }).toBe(true);
}
