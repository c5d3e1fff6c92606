import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalProcess, runScript, startProcess } from './local-process.ts';

const FAST = { CONFIRMATION_TIMEOUT_MS: '60000', RETRY_BASE_MS: '50', SWEEP_INTERVAL_MS: '100' };
const CANARY = { address: 'Canary Lane 42', email: 'canary@customers.example', phone: '+15550142' };

describe('npm start', () => {
  let folder: string;
  let running: LocalProcess[];
  const start = async (environment: Record<string, string> = {}) => {
    const local = await startProcess({ ...FAST, DATA_FILE: join(folder, 'orders.sqlite'), ...environment });
    running.push(local);
    return local;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-start-'));
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((local) => Promise.race([local.end('SIGKILL'), pause(500)])));
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps orders, tokens and keys across a restart in good order', async () => {
    const first = await start();
    const alice = await tokenOf(first);
    const placed = await place(first, alice, 'dinner');
    await statusBecomes(first, alice, placed.body.id, 'paid');
    expect(await first.end('SIGTERM')).toBe(0);

    const second = await start();
    expect(await statusOf(second, alice, placed.body.id)).toBe('paid');
    const again = await place(second, alice, 'dinner');
    expect(again.status).toBe(200);
    expect(again.body.id).toBe(placed.body.id);
    expect(await charges(second, placed.body.id)).toBe(1);
  });

  it('goes on with an order that was under way when the process was killed', async () => {
    const first = await start({ RETRY_BASE_MS: '5000' });
    const alice = await tokenOf(first);
    const placed = await place(first, alice, 'dinner', 'pm_card_timeoutAfterCommit');
    await statusBecomes(first, alice, placed.body.id, 'charging');
    await first.end('SIGKILL');

    const second = await start();
    await statusBecomes(second, alice, placed.body.id, 'paid');
    expect(await charges(second, placed.body.id)).toBe(1);
  });

  it('stops without waiting for the pauses of a task, and goes on with the next start', async () => {
    const first = await start({ RETRY_BASE_MS: '5000' });
    const alice = await tokenOf(first);
    const placed = await place(first, alice, 'dinner', 'pm_card_flaky');
    await statusBecomes(first, alice, placed.body.id, 'charging');
    expect(await first.end('SIGTERM')).toBe(0);
    // The pauses of this charge add up to 15 s: it was not waited for.
    expect(first.logs.filter((line) => line.includes('ProcessPayment') && line.includes('"msg":"segment"'))).toEqual(
      [],
    );

    const second = await start();
    await statusBecomes(second, alice, placed.body.id, 'paid');
    expect(await charges(second, placed.body.id)).toBe(1);
  });

  it('keeps its files to their owner: they hold addresses and keys', async () => {
    await start();
    for (const file of ['orders.sqlite', 'orders.sqlite-wal', 'gateway.sqlite']) {
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    }
  });

  it('refuses a data file that would be the books of the gateway', async () => {
    const twice = { DATA_FILE: join(folder, 'gateway.sqlite') };
    await expect(start(twice)).rejects.toThrow(/DATA_FILE: must not be gateway\.sqlite/);
  });

  it('says in one line what is wrong with its arguments', async () => {
    const { code, stderr } = await runScript('functions/local/main.ts', ['--bogus']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Unknown option '--bogus'.*\n$/);
  });

  it('refuses to start a second time on one data file, in words that name it', async () => {
    await start();
    await expect(start()).rejects.toThrow(/cannot start: .*another process uses .*orders\.sqlite/);
  });

  it('refuses a data file that is something else, and leaves it alone', async () => {
    await writeFile(join(folder, 'orders.sqlite'), 'these are my notes, not a database. '.repeat(50));
    await expect(start()).rejects.toThrow(/is not a SQLite database/);
  });

  it('refuses a data file in a folder that cannot be made', async () => {
    const impossible = { DATA_FILE: '/dev/null/x/orders.sqlite' };
    await expect(start(impossible)).rejects.toThrow(/cannot start: .*the folder \/dev\/null\/x cannot be made/);
  });

  it('refuses a port that is taken, and says what to do', async () => {
    const first = await start();
    const port = new URL(first.url).port;
    const other = { DATA_FILE: join(folder, 'other', 'orders.sqlite'), PORT: port };
    await expect(start(other)).rejects.toThrow(/the port is taken; set PORT/);
  });

  it('refuses settings that cannot be, all at once and by name', async () => {
    const wrong = { RETRY_BASE_MS: 'soon', APPROVAL_TIMEOUT_MS: '9999999999', CORS_ORIGINS: 'shop.example' };
    const error: Error = await start(wrong).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error.message).toContain('RETRY_BASE_MS: must be a whole number from 1 to 5000');
    expect(error.message).toMatch(/APPROVAL_TIMEOUT_MS: must be .*2592000000/);
    expect(error.message).toContain('CORS_ORIGINS: must be origins such as');
  });

  it('logs JSON lines with correlation ids, and nothing personal', async () => {
    const local = await start({ LOG_LEVEL: 'debug' });
    const alice = await tokenOf(local);
    const placed = await place(local, alice, 'dinner');
    await statusBecomes(local, alice, placed.body.id, 'paid');
    await local.end('SIGTERM');
    const lines = local.logs.map((line) => JSON.parse(line));
    expect(lines.some((line) => line.requestId === placed.requestId)).toBe(true);
    const all = local.logs.join('\n');
    for (const secret of [...Object.values(CANARY), alice]) expect(all).not.toContain(secret);
  });
});

