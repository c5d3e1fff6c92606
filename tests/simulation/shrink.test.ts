import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchResult, Failure } from './batch.ts';
import { explainIn, runBatches } from './batches.ts';
import { FAULT_NAMES, type FaultRates } from './faults.ts';
import { type HistoryResult, runHistory } from './history.ts';
import { MUTANTS } from './mutants.ts';
import { withMutant } from './mutation.ts';
import { type Plan, planFrom } from './plan.ts';
import { shrink } from './shrink.ts';

vi.mock('./history.ts', { spy: true });

const run = vi.mocked(runHistory);
const plan: Plan = {
  ...planFrom(5, 'aws'),
  faults: Object.fromEntries(FAULT_NAMES.map((fault) => [fault, 0.1])) as FaultRates,
  faultSteps: 640,
};
const [, , needed, alsoNeeded] = plan.acts;
const TWICE = 'ord_abc: charged 2 times';

/** Histories that go wrong as `violationsOf` says, with twenty faults in each, instead of such that are run. */
function histories(violationsOf: (plan: Plan, without: ReadonlySet<number>) => readonly string[]): void {
  run.mockImplementation(async (plan, { without = new Set<number>() } = {}): Promise<HistoryResult> => {
    const violations = violationsOf(plan, without);
    return { violations, hash: '', steps: 1, faults: 20, crashes: new Map(), struck: new Map(), ends: [] };
  });
}

const isUsed = ({ faults }: Plan, fault: keyof FaultRates): boolean => faults[fault] > 0;

/** Goes wrong by one act, one kind of faults, some steps with faults, and two single faults. */
function goesWrongByFew(plan: Plan, without: ReadonlySet<number>): readonly string[] {
  const fails = plan.acts.some((act) => act === needed) && isUsed(plan, 'stall') && plan.faultSteps > 100;
  return fails && !without.has(3) && !without.has(17) ? [TWICE] : [];
}

beforeEach(() => {
  run.mockReset();
});

describe('shrinking', () => {
  it('leaves what the violation needs, and nothing else', async () => {
    histories(goesWrongByFew);
    const { plan: small, without, result, tries } = await shrink(plan);
    expect(plan.acts.length).toBeGreaterThan(8);
    expect(small).toMatchObject({ profile: plan.profile, orders: plan.orders, acts: [needed] });
    expect(FAULT_NAMES.filter((fault) => isUsed(small, fault))).toEqual(['stall']);
    // A cut by a tenth does not work any more.
    expect(small.faultSteps).toSatisfy((steps: number) => steps > 100 && steps * 0.9 < 101);
    const left = Array.from({ length: 20 }, (_, number) => number).filter((number) => !without.has(number));
    expect(left).toEqual([3, 17]);
    expect(result.violations).toEqual([TWICE]);
    expect(run).toHaveBeenCalledTimes(tries);
  });

  it('comes to the same end each time', async () => {
    histories(goesWrongByFew);
    expect(await shrink(plan)).toEqual(await shrink(plan));
  });

  it('keeps all acts of which none can be spared', async () => {
    histories(({ acts }) =>
      acts.some((act) => act === needed) && acts.some((act) => act === alsoNeeded) ? [TWICE] : [],
    );
    expect((await shrink(plan)).plan.acts).toEqual([needed, alsoNeeded]);
  });

  it('ends with a history that goes wrong as the first one did, not in another way', async () => {
    histories(({ acts }) =>
      acts.length === plan.acts.length ? [TWICE] : ['ord_abc: it is paid, and nothing was moved'],
    );
    const { plan: small, result } = await shrink(plan);
    expect(small.acts).toEqual(plan.acts);
    expect(result.violations).toEqual([TWICE]);
  });

  it('takes a violation for the same that differs in ids and numbers, wherever it stands', async () => {
    histories(({ acts }) =>
      acts.length === plan.acts.length ? [TWICE] : ['something else', 'ord_xyz234: charged 3 times'],
    );
    expect((await shrink(plan)).plan.acts).toHaveLength(1);
  });

  it('tries other schedules where the first one does not go wrong any more', async () => {
    histories(({ acts, seed }) => (acts.length === plan.acts.length || seed !== plan.seed ? [TWICE] : []));
    const { plan: small } = await shrink(plan);
    expect(small.acts).toHaveLength(1);
    expect(small.seed).not.toBe(plan.seed);
  });

  it('runs no more histories than it may', async () => {
    histories(goesWrongByFew);
    for (const mostTries of [1, 2, 10]) {
      run.mockClear();
      const { tries, result } = await shrink(plan, { mostTries });
      expect([tries, run.mock.calls.length, result.violations]).toEqual([mostTries, mostTries, [TWICE]]);
    }
  });

  it('leaves a history alone with which nothing is wrong', async () => {
    histories(() => []);
    expect(await shrink(plan)).toMatchObject({ plan, tries: 1, result: { violations: [] } });
  });

  it('cuts a real history down that a mutant lets go wrong, and tells of it in the same words each time', async () => {
    const mutant = MUTANTS.find(({ name }) => name === 'absent-means-failed');
    if (!mutant) throw new Error('there is no such mutant any more');
    const [failure, report, again] = await withMutant(mutant, async (directory) => {
      const failure = await firstFailure(directory);
      const name = { ...failure, orders: 3 };
      return [failure, ...(await Promise.all([explainIn(directory, name), explainIn(directory, name)]))] as const;
    });
    expect(again).toBe(report);
    const figures = /cut down from (\d+) acts and (\d+) steps with faults to (\d+) and (\d+), by (\d+) tries/.exec(
      report,
    );
    const [actsBefore = 0, stepsBefore = 0, acts = 0, steps = 0, tries = 0] = figures?.slice(1).map(Number) ?? [];
    expect(acts).toSatisfy((count: number) => count > 0 && count < actsBefore);
    expect(steps).toBeLessThan(stepsBefore);
    expect(tries).toBeGreaterThan(5);
    const [, cut = ''] = report.split('wrong with that:');
    expect(unnamed(cut)).toContain(unnamed(failure.violations[0] ?? 'no violation'));
  });
});

async function firstFailure(directory: string): Promise<Failure> {
  const failures: Failure[] = [];
  const batch = { firstSeed: 1, histories: 100, profile: 'all', orders: 3 } as const;
  const onResult = (result: BatchResult) => failures.push(...result.failures) > 0;
  await runBatches([batch], { directory, processes: 1, onResult });
  if (!failures[0]) throw new Error('the mutant was not found');
  return failures[0];
}

const unnamed = (text: string): string => text.replaceAll(/ord_\w+|\d+/g, '_');
