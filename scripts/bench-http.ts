import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { createThenGet, type HttpRound } from '../tests/load/create-then-get.ts';
import { type OwnServer, type OwnServerOptions, startOwnServer } from '../tests/load/own-server.ts';
import { processUsage } from '../tests/load/process-usage.ts';
import { devToken } from '../tests/load/tokens.ts';
import { table } from './table.ts';

const HELP = `npx node scripts/bench-http.ts [--seconds N] [--rounds N] [--connections N]... [--json]

Places orders and looks at them over HTTP, as fast as the answers come, against the platform (in memory, and with SQLite) and against
a bare Hono server that answers the same requests with a fixed order. Each is a process of its own; they take turns, so that what
else the machine does meets all of them. Orders are charged meanwhile, which is part of the platform's work.

  --seconds N      how long each is measured in a turn, after a warm-up; 5
  --rounds N       how often each has its turn; 3
  --connections N  64 and 1000; may be given several times
  --json           prints the figures as JSON
`;

export interface HttpBenchOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: readonly number[];
  readonly print?: (line: string) => void;
}

export interface HttpBenchResult {
  readonly target: string;
  readonly connections: number;
  /** Of the round whose rate is the median; with an even number of rounds the better one of the two in the middle. */
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** In all rounds. */
  readonly errors: Readonly<Record<string, number>>;
  /** The rate as a part of that of bare Hono at the same number of connections. */
  readonly toBareHono: number;
  /** For how much of the time the event loop was busy, of the server and of this client: at 1 it is what limits the rate. */
  readonly serverBusy: number;
  readonly clientBusy: number;
}

const TARGETS: readonly { readonly name: string; readonly start: OwnServerOptions; readonly bare?: true }[] = [
  { name: 'bare Hono', start: { file: 'tests/load/bare-server.ts' }, bare: true },
  { name: 'npm start, in memory', start: { storage: 'memory' } },
  { name: 'npm start, SQLite', start: { storage: 'sqlite' } },
];

const WARM_UP_MS = 2_000;

interface Turn extends HttpRound {
  readonly target: string;
  readonly connections: number;
  readonly serverBusy: number;
  readonly clientBusy: number;
}

/** Measures every target at every number of connections, turn by turn. */
export async function benchHttp(options: HttpBenchOptions): Promise<readonly HttpBenchResult[]> {
  const turns: Turn[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (const connections of options.connections) {
      for (const target of TARGETS) {
        const turn = await takeTurn(target, connections, options.seconds);
        options.print?.(`${target.name}, ${connections} connections: ${rate(turn).toFixed(0)} req/s`);
        turns.push(turn);
      }
    }
  }
  return options.connections.flatMap((connections) =>
    results(turns.filter((turn) => turn.connections === connections)),
  );
}

/** Every turn has a fresh process and fresh data: what one left to do is not the next one's work. */
async function takeTurn(
  { name, start, bare }: (typeof TARGETS)[number],
  connections: number,
  seconds: number,
): Promise<Turn> {
  const server = await startOwnServer(start);
  try {
    const token = bare ? 'x'.repeat(300) : await tokenFrom(server);
    const before = await loopTimes(server);
    const round = await createThenGet({
      url: server.url,
      connections,
      token,
      warmUpMs: WARM_UP_MS,
      measuredMs: seconds * 1_000,
    });
    const after = await loopTimes(server);
    const elapsedMs = after.atMs - before.atMs;
    return {
      ...round,
      target: name,
      connections,
      serverBusy: (after.serverMs - before.serverMs) / elapsedMs,
      clientBusy: (after.clientMs - before.clientMs) / elapsedMs,
    };
  } finally {
    await server.stop();
    server.removeData();
  }
}

async function tokenFrom({ url }: OwnServer): Promise<string> {
  const pool = new Pool(url);
  const token = await devToken(pool, { sub: 'load-0' });
  await pool.close();
  return token;
}

async function loopTimes(server: OwnServer) {
  const usage = await server.usage();
  return { atMs: performance.now(), serverMs: usage?.loopBusyMs ?? Number.NaN, clientMs: processUsage().loopBusyMs };
}

/** Of the turns at one number of connections. */
function results(turns: readonly Turn[]): readonly HttpBenchResult[] {
  const byTarget = TARGETS.map(({ name }) => turns.filter(({ target }) => target === name));
  const bare = median(byTarget[0] ?? []);
  return byTarget.map((own) => {
    const { target, connections, p50, p95, p99, serverBusy, clientBusy, ...turn } = median(own);
    return {
      target,
      connections,
      requestsPerSecond: rate(turn),
      p50,
      p95,
      p99,
      errors: sumOf(own.map(({ errors }) => errors)),
      toBareHono: rate(turn) / rate(bare),
      serverBusy,
      clientBusy,
    };
  });
}

function rate({ requests, seconds }: Pick<Turn, 'requests' | 'seconds'>): number {
  return requests / seconds;
}

function median(turns: readonly Turn[]): Turn {
  const sorted = turns.toSorted((a, b) => rate(a) - rate(b));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error('nothing was measured: --rounds has to be 1 or more');
  return middle;
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [what, count] of counts.flatMap((each) => Object.entries(each))) sum[what] = (sum[what] ?? 0) + count;
  return sum;
}

/** The results as people read them. */
export function httpBenchTable(results: readonly HttpBenchResult[]): string {
  const head = [
    'target',
    'connections',
    'req/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'errors',
    'of bare Hono',
    'server busy',
    'client busy',
  ];
  const rows = results.map((result) => [
    result.target,
    String(result.connections),
    result.requestsPerSecond.toFixed(0),
    ...[result.p50, result.p95, result.p99].map((ms) => ms.toFixed(1)),
    String(Object.values(result.errors).reduce((sum, count) => sum + count, 0)),
    ...[result.toBareHono, result.serverBusy, result.clientBusy].map((part) => `${(100 * part).toFixed(1)} %`),
  ]);
  return table(head, rows);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', multiple: true, default: ['64', '1000'] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const found = await benchHttp({
    seconds: wholeNumber('--seconds', values.seconds, 600),
    rounds: wholeNumber('--rounds', values.rounds, 100),
    connections: values.connections.map((count) => wholeNumber('--connections', count, 10_000)),
    print: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${values.json ? JSON.stringify(found, null, 2) : httpBenchTable(found)}\n`);
  if (found.some(({ errors }) => Object.keys(errors).length > 0)) process.exitCode = 1;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new Error(`${name} ${text}: give a whole number from 1 to ${most}`);
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  });
}
