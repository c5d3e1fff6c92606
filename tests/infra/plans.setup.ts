import type { TestProject } from 'vitest/node';
import { makePlan } from '../../scripts/plan/make-plan.ts';
import type { Plan } from '../../scripts/plan/recorded.ts';

declare module 'vitest' {
  interface ProvidedContext {
    plans: { readonly dev: Plan; readonly prod: Plan };
  }
}

/** Makes each plan once for all files: `inject('plans')`. */
export default async function setup(project: TestProject): Promise<void> {
  const [dev, prod] = await Promise.all([makePlan('aws-dev'), makePlan('aws-prod')]);
  project.provide('plans', { dev, prod });
}
