import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], more: { groupOrder?: number; globalSetup?: string } = {}) => ({
  extends: true as const,
  test: {
    name,
    include,
    sequence: { groupOrder: more.groupOrder ?? 0 },
    globalSetup: more.globalSetup ? [more.globalSetup] : [],
  },
});

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // More than there are cores where these are few: many tests wait for processes and timers.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    reporters: ['default'],
    projects: [
      project('unit', ['tests/unit/**/*.test.ts', 'tests/*.test.ts']),
      project('conformance', ['tests/conformance/**/*.test.ts', 'tests/adapters/**/*.test.ts']),
      project('functions', ['tests/functions/**/*.test.ts', 'tests/reconciliation/**/*.test.ts']),
      project('infra', ['tests/infra/**/*.test.ts'], { globalSetup: 'tests/infra/plans.setup.ts' }),
      project('e2e', ['tests/e2e/**/*.test.ts']),
      project('simulation', ['tests/simulation/**/*.test.ts']),
      project('load', ['tests/load/**/*.test.ts']),
      // By itself, before or after all others: it is there to load the machine.
      project('crash', ['tests/crash/**/*.test.ts'], { groupOrder: 1 }),
    ],
  },
});
