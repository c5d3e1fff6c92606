import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdapters } from '../../functions/local/adapters.ts';
import { type DeadLetterAnswer, deadLettersOf } from '../../scripts/dead-letter-list.ts';
import { operatorClient } from '../../scripts/operator-client.ts';
import { redriveAll } from '../../scripts/redrive-all.ts';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import { toCloudEvent } from '../../shared/domain/cloud-event.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { NewMessage } from '../../shared/ports/message-queue.ts';
import { anOrder } from '../fixtures.ts';
import { type LocalProcess, runScript, startProcess } from './local-process.ts';
import { type StubAnswer, stubPlatform } from './stub-platform.ts';

/** What the mail server's absence looks like, whatever its port was. */
const NOT_ACCEPTED =
  'PortError: NotificationSender.send: connect ECONNREFUSED 127.0.0.1:PORT: the mail was not accepted';
const anyPort = (text: string): string => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
const THOUSAND = 1_000;

const undo: (() => unknown)[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-deadletters-'));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await rm(folder, { recursive: true, force: true });
});

const dataFile = () => join(folder, 'orders.sqlite');

async function start(environment: Readonly<Record<string, string>> = {}): Promise<LocalProcess> {
  const local = await startProcess({ RETRY_BASE_MS: '1', DATA_FILE: dataFile(), ...environment });
  undo.push(() => Promise.race([local.end('SIGKILL'), pause(500)]));
  return local;
}

const deadletters = ({ url }: Pick<LocalProcess, 'url'>, ...args: readonly string[]) =>
  runScript('scripts/deadletters.ts', [...args, '--url', url]);

async function lettersOf({ url }: LocalProcess): Promise<readonly DeadLetterAnswer[]> {
  return (await deadLettersOf(await operatorClient({ url }), {})).letters;
}

