import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { clockSuite } from './clock.suite.ts';
import { portError } from './races.ts';

clockSuite('the machine', async () => {
  vi.useFakeTimers();
  return {
    clock: systemClock(),
    pass: async (ms) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
    close: async () => {
      vi.useRealTimers();
    },
  };
});

clockSuite('by hand', async () => {
  const clock = manualClock(NOON);
  return {
    clock,
    pass: async (ms) => {
      clock.advance(ms);
      await Promise.resolve();
    },
    close: async () => {},
  };
});

describe('the system clock', () => {
  it('leaves no timer behind when the work ends in time, or too late', async () => {
    vi.useFakeTimers();
    try {
      const clock = systemClock();
      await clock.within(1000, 'test', Promise.resolve());
      await clock.within(1000, 'test', Promise.reject(new Error('failed'))).catch(() => undefined);
      expect(vi.getTimerCount()).toBe(0);
      const late = expect(clock.within(1000, 'test', new Promise(() => {}))).rejects.toEqual(
        portError('deadline-exceeded'),
      );
      await vi.advanceTimersByTimeAsync(1000);
      await late;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps the process alive for a sleep, and not for a limit', async () => {
    const clock = systemClock();
    const alive = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = alive();
    const limited = expect(clock.within(5, 'test', new Promise(() => {}))).rejects.toThrow();
    expect(alive()).toBe(before);
    const sleeping = clock.sleep(5);
    expect(alive()).toBe(before + 1);
    await Promise.all([sleeping, limited]);
  });

  it('sleeps and limits in real time, too', async () => {
    const clock = systemClock();
    const start = clock.now();
    const limited = clock.within(5, 'test', clock.sleep(600_000));
    await expect(limited).rejects.toEqual(portError('deadline-exceeded'));
    await clock.sleep(5);
    expect(Date.now() - start).toBeGreaterThanOrEqual(9);
  });
});

describe('the manual clock', () => {
  it('stands still', () => {
    const clock = manualClock(NOON);
    expect([clock.now(), clock.now()]).toEqual([NOON, NOON]);
  });

  it('counts those who sleep, and not the limits', async () => {
    const clock = manualClock();
    const sleeping = [clock.sleep(5), clock.sleep(7)];
    const limited = expect(clock.within(5, 'test', new Promise(() => {}))).rejects.toThrow();
    expect(clock.sleepers()).toBe(2);
    clock.advance(5);
    expect(clock.sleepers()).toBe(1);
    clock.advance(5);
    expect(clock.sleepers()).toBe(0);
    await Promise.all([...sleeping, limited]);
  });

  it('jumps to the next sleeper, and past the limits before it', async () => {
    const clock = manualClock(NOON);
    const sleeping = clock.sleep(100);
    const limited = expect(clock.within(50, 'test', new Promise(() => {}))).rejects.toThrow();
    expect(clock.advanceToNextSleeper()).toBe(true);
    expect(clock.now()).toBe(NOON + 100);
    await Promise.all([sleeping, limited]);
    expect(clock.advanceToNextSleeper()).toBe(false);
    expect(clock.now()).toBe(NOON + 100);
  });

  it('does not jump to a limit', () => {
    const clock = manualClock(NOON);
    void clock.within(50, 'test', new Promise(() => {}));
    expect(clock.advanceToNextSleeper()).toBe(false);
    expect(clock.now()).toBe(NOON);
  });
});
