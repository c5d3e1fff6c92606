import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { parseArgs, styleText } from 'node:util';

const HELP = `npm run check [-- --ci] [-- --only NAME]

Runs everything that guards the main line, and ends with the line "N passed, N failed". Without --ci it leaves out what takes longest
and seldom finds anything that the rest does not; it says what that is.

  --only NAME  only the checks whose name contains NAME
  --ci         what .ci/run runs: also the demo, every function on what the plans make, 20000 simulated histories instead of 3000,
               and 30 kills instead of 5
`;

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** In its place with `--ci`. */
  readonly ciCommand?: Check['command'];
  readonly ciOnly?: boolean;
  /** What it leaves out without `--ci`, and why. */
  readonly leavesOut?: string;
  /** Needs a core for a few seconds and nothing that another one changes: all of these run at once. */
  readonly quick?: boolean;
  /** Shows the output also when it passes. */
  readonly loud?: boolean;
  /** Added to the environment with `--ci`. */
  readonly ciEnvironment?: Readonly<Record<string, string>>;
}

const script = (file: string, ...args: string[]) => ['node', `scripts/${file}`, ...args] as const;

const sim = (...args: string[]) => ['npm', 'run', '--silent', 'sim', '--', ...args] as const;

const RIGHTS = 'tests/infra/rights.test.ts';

const CHECKS: readonly Check[] = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'], quick: true },
  { name: 'types', command: ['node', 'node_modules/typescript7/bin/tsc', '--project', '.'], quick: true },
  { name: 'types (TypeScript 6)', command: ['tsc', '--project', '.'], ciOnly: true, quick: true },
  {
    name: 'import rules',
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'shared', 'functions', 'infra', 'scripts', 'tests'],
    quick: true,
  },
  { name: 'unused code', command: ['knip'], quick: true },
  { name: 'API description up to date', command: script('openapi.ts', '--check'), quick: true },
  { name: 'API description lint', command: ['redocly', 'lint', 'docs/openapi.json'], quick: true },
  { name: 'diagrams up to date', command: script('diagram.ts', '--check'), quick: true },
  // It takes one file at a time.
  ...globSync('.github/workflows/*.yaml')
    .sort()
    .map((file): Check => ({ name: file, command: ['action-validator', file], quick: true })),
  // The tests have these plans as well.
  { name: 'plan of aws-dev', command: script('plan.ts', 'aws-dev'), ciOnly: true },
  { name: 'plan of aws-prod', command: script('plan.ts', 'aws-prod'), ciOnly: true },
  { name: 'bundles', command: ['npm', 'run', '--silent', 'bundle'], loud: true },
  {
    name: 'tests',
    command: ['npm', 'test', '--', '--exclude', RIGHTS],
    ciCommand: ['npm', 'test'],
    leavesOut: `${RIGHTS}: every path on what each plan makes takes half a minute; npm test and .ci/run have it`,
    loud: true,
    ciEnvironment: { CRASHES: '30' },
  },
  { name: 'simulation', command: sim('--histories', '3000'), ciCommand: sim('--histories', '20000'), loud: true },
  { name: 'simulation finds every mutant', command: sim('--mutant', 'all'), loud: true },
  { name: 'demo', command: ['npm', 'run', '--silent', 'demo'], ciOnly: true, loud: true },
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ci: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const checks = CHECKS.filter(({ name, ciOnly }) => name.includes(values.only) && (values.ci || !ciOnly));
  if (checks.length === 0)
    throw new Error(`no check is called ${values.only}; there are: ${CHECKS.map(({ name }) => name).join(', ')}`);
  const failed: string[] = [];
  const early = new Map(checks.filter(({ quick }) => quick).map((check) => [check, carryOut(check, values.ci)]));
  for (const check of checks) {
    const outcome = await (early.get(check) ?? carryOut(check, values.ci));
    tell(check, values.ci, outcome);
    if (outcome.code !== 0) failed.push(check.name);
  }
  if (failed.length > 0) process.stdout.write(`\nfailed: ${failed.join(', ')}\n`);
  process.stdout.write(`\n${checks.length - failed.length} passed, ${failed.length} failed\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

async function carryOut({ command, ciCommand, ciEnvironment }: Check, ci: boolean): Promise<Outcome> {
  const started = performance.now();
  const { code, output } = await run((ci && ciCommand) || command, ci ? ciEnvironment : {});
  return { code, output, seconds: (performance.now() - started) / 1000 };
}

function tell({ name, leavesOut, loud }: Check, ci: boolean, { code, output, seconds }: Outcome): void {
  const mark = code === 0 ? styleText('green', 'passed') : styleText('red', 'FAILED');
  if (loud || code !== 0) process.stdout.write(`\n${output}\n`);
  process.stdout.write(`${mark} ${seconds.toFixed(1).padStart(6)} s  ${name}\n`);
  if (leavesOut !== undefined && !ci) process.stdout.write(`not run: ${leavesOut}\n`);
}

function run(
  [file, ...args]: Check['command'],
  environment: Check['ciEnvironment'],
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: { ...process.env, REDOCLY_TELEMETRY: 'off', ...environment } });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
