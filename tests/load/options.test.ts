import { describe, expect, it } from 'vitest';
import { loadOptions } from './options.ts';
import { totalMs } from './stages.ts';

const read = (...args: string[]) => {
  const options = loadOptions(args);
  if (options === 'help') throw new Error('help');
  return options;
};

describe('the arguments of npm run load', () => {
  it('are the scenario of the sources when there are none', () => {
    const options = read();
    expect(options.users).toBe(1000);
    expect(totalMs(options.stages)).toBe(16 * 60_000);
    expect(options.stages.map(({ to }) => to)).toEqual([100, 100, 1000, 1000, 0]);
    expect(options.url).toBeUndefined();
  });

  it('scale the times and not the users', () => {
    const options = read('--scale', '0.1');
    expect(totalMs(options.stages)).toBeCloseTo(96_000);
    expect(options.stages[3]?.to).toBe(1000);
  });

  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
  ])('hold the peak for %s', (time, durationMs) => {
    expect(read('--users', '100', '--hold', time).stages[1]).toMatchObject({
      from: 100,
      to: 100,
      durationMs,
      peak: true,
    });
  });

  it('may name a platform, tokens and a file', () => {
    const args = ['--url', 'http://localhost:1', '--token', 'a', '--kitchen-token', 'b', '--json', 'c'];
    expect(read(...args)).toMatchObject({ url: 'http://localhost:1', token: 'a', kitchenToken: 'b', json: 'c' });
  });

  it('ask for help', () => expect(loadOptions(['--help'])).toBe('help'));

  it.each([
    ['--scale', '0', /--scale 0: give a number from 0.001 to 100/],
    ['--scale', 'half', /--scale half/],
    ['--users', '0', /--users 0: give a number from 1 to 10000/],
    ['--users', '2.5', /--users 2.5: give a whole number/],
    ['--hold', '30', /--hold 30: give a time such as 90s/],
    ['--hold', '0m', /--hold 0m/],
    ['--url', 'localhost:3000', /--url localhost:3000 is not a URL/],
    ['--bogus', '1', /Unknown option '--bogus'/],
  ])('%s %s is refused', (name, value, message) => {
    expect(() => loadOptions([name, value])).toThrow(message);
  });
});
