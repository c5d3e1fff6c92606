import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchHttp, httpBenchTable } from './bench-http.ts';
import { benchLives, type LivesResult } from './bench-lives.ts';
import { runCommand, UsageError } from './command.ts';
import { table } from './table.ts';

const HELP = `npm run bench [-- --lives N] [--rounds N] [--seconds N] [--json]

Measures the local platform in one run, each thing several times in turn with the others:
  lives   whole orders in this process, without HTTP: placed, charged, confirmed, with receipt and notices; in memory and with
          SQLite (synchronous=FULL)
  HTTP    create-then-get at 64 and 1,000 connections, beside a bare Hono server that answers with a fixed order
Takes about two minutes. Only the ratios of one run say something: machines differ, and are busy with other things.

  --lives N    orders in each round of the first; 10000
  --rounds N   how often each is measured; 3 (the median counts)
  --seconds N  how long each round of the second takes; 5
  --json       prints the figures as JSON
`;

const CONNECTIONS = [64, 1_000];
/** Orders under way at a time. */
const CONCURRENCY = 256;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lives: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [lives, rounds, seconds] = [
    positive('lives', values.lives),
    positive('rounds', values.rounds),
    positive('seconds', values.seconds),
  ];
  const print = (line: string): void => void process.stderr.write(`${line}\n`);
  const ofLives = await livesInTurn(lives, rounds, print);
  const ofHttp = await benchHttp({ seconds, rounds, connections: CONNECTIONS, print });
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine: machine(), lives: ofLives, http: ofHttp }, undefined, 2)}\n`);
    return;
  }
  process.stdout.write(`\n${machine()}\n\n${livesTable(ofLives)}\n\n${httpBenchTable(ofHttp)}\n`);
}

async function livesInTurn(
  lives: number,
  rounds: number,
  print: (line: string) => void,
): Promise<readonly LivesResult[]> {
  const results: LivesResult[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const storage of ['memory', 'sqlite'] as const) {
      const result = await benchLives({ storage, lives, concurrency: CONCURRENCY });
      print(`whole lives, ${storage}: ${result.livesPerSecond.toFixed(0)} a second`);
      results.push(result);
    }
  }
  return (['memory', 'sqlite'] as const).flatMap((storage) => median(results.filter((one) => one.storage === storage)));
}

function median(results: readonly LivesResult[]): LivesResult[] {
  const sorted = results.toSorted((left, right) => left.livesPerSecond - right.livesPerSecond);
  return sorted.slice(Math.floor(sorted.length / 2)).slice(0, 1);
}

function livesTable(results: readonly LivesResult[]): string {
  const rows = results.map(({ storage, livesPerSecond, cpuMicrosecondsPerLife, perLife }) => [
    storage === 'sqlite' ? 'SQLite (FULL)' : 'memory',
    livesPerSecond.toFixed(0),
    cpuMicrosecondsPerLife.toFixed(0),
    `${perLife.charges} charge, ${perLife.receipts} receipt, ${perLife.notices} notices`,
  ]);
  return table(['whole lives', 'a second', 'µs of CPU each', 'each left behind'], rows);
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `Node ${process.version}, ${process.platform}, ${availableParallelism()} cores (${model})`;
}

function positive(name: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--${name} must be a whole number from 1 to 9999999`);
  return Number(text);
}

await runCommand('bench', main);
