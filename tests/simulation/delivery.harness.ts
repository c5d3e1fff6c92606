import { dice } from '../dice.ts';
import { delivery, type Held } from './delivery.ts';
import type { Fault } from './faults.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import type { Scheduler } from './scheduler.ts';

export type Kind = 'message' | 'job';

/** One platform, with time and faults in the hands of the test. */
export function platformOf(name: ProfileName, seed = 1) {
  let [now, numbered] = [0, 0];
  const striking = new Set<Fault>();
  const scheduler = {
    now: () => now,
    note: () => undefined,
    rate: () => 1,
    strikes: (fault: Fault) => striking.has(fault),
  };
  const violations: string[] = [];
  const platform = delivery(PROFILES[name], {
    scheduler: scheduler as unknown as Scheduler,
    dice: dice(seed),
    violation: (what) => violations.push(what),
  });
  const take = (): Held => {
    const held = platform.take();
    if (!held) throw new Error('there is nothing to take');
    return held;
  };
  return {
    platform,
    striking,
    violations,
    take,
    takeAll: (): readonly Held[] =>
      Array.from({ length: 50 }, () => platform.take()).filter((held) => held !== undefined),
    pass(ms: number): void {
      now += ms;
    },
    /** Accepts a message with a name of its own, or one with `as` for its name; it falls due `inMs` from now. */
    send(kind: Kind, { as = '', orderId = 'ord_a', inMs = 0, consumer = 'notify', by = 'relay' } = {}): void {
      numbered += 1;
      const name = as || `${numbered}`;
      const body = kind === 'job' ? { state: name, attempt: 0, revision: 1 } : { id: name };
      const queue = kind === 'job' ? 'segments' : consumer;
      platform.accept({ queue, orderId, body, dueAt: now + inMs, correlationId: 'request-1' }, by);
    },
  };
}

export const nameOf = ({ message }: Held): string => String(Object.values(message.body as object)[0]);
