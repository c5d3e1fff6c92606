import { describe, expect, it } from 'vitest';
import type { Clock } from '../../shared/ports/clock.ts';
import { type Closable, freshFor } from './harness.ts';
import { portError } from './races.ts';

export interface ClockHarness extends Closable {
  readonly clock: Clock;
  /** Lets time go by, and what waited for it go on. */
  pass(ms: number): Promise<void>;
}

const MINUTE = 60_000;
const THIRTY_DAYS = 30 * 24 * 60 * MINUTE;

/** Everything that the port `Clock` promises. */
export function clockSuite(name: string, open: () => Promise<ClockHarness>): void {
  describe(`${name}: Clock`, () => {
    const harness = freshFor(open);

    it('tells the time in milliseconds as it goes by', async () => {
      const { clock, pass } = harness();
      const start = clock.now();
      await pass(MINUTE);
      expect(clock.now()).toBe(start + MINUTE);
    });

    it.each([1, MINUTE, THIRTY_DAYS])('sleeps for %d ms, not less', async (ms) => {
      const { clock, pass } = harness();
      let awake = false;
      const sleeping = clock.sleep(ms).then(() => {
        awake = true;
      });
      await pass(ms - 1);
      expect(awake).toBe(false);
      await pass(1);
      await sleeping;
      expect(awake).toBe(true);
    });

    it('wakes sleepers in the order of their times', async () => {
      const { clock, pass } = harness();
      const woken: number[] = [];
      const sleeping = [30, 10, 20].map((ms) => clock.sleep(ms).then(() => woken.push(ms)));
      await pass(30);
      await Promise.all(sleeping);
      expect(woken).toEqual([10, 20, 30]);
    });

    it('does not sleep for no time at all', async () => {
      const { clock, pass } = harness();
      const sleeping = Promise.all([clock.sleep(0), clock.sleep(-5)]);
      await pass(1);
      await expect(sleeping).resolves.toBeDefined();
    });

    it('answers what the work answers, and fails as the work fails, within the limit', async () => {
      const { clock } = harness();
      expect(await clock.within(MINUTE, 'test', Promise.resolve('result'))).toBe('result');
      const failure = new Error('failed');
      await expect(clock.within(MINUTE, 'test', Promise.reject(failure))).rejects.toBe(failure);
    });

    it.each([MINUTE, THIRTY_DAYS])('fails with the operation once %d ms have gone by, not before', async (ms) => {
      const { clock, pass } = harness();
      const work = Promise.withResolvers<string>();
      const outcome = clock.within(ms, 'PaymentGateway.confirm', work.promise).then(
        () => 'answered',
        (error: unknown) => error,
      );
      let over = false;
      const noticed = outcome.then(() => {
        over = true;
      });
      await pass(ms - 1);
      expect(over).toBe(false);
      await pass(1);
      expect(await outcome).toEqual(portError('deadline-exceeded'));
      expect(await outcome).toMatchObject({ operation: 'PaymentGateway.confirm', retryable: true });
      await noticed;
    });

    it.each(['answers', 'fails'])('lets the work go on past the limit, and nobody minds when it %s', async (end) => {
      const { clock, pass } = harness();
      const work = Promise.withResolvers<string>();
      const result = expect(clock.within(10, 'test', work.promise)).rejects.toEqual(portError('deadline-exceeded'));
      await pass(10);
      await result;
      if (end === 'answers') work.resolve('late');
      else work.reject(new Error('late'));
      const late = await work.promise.catch((error: Error) => error.message);
      expect(late).toBe('late');
    });
  });
}
