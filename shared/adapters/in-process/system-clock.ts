import type { Clock } from '../../ports/clock.ts';
import { PortError } from '../../ports/port-error.ts';

/** The longest delay that Node's timers take; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms) =>
      new Promise((resolve) => {
        startTimer(ms, resolve);
      }),
    async within(ms, operation, work) {
      let timer: Timer | undefined;
      const limit = new Promise<never>((_, reject) => {
        timer = startTimer(ms, () => reject(new PortError('deadline-exceeded', operation)));
        // What keeps the process alive is the work, never the watch over it.
        timer.unref();
      });
      try {
        return await Promise.race([work, limit]);
      } finally {
        timer?.clear();
      }
    },
  };
}

interface Timer {
  unref(): void;
  clear(): void;
}

/** A timer of any length, as a chain of timers that Node can take. */
function startTimer(ms: number, fire: () => void): Timer {
  let kept = true;
  let current: NodeJS.Timeout;
  const arm = (left: number): void => {
    const step = Math.min(left, LONGEST_TIMER_MS);
    current = setTimeout(() => (left > step ? arm(left - step) : fire()), step);
    if (!kept) current.unref();
  };
  arm(ms);
  return {
    unref() {
      kept = false;
      current.unref();
    },
    clear() {
      clearTimeout(current);
    },
  };
}
