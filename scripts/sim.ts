import { parseArgs } from 'node:util';
import { MUTANTS, type Mutant } from '../tests/simulation/mutants.ts';
import { PROFILE_NAMES, type ProfileName } from '../tests/simulation/profiles.ts';
import { runCommand, UsageError } from './command.ts';
import { showHistory, simulate } from './sim-histories.ts';
import { simulateMutants } from './sim-mutants.ts';
import type { SimOptions } from './sim-options.ts';

const HELP = `npm run sim [-- --histories N] [--seed S] [--profile NAME] [--replay] [--trace]
npm run sim -- --mutant NAME [--histories N]
npm run sim -- --list-mutants

Runs the platform's own use cases, workflow, relay, sweeper and consumers in simulated time, with crashes, time-outs, stalls, repeats
and losses at every call, and looks in each history for orders, money and notices that are lost. A seed decides everything:
the same seed gives the same history.

  --histories N   how many, of consecutive seeds; 10000, and at most 4000 for each mutant
  --seed S        the first seed; 1. "random" takes another one each time, and says which
  --profile NAME  aws, azure, gcp or local: whose promises about delivery hold; or webhooks, which is aws and a payment provider
                  that posts news; left out, all of them in turn
  --orders N      orders in each history, 1 to 10; 3
  --processes N   how many run side by side; one for each core
  --replay        runs everything twice, and compares the traces
  --trace         shows what happens in the history of --seed, cut down if it fails
  --mutant NAME   puts this fault into a copy of the product first: then it is a success that a history fails. "all" takes each
  --list-mutants  shows what faults there are

A history that fails is shown cut down, with everything that happened. Exit code 1 when one failed or a mutant survived, 2 for wrong
usage. The last line names histories, seeds, profile and a hash of who did what in which order.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string' },
      seed: { type: 'string', default: '1' },
      profile: { type: 'string', default: 'all' },
      orders: { type: 'string', default: '3' },
      processes: { type: 'string' },
      replay: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      mutant: { type: 'string' },
      'list-mutants': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values['list-mutants']) return listMutants();
  const mutants = values.mutant === undefined ? [] : mutantsNamed(values.mutant);
  const options: SimOptions = {
    histories: integer('histories', values.histories ?? (mutants.length > 0 ? '4000' : '10000'), 1, 100_000_000),
    firstSeed:
      values.seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : integer('seed', values.seed, 0, 2 ** 31),
    profile: profileNamed(values.profile),
    orders: integer('orders', values.orders, 1, 10),
    replay: values.replay,
    ...(values.processes !== undefined && { processes: integer('processes', values.processes, 1, 64) }),
  };
  if (values.replay && (values.trace || mutants.length !== 0))
    throw new UsageError('--replay is for histories of the product, and shows none');
  if (values.trace && mutants.length !== 0)
    throw new UsageError('--trace is for a history of the product, and a mutant shows its own');
  const passed = await run(options, mutants, values.trace);
  if (!passed) process.exitCode = 1;
}

function run(options: SimOptions, mutants: readonly Mutant[], trace: boolean): Promise<boolean> {
  if (trace) return showHistory(options);
  return mutants.length > 0 ? simulateMutants(mutants, options) : simulate(options);
}

function listMutants(): void {
  const width = Math.max(...MUTANTS.map(({ name }) => name.length));
  for (const { name, what } of MUTANTS) process.stdout.write(`${name.padEnd(width)}  ${what}\n`);
}

function mutantsNamed(wanted: string): readonly Mutant[] {
  if (wanted === 'all') return MUTANTS;
  const mutant = MUTANTS.find(({ name }) => name === wanted);
  if (!mutant) throw new UsageError(`no mutant is called ${wanted}; --list-mutants shows them`);
  return [mutant];
}

function profileNamed(wanted: string): ProfileName | 'all' {
  const profile = (['all', ...PROFILE_NAMES] as const).find((name) => name === wanted);
  if (!profile) throw new UsageError(`--profile must be one of ${PROFILE_NAMES.join(', ')}, all; it is ${wanted}`);
  return profile;
}

function integer(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$|^\d{10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${option} must be a whole number from ${least} to ${most}; it is ${text}`);
}

// Whoever is interrupted still removes what is temporary.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('SIGHUP', () => process.exit(129));
await runCommand('sim', main);
