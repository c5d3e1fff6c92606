import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[]) => ({ extends: true as const, test: { name, include } });

export default defineConfig({
  test: {
    testTimeout: 30_000,
    reporters: ['default'],
    projects: [
      project('unit', ['tests/unit/**/*.test.ts', 'tests/*.test.ts']),
      project('conformance', ['tests/conformance/**/*.test.ts', 'tests/adapters/**/*.test.ts']),
      project('functions', ['tests/functions/**/*.test.ts']),
      project('e2e', ['tests/e2e/**/*.test.ts']),
    ],
  },
});
