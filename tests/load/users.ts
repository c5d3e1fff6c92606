import { setTimeout as pause } from 'node:timers/promises';
import { type Moment, momentAt, type Stage } from './stages.ts';

export interface UsersOptions {
  readonly stages: readonly Stage[];
  /** Ends the run early: whoever is at it ends what was begun. */
  readonly signal: AbortSignal;
  /** What a user does again and again. It must not fail. */
  readonly iterate: (user: number) => Promise<void>;
  /** Called every tick, and with undefined when the stages are over. */
  readonly onMoment: (moment: Moment | undefined) => void;
}

const TICK_MS = 100;

/** Lets as many users be at it as the stages say, each as often as it can, and answers how often they were. */
export async function runUsers({ stages, signal, iterate, onMoment }: UsersOptions): Promise<number> {
  const atWork = new Map<number, Promise<void>>();
  const begun = performance.now();
  let wanted = 0;
  let iterations = 0;

  async function user(index: number): Promise<void> {
    while (index < wanted) {
      await iterate(index);
      iterations += 1;
    }
    atWork.delete(index);
  }

  for (;;) {
    const moment = signal.aborted ? undefined : momentAt(stages, performance.now() - begun);
    onMoment(moment);
    if (!moment) break;
    wanted = moment.users;
    for (let index = 0; index < wanted; index += 1) {
      if (!atWork.has(index)) atWork.set(index, user(index));
    }
    await pause(TICK_MS);
  }
  wanted = 0;
  await Promise.all(atWork.values());
  return iterations;
}
