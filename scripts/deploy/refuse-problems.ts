import { findingsOf } from '../../infra/policy/rules.ts';
import { findingText } from '../plan/plan-text.ts';
import type { Plan } from '../plan/recorded.ts';
import { typeProblems } from '../plan/type-check.ts';

/** Throws where a plan breaks a mandatory rule, or has an input that the provider does not take. */
export async function refuseProblems(plan: Plan, production: boolean): Promise<void> {
  const broken = findingsOf(plan.resources, production).filter(({ rule }) => rule.level === 'mandatory');
  const lines = [...broken.map(findingText), ...(await typeProblems(plan))];
  if (lines.length > 0) throw new Error(`the plan is not good:\n${lines.join('\n')}`);
}