/** The dead letters, once there are so many of them, and if there are then not more. */
async function untilThereAre(local: LocalProcess, count: number): Promise<readonly DeadLetterAnswer[]> {
  await expect.poll(async () => (await lettersOf(local)).length, { timeout: 25_000, interval: 100 }).toBe(count);
  await pause(300);
  const letters = await lettersOf(local);
  expect(letters).toHaveLength(count);
  return letters;
}

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A mail server that takes everything; `mails` has a line of recipient and message id for each. */
async function mailServerAt(port: number): Promise<readonly string[]> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    // The platform keeps its connections open.
    closeTimeout: 100,
    onData(stream, { envelope }, done) {
      let raw = '';
      stream.on('data', (chunk: Buffer) => {
        raw += chunk;
      });
      stream.on('end', () => {
        const [, id] = /^Message-ID:\s*(\S+)/im.exec(raw) ?? [];
        mails.push(`${envelope.rcptTo.map(({ address }) => address).join()} ${id}`);
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  undo.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return mails;
}

/** Puts something into the data file of a platform that is not running. */
async function plant(what: (adapters: ReturnType<typeof openAdapters>) => Promise<void>): Promise<void> {
  const adapters = openAdapters(dataFile(), { clock: systemClock(), onEnqueue: () => undefined });
  await what(adapters);
  await adapters.close();
}

function poison(count: number): NewMessage[] {
  return Array.from({ length: count }, (_, number) => ({
    queue: 'notify',
    orderId: `ord_${number}`,
    body: { specversion: '0.9', number },
    dueAt: 0,
    correlationId: `request-${number}`,
  }));
}

function numbersOf(letters: readonly DeadLetterAnswer[]): readonly number[] {
  return letters.map(({ body }) => (body as { number: number }).number).sort((left, right) => left - right);
}

describe('a mail server that is down', () => {
  it('leaves dead letters that say everything, and a redrive sends each mail exactly once when it is up', async () => {
    const port = await deadPort();
    const local = await start({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    const orderId = await placeAsAlice(local);
    const letters = await untilThereAre(local, 2);
    for (const letter of letters) {
      const { queue, attempts, error, correlationId } = letter;
      expect([letter.orderId, queue, attempts, anyPort(error), correlationId]).toEqual([
        orderId,
        'notify',
        5,
        NOT_ACCEPTED,
        'placed-by-alice',
      ]);
    }
    expect(letters.map(({ body }) => (body as { type: string }).type).sort()).toEqual([
      'orders.created.v1',
      'orders.payment_charged.v1',
    ]);

    const [first] = letters;
    if (!first) throw new Error('there is no dead letter');
    const listed = await deadletters(local, 'list', '--order', orderId);
    expect(listed.stdout).toMatch(/^id +queue +order +attempts +failed at +error\n/);
    expect(listed.stdout).toContain(`${first.id}  notify  ${orderId}  5 `);
    expect(listed.stdout).toMatch(/\n2 dead letters\n$/);
    const shown = await deadletters(local, 'show', first.id);
    expect(anyPort(shown.stdout)).toContain(NOT_ACCEPTED);
    expect(shown.stdout).toContain('placed-by-alice');
    expect(shown.stdout).toContain(JSON.stringify(first.body, null, 2));

    const mails = await mailServerAt(port);
    expect((await deadletters(local, 'redrive', first.id)).stdout).toBe('redriven 1, already gone 0, failed 0\n');
    const again = await deadletters(local, 'redrive', first.id);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('it may have been redriven before')]);
    expect((await deadletters(local, 'redrive', '--all')).stdout).toBe('redriven 1, already gone 0, failed 0\n');
    await expect.poll(() => mails.length, { timeout: 10_000 }).toBe(3);
    await untilThereAre(local, 0);
    expect((await deadletters(local, 'redrive', '--all')).stdout).toBe('redriven 0, already gone 0, failed 0\n');
    await pause(300);
    expect([...mails].sort().map((line) => line.split(' ')[0])).toEqual([
      'alice@customers.example',
      'alice@customers.example',
      'kitchen@rest-0.example',
    ]);
    expect(new Set(mails).size).toBe(3);
  });

  it('and a thousand events: a redrive loses none, and a second one does nothing', async () => {
    const port = await deadPort();
    await plant(async ({ orders, queue }) => {
      const placed = Array.from({ length: THOUSAND }, (_, number) =>
        anOrder({ createdAt: Date.now(), contact: { email: `customer-${number}@customers.example` } }),
      );
      await Promise.all(placed.map((order) => orders.create(order, [])));
      const events = placed.flatMap((order) => eventsAfter(order, 0));
      await queue.enqueue(
        events.map((event) => ({
          queue: 'notify',
          orderId: event.orderId,
          body: toCloudEvent({ ...event, highValue: false }),
          dueAt: 0,
          correlationId: event.correlationId,
        })),
      );
    });
    const local = await start({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    const letters = await untilThereAre(local, THOUSAND);
    expect(new Set(letters.map(({ attempts, error }) => `${attempts} ${anyPort(error)}`))).toEqual(
      new Set([`5 ${NOT_ACCEPTED}`]),
    );

    const mails = await mailServerAt(port);
    const { code, stdout } = await deadletters(local, 'redrive', '--all');
    expect([code, stdout]).toEqual([0, `redriven ${THOUSAND}, already gone 0, failed 0\n`]);
    await expect.poll(() => mails.length, { timeout: 25_000, interval: 100 }).toBe(THOUSAND);
    await untilThereAre(local, 0);

    const again = await redriveAll(
      await operatorClient(local),
      letters.map(({ id }) => id),
      () => undefined,
    );
    expect(again).toEqual({ redriven: 0, gone: THOUSAND, failed: [], stopped: undefined });
    await pause(300);
    expect(mails).toHaveLength(THOUSAND);
    expect(new Set(mails).size).toBe(THOUSAND);
  }, 90_000);
});

describe('1,000 poison events', () => {
  it('are exactly 1,000 dead letters, and again so when they are redriven before the cause is gone', async () => {
    await plant(({ queue }) => queue.enqueue(poison(THOUSAND)));
    const local = await start();
    const letters = await untilThereAre(local, THOUSAND);
    const numbers = Array.from({ length: THOUSAND }, (_, number) => number);
    expect(numbersOf(letters)).toEqual(numbers);
    for (const letter of letters) {
      const { number } = letter.body as { number: number };
      expect(letter).toMatchObject({
        queue: 'notify',
        orderId: `ord_${number}`,
        correlationId: `request-${number}`,
        attempts: 1,
        error: expect.stringMatching(/^PortError: parseEvent: not an order event: specversion, /),
      });
    }

    const plan = await deadletters(local, 'redrive', '--all', '--dry-run');
    expect([plan.code, plan.stdout]).toEqual([
      0,
      'queue   dead letters\n------  ------------\nnotify  1000\n\n1000 dead letters would be redriven; nothing was changed\n',
    ]);
    expect(await lettersOf(local)).toEqual(letters);

    const { code, stdout, stderr } = await deadletters(local, 'redrive', '--all');
    expect([code, stdout]).toEqual([0, 'redriven 1000, already gone 0, failed 0\n']);
    expect(stderr.split('\n').filter((line) => line !== '')).toEqual(
      Array.from({ length: 10 }, (_, index) => `redriven ${100 * (index + 1)} of 1000`),
    );
    const back = await untilThereAre(local, THOUSAND);
    expect(numbersOf(back)).toEqual(numbers);
    const before = new Set(letters.map(({ id }) => id));
    expect(back.filter(({ id }) => before.has(id))).toEqual([]);

    const old = await redriveAll(await operatorClient(local), [...before], () => undefined);
    expect(old).toEqual({ redriven: 0, gone: THOUSAND, failed: [], stopped: undefined });
    expect(await lettersOf(local)).toEqual(back);
  }, 90_000);

  it('are listed up to a limit, by queue and by order', async () => {
    await plant(({ queue }) =>
      queue.enqueue([...poison(3), ...poison(2).map((one) => ({ ...one, queue: 'receipt' }))]),
    );
    const local = await start();
    await untilThereAre(local, 5);
    expect((await deadletters(local, 'list', '--limit', '2')).stdout).toMatch(
      /\n2 dead letters, and there are more: raise --limit\n$/,
    );
    const json = await deadletters(local, 'list', '--queue', 'receipt', '--json');
    expect(numbersOf(JSON.parse(json.stdout))).toEqual([0, 1]);
    const ofOrder = await deadletters(local, 'redrive', '--all', '--order', 'ord_1', '--dry-run');
    expect(ofOrder.stdout).toMatch(/^2 dead letters would be redriven/m);
  });

  it('cannot play with the terminal of whoever looks at them', async () => {
    const [message] = poison(1);
    if (!message) throw new Error('there is no poison');
    await plant(({ queue }) => queue.enqueue([{ ...message, queue: 'not\u001b[2Jhing\n', correlationId: '\u009b1A' }]));
    const local = await start();
    const [letter] = await untilThereAre(local, 1);
    for (const args of [['list'], ['show', letter?.id ?? '']]) {
      const { stdout, code } = await deadletters(local, ...args);
      expect(code).toBe(0);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
  });
});

describe('npm run deadletters', () => {
  const USAGE: readonly (readonly [args: string, words: string])[] = [
    ['', 'say what to do: list, show, redrive'],
    ['bury', 'bury is not one of list, show, redrive'],
    ['constructor', 'constructor is not one of list, show, redrive'],
    ['list x', 'list takes no x'],
    ['list --all', '--all is not for list'],
    ['list --limit 0', '--limit 0 is no number from 1 on'],
    ['show', 'show which dead letter?'],
    ['show a b', 'show takes one ID, not also b'],
    ['show a --json', '--json is not for show'],
    ['redrive', 'Give its ID, or --all'],
    ['redrive a --all', 'give an ID or --all, not both'],
    ['redrive a --queue notify', '--queue and --order go with --all'],
    ['redrive a --force', "Unknown option '--force'"],
  ];

  it.each(USAGE)('called as "%s" says: %s', async (args, words) => {
    const { code, stdout, stderr } = await runScript('scripts/deadletters.ts', args.split(' ').filter(Boolean));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr).toContain('npm run deadletters -- --help');
  });

  it('says how to use it', async () => {
    const { code, stdout } = await runScript('scripts/deadletters.ts', ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('npm run deadletters -- list | show ID | redrive ID | redrive --all');
  });

  it('says that nothing is running where nothing is', async () => {
    const { code, stderr } = await deadletters({ url: 'http://127.0.0.1:1' }, 'list');
    expect(code).toBe(1);
    expect(stderr).toContain('is the platform running');
  });

  const LETTERS = Array.from({ length: 300 }, (_, number) => ({ id: `letter-${number}`, queue: 'notify' }));

  /** Shows 300 dead letters in three pages, and answers the redrives as it is told to. */
  async function stub(redriven: (count: number) => StubAnswer) {
    let count = 0;
    const platform = await stubPlatform((request) => {
      if (request.method === 'POST') {
        count += 1;
        return redriven(count);
      }
      const from = Number(new URL(request.url ?? '', 'http://stub').searchParams.get('cursor') ?? 0);
      const nextCursor = from + 100 < LETTERS.length ? `${from + 100}` : null;
      return { status: 200, body: { deadLetters: LETTERS.slice(from, from + 100), nextCursor } };
    });
    undo.push(platform.close);
    return { ...platform, count: () => count };
  }

  it('that loses the platform on its way says how far it got, and that it may be run again', async () => {
    const platform = await stub((count) => (count <= 150 ? { status: 200, body: { redriven: true } } : 'hang up'));
    const { code, stdout, stderr } = await deadletters(platform, 'redrive', '--all');
    expect([code, stdout]).toEqual([1, 'redriven 150, already gone 0, failed 0\n']);
    expect(stderr).toContain('nothing answers at');
    expect(stderr).toContain('It stopped after 150 of 300. Run it again for the rest: nothing is redriven twice');
    expect(platform.count()).toBeLessThan(200);
  });

  it('names those that could not be redriven, and goes on with the others', async () => {
    const problem = { code: 'internal', detail: 'quote the correlation id when you report this' };
    const platform = await stub((count) =>
      count % 100 === 0 ? { status: 500, body: problem } : { status: 200, body: { redriven: true } },
    );
    const { code, stdout, stderr } = await deadletters(platform, 'redrive', '--all');
    expect([code, stdout]).toEqual([1, 'redriven 297, already gone 0, failed 3\n']);
    expect(stderr.match(/^letter-\d+: 500 internal: quote the correlation id/gm)).toHaveLength(3);
  });

  it('stops when it is not let in any more', async () => {
    const problem = { code: 'unauthenticated', detail: 'the token has expired: get a new one' };
    const platform = await stub((count) =>
      count <= 50 ? { status: 200, body: { redriven: true } } : { status: 401, body: problem },
    );
    const { code, stdout, stderr } = await deadletters(platform, 'redrive', '--all');
    expect([code, stdout]).toEqual([1, 'redriven 50, already gone 0, failed 0\n']);
    expect(stderr).toContain('the token has expired');
    expect(platform.count()).toBeLessThan(100);
  });
});

/** Places an order as the request `placed-by-alice`, and answers its id. */
async function placeAsAlice({ url }: LocalProcess): Promise<string> {
  const json = { 'content-type': 'application/json' };
  const asked = await fetch(`${url}/dev/token`, { method: 'POST', headers: json, body: '{"sub":"alice"}' });
  const { token } = (await asked.json()) as { token: string };
  const response = await fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: {
      ...json,
      authorization: `Bearer ${token}`,
      'idempotency-key': 'dinner',
      'x-request-id': 'placed-by-alice',
    },
    body: JSON.stringify({
      restaurantId: 'rest-0',
      items: [{ menuItemId: 'pizza', quantity: 1 }],
      deliveryAddress: '1 Main Street',
      paymentMethod: 'pm_card_visa',
      contact: { email: 'alice@customers.example' },
    }),
  });
  return ((await response.json()) as { id: string }).id;
}
