import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const project = (
  name: string,
  include: string[],
  more: { groupOrder?: number; globalSetup?: string; isolate?: boolean } = {},
) => ({
  extends: true as const,
  test: {
    name,
    include,
    isolate: more.isolate ?? true,
    sequence: { groupOrder: more.groupOrder ?? 0 },
    globalSetup: more.globalSetup ? [more.globalSetup] : [],
  },
});

/** Files run one after the other in the same worker, which loads the SDKs once: they change nothing that another one sees. */
const SHARED = { isolate: false };

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // More than there are cores where these are few: many tests wait for processes and timers.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    reporters: ['default'],
    projects: [
      project('unit', ['tests/unit/**/*.test.ts', 'tests/*.test.ts'], SHARED),
      project('conformance', ['tests/conformance/**/*.test.ts', 'tests/adapters/**/*.test.ts'], SHARED),
      project('functions', ['tests/functions/**/*.test.ts', 'tests/reconciliation/**/*.test.ts'], SHARED),
      project('infra', ['tests/infra/**/*.test.ts'], { globalSetup: 'tests/infra/plans.setup.ts' }),
      project('e2e', ['tests/e2e/**/*.test.ts']),
      project('simulation', ['tests/simulation/**/*.test.ts']),
      project('load', ['tests/load/**/*.test.ts']),
      // By itself, before or after all others: it is there to load the machine.
      project('crash', ['tests/crash/**/*.test.ts'], { groupOrder: 1 }),
    ],
  },
});
