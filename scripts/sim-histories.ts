import { createHash } from 'node:crypto';
import { styleText } from 'node:util';
import { addCounts, type BatchResult, type Failure, profileFor } from '../tests/simulation/batch.ts';
import { explainIn, runBatches } from '../tests/simulation/batches.ts';
import { addCrashes, CRASH_POINTS, type CrashCount, rarePoints } from '../tests/simulation/crash-points.ts';
import { type Progress, startProgress } from './progress.ts';
import { batchesOf, count, type SimOptions, say } from './sim-options.ts';
import { table } from './table.ts';

const BATCH = 250;
/** From so many histories on every named crash point has to be hit. */
const ENOUGH_TO_COUNT = 20_000;

/** A thousand times in a million; half as often, as chance would have it, in fewer. */
function leastCrashes(histories: number): number {
  return histories >= 1_000_000 ? histories / 1_000 : histories / 2_000;
}

/** Runs histories until one fails; true when none did. */
export async function simulate(options: SimOptions): Promise<boolean> {
  const { histories, profile } = options;
  const crashes = new Map<string, CrashCount>();
  const hashes: string[] = [];
  const progress = startProgress(options.replay ? 2 * histories : histories, 'histories');
  let failure: Failure | undefined;
  const struck = new Map<string, number>();
  const ends = new Map<string, number>();
  let [done, steps] = [0, 0];
  await runBatches(batchesOf(options, BATCH), {
    ...options,
    onResult(result) {
      hashes.push(result.hash);
      addCrashes(crashes, result.crashes);
      done += result.histories;
      steps += result.steps;
      addCounts(struck, result.struck);
      addCounts(ends, result.ends);
      [failure] = result.failures;
      progress.at(done);
      return failure === undefined;
    },
  });
  const replayed = failure === undefined && options.replay ? await replay(options, hashes, progress) : undefined;
  progress.end();
  const rare = profile === 'all' && histories >= ENOUGH_TO_COUNT ? rarePoints(crashes, leastCrashes(histories)) : [];
  if (failure) await tellFailure(failure, options);
  else tellCrashes(crashes);
  say(`faults: ${counts(struck)}`);
  say(`orders at their end: ${counts(ends)}`);
  for (const point of rare) say(`${styleText('red', 'too rare')}: a crash at "${point}" (${CRASH_POINTS[point]})`);
  if (replayed !== undefined) say(replayed);
  say(`${count(steps)} steps, ${progress.rate()} histories a second`);
  say(lastLine(options, done, failure ? 1 : 0, hashes));
  return failure === undefined && rare.length === 0 && !replayed?.startsWith(DIFFERENT);
}

const DIFFERENT = 'the second run went another way';

/** Runs all of it again, the last batch first. */
async function replay(options: SimOptions, hashes: readonly string[], progress: Progress): Promise<string> {
  const batches = batchesOf(options, BATCH);
  let different: BatchResult | undefined;
  let done = options.histories;
  await runBatches(batches.toReversed(), {
    ...options,
    onResult(result) {
      const index = batches.findIndex(({ firstSeed }) => firstSeed === result.firstSeed);
      if (hashes[index] !== result.hash) different = result;
      done += result.histories;
      progress.at(done);
      return different === undefined;
    },
  });
  if (!different) return `${count(options.histories)} histories went the same way twice`;
  return `${DIFFERENT}, in one of the ${different.histories} histories from seed ${different.firstSeed} on`;
}

/** Shows the history of the first seed; true when nothing is wrong with it. */
export async function showHistory(options: SimOptions): Promise<boolean> {
  const { firstSeed: seed, orders } = options;
  const profile = profileFor(options, seed);
  const report = await explainIn(process.cwd(), { seed, profile, orders });
  say(report);
  return report.startsWith('nothing is wrong');
}

async function tellFailure({ seed, profile }: Failure, { orders }: SimOptions): Promise<void> {
  say(await explainIn(process.cwd(), { seed, profile, orders }));
  say(
    `\nagain: npm run sim -- --histories 1 --seed ${seed} --profile ${profile}${orders === 3 ? '' : ` --orders ${orders}`}\n`,
  );
}

function tellCrashes(crashes: ReadonlyMap<string, CrashCount>): void {
  const rows = Object.entries(CRASH_POINTS).map(([point, what]) => {
    const { before, after } = crashes.get(point) ?? { before: 0, after: 0 };
    return [point, count(before), count(after), what];
  });
  say(`${table(['crash at', 'before', 'after', 'that is, when'], rows)}\n`);
}

function lastLine({ firstSeed, profile }: SimOptions, done: number, failed: number, hashes: readonly string[]): string {
  const hash = createHash('sha256').update(hashes.join('')).digest('hex').slice(0, 16);
  const seeds = `seeds ${firstSeed} to ${firstSeed + done - 1}`;
  return `${count(done)} histories, ${failed === 0 ? 'none failed' : 'stopped at the first that failed'}, ${seeds}, profile ${profile}, trace hash ${hash}`;
}

function counts(byName: ReadonlyMap<string, number>): string {
  const most = [...byName].sort((left, right) => right[1] - left[1]);
  return most.map(([name, value]) => `${name} ${count(value)}`).join(', ');
}
