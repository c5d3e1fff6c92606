import { describe, expect, it } from 'vitest';
import { longRunStages, momentAt, scenarioStages, totalMs } from './stages.ts';

describe('the stages', () => {
  const stages = scenarioStages(1000, 1);
  const minutes = (count: number) => momentAt(stages, count * 60_000);

  it.each([
    [0, 0, 0],
    [1, 0, 50],
    [2, 1, 100],
    [6.999, 1, 100],
    [8, 2, 550],
    [9, 3, 1000],
    [13.999, 3, 1000],
    [15, 4, 500],
  ])('after %s minutes: stage %s with %s users', (at, index, users) => {
    expect(minutes(at)).toMatchObject({ index, users });
  });

  it('are over after sixteen minutes', () => {
    expect(minutes(15.999)?.users).toBe(1);
    expect(minutes(16)).toBeUndefined();
    expect(totalMs(stages)).toBe(16 * 60_000);
  });

  it('have one peak, which is where figures can be compared', () => {
    expect(stages.filter(({ peak }) => peak).map(({ name }) => name)).toEqual(['1000 users']);
  });

  it('begin with a user at least', () => {
    expect(scenarioStages(3, 0.1).map(({ to }) => to)).toEqual([1, 1, 3, 3, 0]);
  });

  it('of a long run are up, the peak and down, and the scale is for the ways up and down', () => {
    expect(longRunStages(100, 0.5, 1_800_000)).toEqual([
      { name: '0 to 100', from: 0, to: 100, durationMs: 60_000, peak: false },
      { name: '100 users', from: 100, to: 100, durationMs: 1_800_000, peak: true },
      { name: '100 to 0', from: 100, to: 0, durationMs: 60_000, peak: false },
    ]);
  });
});
