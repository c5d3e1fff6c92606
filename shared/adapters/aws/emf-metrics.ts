import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';

export interface EmfMetricsOptions {
  readonly namespace: string;
  /** Told apart on the dashboards: which function of which environment. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, 'now'>;
  /** Where the lines go: the standard output of a Lambda function is its log group. */
  readonly write: (line: string) => void;
}

/**
 * Counts as lines in CloudWatch's embedded metric format: the log group makes metrics of them, without a call.
 * Source: docs.aws.amazon.com/AmazonCloudWatch, "Embedded metric format specification".
 */
export function emfMetrics({ namespace, dimensions, clock, write }: EmfMetricsOptions): Metrics {
  return {
    count(name, value = 1) {
      const metrics = {
        Namespace: namespace,
        Dimensions: [Object.keys(dimensions)],
        Metrics: [{ Name: name, Unit: 'Count' }],
      };
      write(
        `${JSON.stringify({ _aws: { Timestamp: clock.now(), CloudWatchMetrics: [metrics] }, ...dimensions, [name]: value })}\n`,
      );
    },
  };
}
