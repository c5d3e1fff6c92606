/** What happens at Stripe by itself after a while, by the stand-in's clock. */
export interface Timetable {
  later(ms: number, act: () => void): void;
  /** Carries out what is due, in the order of its times. Every request does so first. */
  wake(): void;
}

export function timetable(now: () => number): Timetable {
  let entries: readonly { readonly at: number; readonly act: () => void }[] = [];
  return {
    later(ms, act) {
      entries = [...entries, { at: now() + ms, act }];
    },
    wake() {
      const due = entries.filter(({ at }) => at <= now()).sort((left, right) => left.at - right.at);
      entries = entries.filter((entry) => !due.includes(entry));
      for (const { act } of due) act();
    },
  };
}
