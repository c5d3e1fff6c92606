import { runHistory } from './history.ts';
import { planFrom } from './plan.ts';
import type { ProfileName } from './profiles.ts';
import type { TraceLine } from './scheduler.ts';
import { shrink } from './shrink.ts';
import { formatPlan, formatTrace, withNames } from './trace.ts';

export interface HistoryName {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly orders: number;
}

/** What went wrong in a history, told on the smallest history that goes wrong in the same way. */
export async function explain({ seed, profile, orders }: HistoryName): Promise<string> {
  const plan = planFrom(seed, profile, orders);
  const { violations } = await runHistory(plan);
  if (violations.length === 0) return tell(await traced(plan), 'nothing is wrong with this history');
  const shrunk = await shrink(plan);
  const cut = await traced(shrunk.plan, shrunk.without);
  const before = `${plan.acts.length} acts and ${plan.faultSteps} steps with faults`;
  const after = `${shrunk.plan.acts.length} and ${shrunk.plan.faultSteps}`;
  return [
    `seed ${seed} on ${profile}: what is wrong`,
    ...violations.map((violation) => `  ${withNames(plan, violation)}`),
    '',
    tell(cut, `cut down from ${before} to ${after}, by ${shrunk.tries} tries`),
    '',
    'wrong with that:',
    ...shrunk.result.violations.map((violation) => `  ${withNames(plan, violation)}`),
  ].join('\n');
}

interface Traced {
  readonly plan: Parameters<typeof formatPlan>[0];
  readonly lines: readonly TraceLine[];
}

async function traced(plan: Traced['plan'], without: ReadonlySet<number> = new Set()): Promise<Traced> {
  const lines: TraceLine[] = [];
  await runHistory(plan, { without, record: (line) => lines.push(line) });
  return { plan, lines };
}

function tell({ plan, lines }: Traced, title: string): string {
  return [title, '', 'what people do:', formatPlan(plan), '', 'what happens:', formatTrace(plan, lines)].join('\n');
}
