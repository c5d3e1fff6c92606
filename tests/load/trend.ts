export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** How a figure went. */
export interface Trend {
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined for no points. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return undefined;
  const values = points.map(({ value }) => value);
  return { first: first.value, last: last.value, min: Math.min(...values), max: Math.max(...values) };
}

/** Over less time than this a growth says nothing. */
const LEAST_SPAN_MS = 20_000;

/** By how much a figure grew in a minute, by least squares; undefined for less than 20 seconds. */
export function slopePerMinute(points: readonly Point[]): number | undefined {
  const spanMs = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  if (spanMs < LEAST_SPAN_MS) return undefined;
  const meanAt = mean(points.map(({ atMs }) => atMs));
  const meanValue = mean(points.map(({ value }) => value));
  const covariance = mean(points.map(({ atMs, value }) => (atMs - meanAt) * (value - meanValue)));
  const variance = mean(points.map(({ atMs }) => (atMs - meanAt) ** 2));
  return (covariance / variance) * 60_000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
