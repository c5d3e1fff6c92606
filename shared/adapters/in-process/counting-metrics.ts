import type { MetricName, Metrics } from '../../ports/metrics.ts';

/** Sums in the memory of this process, to look at. */
export function countingMetrics(): Metrics & { sums(): Readonly<Partial<Record<MetricName, number>>> } {
  const sums = new Map<MetricName, number>();
  return {
    count(name, value = 1) {
      sums.set(name, (sums.get(name) ?? 0) + value);
    },
    sums: () => Object.fromEntries(sums),
  };
}
