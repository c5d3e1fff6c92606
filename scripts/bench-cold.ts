import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { AwsFunction } from '../shared/config/aws.ts';
import { coldStartOperations } from '../tests/platforms/aws/cold-start-operations.ts';
import { deploy, notRunOnAws } from '../tests/platforms/aws/deployment.ts';
import { handWired } from '../tests/platforms/aws/wiring.ts';
import { type Bundle, bundleCloud } from './bundle.ts';
import { runCommand, UsageError } from './command.ts';
import { table } from './table.ts';

const HELP = `npm run bench:cold [-- --runs 15] [--json]

Measures what the functions on AWS cost when they start: each bundle is loaded and called once in fresh processes, over emulators and
stand-ins on this machine, in turns with a bare handler. Medians, in milliseconds from the start of the process, and ratios to the
bare handler of the same run: figures of one machine say little about another.

  --runs N  fresh processes for each function, 15 to 200; 15
  --json    prints {runs, node, cpu, rows}
`;

interface Sample {
  readonly ready: number;
  readonly answered: number;
}

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
  readonly ready: number;
  readonly answered: number;
}

const PROBE = fileURLToPath(new URL('./cold-start.cjs', import.meta.url));
const BARE = 'module.exports = { handler: async () => ({}) };\n';
const run = promisify(execFile);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '15' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 15 || runs > 200) throw new UsageError('--runs must be 15 to 200');
  const notRun = notRunOnAws();
  if (notRun !== undefined) return void process.stdout.write(`not run: ${notRun}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-cold-'));
  const deployment = await deploy(Date.now, handWired({}));
  try {
    const rows = await measure(folder, deployment, runs);
    const machine = { runs, node: process.version, cpu: cpus()[0]?.model ?? 'unknown' };
    process.stdout.write(values.json ? `${JSON.stringify({ ...machine, rows }, null, 2)}\n` : textOf(rows, machine));
  } finally {
    await deployment.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  folder: string,
  deployment: Awaited<ReturnType<typeof deploy>>,
  runs: number,
): Promise<readonly Row[]> {
  const bundles = await bundleCloud('aws', folder);
  const bare = join(folder, 'bare.cjs');
  await writeFile(bare, BARE);
  const operations = await coldStartOperations(deployment);
  const samples = new Map<string, Sample[]>();
  // In turns, so that whatever else the machine does falls upon all of them.
  for (let round = 0; round < runs; round += 1) {
    process.stderr.write(`round ${round + 1} of ${runs}\n`);
    add(samples, 'bare', await start(bare, {}, deployment.processEnvironmentOf('api')));
    for (const { name, file } of bundles) {
      const fn = name as AwsFunction;
      add(samples, name, await start(file, operations[fn], deployment.processEnvironmentOf(fn)));
    }
  }
  const known = new Map<string, Bundle>(bundles.map((bundle) => [bundle.name, bundle]));
  return [...samples].map(([name, all]) => ({
    name,
    bytes: known.get(name)?.bytes ?? BARE.length,
    gzipped: known.get(name)?.gzipped ?? BARE.length,
    ready: median(all.map(({ ready }) => ready)),
    answered: median(all.map(({ answered }) => answered)),
  }));
}

async function start(file: string, event: object, environment: Readonly<Record<string, string>>): Promise<Sample> {
  const { stdout } = await run(process.execPath, [PROBE, file, JSON.stringify(event)], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  return JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{"ready"')) ?? '') as Sample;
}

function add(samples: Map<string, Sample[]>, name: string, sample: Sample): void {
  samples.set(name, [...(samples.get(name) ?? []), sample]);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function textOf(rows: readonly Row[], { runs, node, cpu }: { runs: number; node: string; cpu: string }): string {
  const bare = rows.find(({ name }) => name === 'bare')?.ready ?? 1;
  const head = ['function', 'bundle', 'gzipped', 'ready', 'x bare', 'first answer', 'x bare'];
  const lines = rows.map(({ name, bytes, gzipped, ready, answered }) => [
    name,
    `${(bytes / 1_000).toFixed(0)} kB`,
    `${(gzipped / 1_000).toFixed(0)} kB`,
    `${ready.toFixed(0)} ms`,
    (ready / bare).toFixed(1),
    `${answered.toFixed(0)} ms`,
    (answered / bare).toFixed(1),
  ]);
  return `${table(head, lines)}\n\nmedians of ${runs} fresh processes each, Node ${node}, ${cpu}\n`;
}

await runCommand('bench:cold', main);
