import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Times in a histogram of microseconds with three significant digits: a figure is at most 0.1 % off. */
export interface LatencyRecorder {
  record(elapsedMs: number): void;
  count(): number;
  /** Milliseconds; all 0 when nothing was recorded. */
  figures(): Latency;
  reset(): void;
}

export function latencyRecorder(): LatencyRecorder {
  const histogram: RecordableHistogram = createHistogram({ figures: 3 });
  return {
    record: (elapsedMs) => histogram.record(Math.max(1, Math.round(elapsedMs * 1_000))),
    count: () => histogram.count,
    figures: () => ({
      p50: percentile(histogram, 50),
      p95: percentile(histogram, 95),
      p99: percentile(histogram, 99),
      max: histogram.count === 0 ? 0 : histogram.max / 1_000,
    }),
    reset: () => histogram.reset(),
  };
}

function percentile(histogram: RecordableHistogram, of: number): number {
  return histogram.count === 0 ? 0 : histogram.percentile(of) / 1_000;
}