describe('--help', () => {
  it.each([
    ['functions/local/main.ts', 'npm start'],
    ['scripts/demo.ts', 'npm run demo'],
    ['scripts/token.ts', 'npm run token'],
    ['scripts/check.ts', 'npm run check'],
    ['scripts/diagram.ts', 'diagram'],
    ['scripts/openapi.ts', 'openapi'],
  ])('of %s says how to use it', async (file, words) => {
    const { code, stdout } = await runScript(file, ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(words);
  });
});

describe('npm run token', () => {
  it('says what is missing', async () => {
    const { code, stderr } = await runScript('scripts/token.ts', []);
    expect(code).toBe(1);
    expect(stderr).toContain('--sub is missing');
  });

  it('says that nothing is running where nothing is', async () => {
    const { code, stderr } = await runScript('scripts/token.ts', ['--sub', 'alice', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain('is "npm start" running?');
  });

  it('prints a token that the platform takes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-token-'));
    const local = await startProcess({ DATA_FILE: join(folder, 'orders.sqlite') });
    const { code, stdout } = await runScript('scripts/token.ts', ['--sub', 'alice', '--url', local.url]);
    const listed = await fetch(`${local.url}/v1/orders`, { headers: { authorization: `Bearer ${stdout.trim()}` } });
    expect([code, listed.status]).toEqual([0, 200]);
    await local.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });
});

async function tokenOf({ url }: LocalProcess): Promise<string> {
  const response = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub: 'alice' }),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}

async function place({ url }: LocalProcess, token: string, key: string, paymentMethod = 'pm_card_visa') {
  const response = await fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({
      restaurantId: 'rest-0',
      items: [{ menuItemId: 'pizza', quantity: 1 }],
      deliveryAddress: CANARY.address,
      paymentMethod,
      contact: { email: CANARY.email, phone: CANARY.phone },
    }),
  });
  const body = (await response.json()) as { id: string };
  return { status: response.status, requestId: response.headers.get('x-request-id'), body };
}

async function statusOf({ url }: LocalProcess, token: string, id: string): Promise<string> {
  const response = await fetch(`${url}/v1/orders/${id}`, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as { status: string }).status;
}

async function statusBecomes(local: LocalProcess, token: string, id: string, status: string): Promise<void> {
  await expect.poll(() => statusOf(local, token, id), { timeout: 20_000, interval: 20 }).toBe(status);
}

async function charges({ url }: LocalProcess, id: string): Promise<number> {
  const response = await fetch(`${url}/dev/ledger?orderId=${id}`);
  const { movements } = (await response.json()) as { movements: readonly { kind: string }[] };
  return movements.filter(({ kind }) => kind === 'charge').length;
}
