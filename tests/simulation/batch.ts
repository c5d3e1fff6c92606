import { createHash } from 'node:crypto';
import { addCrashes, type CrashCount } from './crash-points.ts';
import { runHistory } from './history.ts';
import { planFrom } from './plan.ts';
import { PROFILE_NAMES, type ProfileName } from './profiles.ts';

/** Histories of consecutive seeds. */
export interface Batch {
  readonly firstSeed: number;
  readonly histories: number;
  /** `all`: each seed has one of them, in turn. */
  readonly profile: ProfileName | 'all';
  readonly orders: number;
}

export interface BatchResult {
  readonly firstSeed: number;
  readonly histories: number;
  /** SHA-256 (hex) of the histories' trace hashes, in the order of their seeds. */
  readonly hash: string;
  readonly steps: number;
  /** How often each kind of fault struck. */
  readonly struck: readonly (readonly [string, number])[];
  /** How many orders ended in each status. */
  readonly ends: readonly (readonly [string, number])[];
  readonly crashes: readonly (readonly [string, CrashCount])[];
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly violations: readonly string[];
}

/** Which profile a seed is run with. */
export function profileFor({ profile }: Pick<Batch, 'profile'>, seed: number): ProfileName {
  if (profile !== 'all') return profile;
  return PROFILE_NAMES[seed % PROFILE_NAMES.length] ?? 'local';
}

export async function runBatch(batch: Batch): Promise<BatchResult> {
  const { firstSeed, histories, orders } = batch;
  const hash = createHash('sha256');
  const crashes = new Map<string, CrashCount>();
  const failures: Failure[] = [];
  const struck = new Map<string, number>();
  const ends = new Map<string, number>();
  let steps = 0;
  for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
    const profile = profileFor(batch, seed);
    const result = await runHistory(planFrom(seed, profile, orders));
    hash.update(result.hash);
    steps += result.steps;
    addCounts(struck, result.struck);
    addCounts(
      ends,
      result.ends.map((status) => [status, 1] as const),
    );
    addCrashes(crashes, result.crashes);
    if (result.violations.length > 0) failures.push({ seed, profile, violations: result.violations });
  }
  return {
    firstSeed,
    histories,
    hash: hash.digest('hex'),
    steps,
    struck: [...struck],
    ends: [...ends],
    crashes: [...crashes],
    failures,
  };
}

/** Adds counts by name to a sum. */
export function addCounts(sum: Map<string, number>, counts: Iterable<readonly [string, number]>): void {
  for (const [name, count] of counts) sum.set(name, (sum.get(name) ?? 0) + count);
}
