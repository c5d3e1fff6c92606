import { FAULT_NAMES, type FaultRates } from './faults.ts';
import { type HistoryResult, runHistory } from './history.ts';
import type { Plan } from './plan.ts';

/** A history that fails, and all that it needs for that. */
export interface Shrunk {
  readonly plan: Plan;
  /** Faults by number that are left out. */
  readonly without: ReadonlySet<number>;
  readonly result: HistoryResult;
  /** Histories that were run to find it. */
  readonly tries: number;
}

/** How many other schedules are tried for a plan that was cut down: every cut changes what the dice mean. */
const SCHEDULES = 6;
const MOST_TRIES = 3_000;

/**
 * Cuts a failing history down while it still fails in the same way: fewer orders, acts, kinds of faults, steps with faults and single
 * faults. Deterministic. It is the smallest one that this finds, not the smallest there is.
 */
export async function shrink(plan: Plan, options: { readonly mostTries?: number } = {}): Promise<Shrunk> {
  const { mostTries = MOST_TRIES } = options;
  const first = await runHistory(plan);
  const kind = kindOf(first.violations[0]);
  let tries = 1;
  let best: Omit<Shrunk, 'tries'> = { plan, without: new Set(), result: first };

  async function fails(candidate: Plan, without: ReadonlySet<number>): Promise<boolean> {
    if (tries >= mostTries) return false;
    tries += 1;
    const result = await runHistory(candidate, { without });
    if (!result.violations.some((violation) => kindOf(violation) === kind)) return false;
    best = { plan: candidate, without, result };
    return true;
  }

  /** Tries the plan with its own schedule first, then with some others. */
  async function failsSomehow(candidate: Plan): Promise<boolean> {
    for (let number = 0; number < SCHEDULES; number += 1) {
      if (await fails({ ...candidate, seed: (candidate.seed + number * 7_919) >>> 0 }, new Set())) return true;
    }
    return false;
  }

  if (kind === undefined) return { ...best, tries };
  for (let before = 0; before !== sizeOf(best.plan) && tries < mostTries; ) {
    before = sizeOf(best.plan);
    for (const cut of cutsOf(best.plan)) {
      const candidate = cut(best.plan);
      if (candidate) await failsSomehow(candidate);
    }
  }
  await dropFaults();
  return { ...best, tries };

  /** Leaves out runs of faults, half of them first, then fewer, down to single ones. */
  async function dropFaults(): Promise<void> {
    for (let length = Math.ceil(best.result.faults / 2); length >= 1; length = length > 1 ? Math.ceil(length / 2) : 0) {
      for (let start = 0; start < best.result.faults; start += length) {
        const numbers = Array.from({ length }, (_, index) => start + index);
        if (numbers.every((number) => best.without.has(number))) continue;
        await fails(best.plan, new Set([...best.without, ...numbers]));
      }
    }
  }
}

type Cut = (plan: Plan) => Plan | undefined;

function cutsOf(plan: Plan): Cut[] {
  const orders = plan.orders.map(
    (_, order): Cut =>
      (now) =>
        withoutOrder(now, order),
  );
  // From the back, so that what is cut does not move what is still to be tried.
  const acts = plan.acts.map(
    (_, index): Cut =>
      (now) =>
        withoutAct(now, plan.acts.length - 1 - index),
  );
  const faults = FAULT_NAMES.map(
    (fault): Cut =>
      (now) =>
        withoutFault(now, fault),
  );
  const steps = [0.5, 0.75, 0.9].map(
    (share): Cut =>
      (now) => ({ ...now, faultSteps: Math.floor(now.faultSteps * share) }),
  );
  return [...orders, ...acts, ...faults, ...steps];
}

/** The orders keep their numbers: only what is done with one of them goes. */
function withoutOrder(plan: Plan, order: number): Plan | undefined {
  const acts = plan.acts.filter((act) => act.order !== order);
  return acts.length < plan.acts.length && acts.length > 0 ? { ...plan, acts } : undefined;
}

function withoutAct(plan: Plan, index: number): Plan | undefined {
  return plan.acts.length > 1 && index < plan.acts.length
    ? { ...plan, acts: plan.acts.toSpliced(index, 1) }
    : undefined;
}

function withoutFault(plan: Plan, fault: keyof FaultRates): Plan | undefined {
  return plan.faults[fault] > 0 ? { ...plan, faults: { ...plan.faults, [fault]: 0 } } : undefined;
}

function sizeOf({ acts, faults, faultSteps }: Plan): number {
  return acts.length * 1_000 + Object.values(faults).filter((rate) => rate > 0).length * 1_000 + faultSteps;
}

/** The violation without what differs from history to history. */
function kindOf(violation: string | undefined): string | undefined {
  return violation?.replaceAll(/ord_[a-z2-7]+|\d+/g, '_');
}
