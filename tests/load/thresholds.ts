import type { UserFigures } from './measurements.ts';

export interface Threshold {
  readonly name: string;
  readonly value: number;
  /** It passes below this. */
  readonly limit: number;
  readonly unit: 'ms' | '%';
  readonly passed: boolean;
}

const P95_MS = 500;
const ERROR_PERCENT = 1;

/** Those of the sources' scenario, over what the users saw. A run without any request passes nothing. */
export function judge({ count, errors, p95 }: UserFigures): readonly Threshold[] {
  const some = count > 0;
  const errorPercent = some ? (100 * errors) / count : 100;
  return [
    { name: 'p95 of requests', value: p95, limit: P95_MS, unit: 'ms', passed: some && p95 < P95_MS },
    {
      name: 'failed requests',
      value: errorPercent,
      limit: ERROR_PERCENT,
      unit: '%',
      passed: errorPercent < ERROR_PERCENT,
    },
  ];
}
