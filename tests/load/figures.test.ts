import { describe, expect, it } from 'vitest';
import { failureOf, jsonOf } from './http-client.ts';
import { latencyRecorder } from './latency.ts';
import { measurements } from './measurements.ts';
import { scenarioStages } from './stages.ts';
import { judge } from './thresholds.ts';
import { slopePerMinute, trendOf } from './trend.ts';

describe('latencies', () => {
  it('are off by 0.1 % at most', () => {
    const recorder = latencyRecorder();
    for (let ms = 1; ms <= 1000; ms += 1) recorder.record(ms);
    const { p50, p95, p99, max } = recorder.figures();
    for (const [found, expected] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
      [max, 1000],
    ] as const) {
      expect(Math.abs(found - expected) / expected).toBeLessThan(0.001);
    }
  });

  it('are 0 before anything was measured', () => {
    expect(latencyRecorder().figures()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
  });
});

describe('measurements', () => {
  const begin = () => {
    const clock = { ms: 0 };
    return { clock, measure: measurements(scenarioStages(10, 1), () => clock.ms) };
  };

  it('tell what users do from what kitchens do', () => {
    const { measure } = begin();
    measure.record('create', 10);
    measure.record('get', 20, '503 busy');
    measure.record('confirm', 5_000, '409 too-late');
    measure.record('list', 5_000);
    expect(measure.users()).toMatchObject({ count: 2, errors: 1 });
    expect(measure.users().max).toBeLessThan(21);
    expect(measure.kinds()).toMatchObject({
      create: { count: 1, errors: {} },
      get: { count: 1, errors: { '503 busy': 1 } },
      confirm: { count: 1, errors: { '409 too-late': 1 } },
      list: { count: 1, errors: {} },
    });
  });

  it('belong to the stage that they were made in', () => {
    const { measure, clock } = begin();
    measure.enterStage(0);
    measure.record('create', 1);
    clock.ms = 4_000;
    measure.enterStage(1);
    measure.enterStage(1);
    measure.record('create', 1);
    measure.record('get', 1, 'x');
    clock.ms = 10_000;
    measure.end();
    clock.ms = 99_000;
    expect(measure.stages()).toMatchObject([
      { name: '0 to 1', seconds: 4, count: 1, errors: 0 },
      { name: '1 users', seconds: 6, count: 2, errors: 1 },
    ]);
  });

  it('can be had since the last look', () => {
    const { measure, clock } = begin();
    measure.record('create', 1);
    clock.ms = 2_000;
    expect(measure.sinceLast()).toMatchObject({ count: 1, seconds: 2 });
    clock.ms = 5_000;
    expect(measure.sinceLast()).toMatchObject({ count: 0, seconds: 3, p95: 0 });
  });
});

describe('thresholds', () => {
  const passed = (figures: { count: number; errors: number; p95: number }) =>
    judge({ p50: 0, p99: 0, max: 0, ...figures }).map((threshold) => threshold.passed);

  it.each([
    [{ count: 1000, errors: 9, p95: 499.9 }, [true, true]],
    [{ count: 1000, errors: 10, p95: 499.9 }, [true, false]],
    [{ count: 1000, errors: 0, p95: 500 }, [false, true]],
    [{ count: 0, errors: 0, p95: 0 }, [false, false]],
  ])('%j: %j', (figures, expected) => expect(passed(figures)).toEqual(expected));
});

describe('trends', () => {
  const line = [0, 30, 60, 90].map((seconds) => ({ atMs: seconds * 1_000, value: 100 + seconds * 2 }));

  it('say where it began, where it ended, and what lay between', () => {
    expect(trendOf(line)).toEqual({ first: 100, last: 280, min: 100, max: 280 });
    expect(trendOf([])).toBeUndefined();
  });

  it('say what came to it in a minute', () => expect(slopePerMinute(line)).toBeCloseTo(120));

  it('say nothing of a short time', () => {
    expect(slopePerMinute([])).toBeUndefined();
    expect(slopePerMinute(line.map(({ atMs, value }) => ({ atMs: atMs / 10, value })))).toBeUndefined();
  });
});

describe('failures', () => {
  const answer = (status: number, text: string) => ({ status, text, elapsedMs: 1 });

  it.each([
    [answer(503, '{"code":"busy"}'), '503 busy'],
    [answer(200, '{"id":"another"}'), '200 another order'],
    [answer(502, '<html>'), '502 another order'],
    [answer(0, 'ECONNREFUSED'), '0 ECONNREFUSED'],
  ])('%j is %s', (given, expected) => expect(failureOf(given, 'another order')).toBe(expected));

  it.each(['', 'null', '7', '{'])('%j is no object', (text) => expect(jsonOf(answer(200, text))).toEqual({}));
});
