import type { Actor } from './actor.ts';

export interface Timer {
  /** Epoch milliseconds of simulated time. */
  readonly at: number;
  readonly actor: Actor;
  readonly ring: () => void;
}

/** Timers that are set and have not rung. There are few at a time. */
export function timers() {
  let waiting: Timer[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  return {
    set(timer: Timer): Timer {
      waiting.push(timer);
      earliest = Math.min(earliest, timer.at);
      return timer;
    },
    clear(timer: Timer): void {
      const index = waiting.indexOf(timer);
      if (index >= 0) waiting.splice(index, 1);
    },
    /** Takes those that are due. */
    due(now: number): readonly Timer[] {
      if (earliest > now) return [];
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter(({ at }) => at > now);
      earliest = waiting.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
      return due;
    },
    /** No timer rings before this; infinity when there is none. */
    earliest: (): number => earliest,
  };
}
