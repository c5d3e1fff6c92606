import type { Clock } from '../shared/ports/clock.ts';
import { PortError } from '../shared/ports/port-error.ts';

/** A clock that stands still until its test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms`, ending the sleeps and limits on the way in the order of their times. What awaits them goes on
   * only after that, as promises do: a sleep that it then begins counts from the new time.
   */
  advance(ms: number): void;
  /** Sleeps that have not ended. Limits of `within` are not counted. */
  sleepers(): number;
  /** Jumps to the end of the earliest sleep, and past the limits before it. False when nobody sleeps. */
  advanceToNextSleeper(): boolean;
}

interface Alarm {
  readonly kind: 'sleep' | 'limit';
  readonly at: number;
  readonly ring: () => void;
}

export function manualClock(start = 0): ManualClock {
  let time = start;
  const alarms = new Set<Alarm>();
  const sleeps = (): Alarm[] => [...alarms].filter(({ kind }) => kind === 'sleep');

  function set(kind: Alarm['kind'], ms: number, ring: () => void): Alarm {
    const alarm = { kind, at: time + Math.max(0, ms), ring };
    alarms.add(alarm);
    return alarm;
  }

  function moveTo(target: number): void {
    const due = [...alarms].filter(({ at }) => at <= target).sort((left, right) => left.at - right.at);
    for (const alarm of due) {
      alarms.delete(alarm);
      time = Math.max(time, alarm.at);
      alarm.ring();
    }
    time = target;
  }

  return {
    now: () => time,
    sleep: (ms) =>
      new Promise((resolve) => {
        if (ms <= 0) resolve();
        else set('sleep', ms, resolve);
      }),
    async within(ms, operation, work) {
      let limit: Alarm | undefined;
      const expired = new Promise<never>((_, reject) => {
        limit = set('limit', ms, () => reject(new PortError('deadline-exceeded', operation)));
      });
      try {
        return await Promise.race([work, expired]);
      } finally {
        if (limit) alarms.delete(limit);
      }
    },
    advance: (ms) => moveTo(time + ms),
    sleepers: () => sleeps().length,
    advanceToNextSleeper() {
      const next = Math.min(...sleeps().map(({ at }) => at));
      if (next === Number.POSITIVE_INFINITY) return false;
      moveTo(next);
      return true;
    },
  };
}
