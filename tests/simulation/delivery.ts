import { SEGMENTS_QUEUE } from '../../shared/adapters/in-process/queued-scheduler.ts';
import type { OrderChange } from '../../shared/domain/change.ts';
import type { DeadLetter } from '../../shared/ports/dead-letters.ts';
import type { Message, NewMessage } from '../../shared/ports/message-queue.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import type { Dice } from '../dice.ts';
import type { Delivery, Profile } from './profiles.ts';
import type { Scheduler } from './scheduler.ts';

/** A message in somebody's hands. Another one may get it as well, once its lock has run out. */
export interface Held {
  readonly message: Message;
  done(): void;
  retry(dueAt: number): void;
  bury(failedAt: number, error: string): void;
  /** Whoever held it has crashed. */
  lost(): void;
}

export interface HeldChanges {
  readonly changes: readonly OrderChange[];
  /** Ends those that were relayed; the others come again. */
  end(failedIds: readonly string[]): void;
  lost(): void;
}

interface Parcel {
  readonly message: NewMessage & { readonly id: string };
  readonly rules: Delivery;
  readonly name: string;
  dueAt: number;
  /** How often it was handed out. */
  deliveries: number;
  /** How often it was given back. */
  retries: number;
  lockedUntil: number;
  /** Which delivery holds it. */
  holder: number;
}

interface Committed {
  readonly change: OrderChange;
  notBefore: number;
  lockedUntil: number;
  holder: number;
}

export interface DeliveryOptions {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  /** Hears of what a platform would never tell anybody. */
  readonly violation: (what: string) => void;
}

export type Platform = ReturnType<typeof delivery>;

/** How long a platform waits before it hands out again what came back. */
const AGAIN_MS = 1_000;

/** What lies between the handlers: changes, messages, jobs, timers and dead letters, with the promises of one platform. */
export function delivery(profile: Profile, { scheduler, dice, violation }: DeliveryOptions) {
  let parcels: Parcel[] = [];
  let stream: Committed[] = [];
  const letters = new Map<string, DeadLetter & { readonly parcel: Parcel }>();
  /** Until when a name is taken. */
  const taken = new Map<string, number>();
  let numbered = 0;

  const rulesFor = (queue: string): Delivery => (queue === SEGMENTS_QUEUE ? profile.jobs : profile.messages);

  /** @param by The role of whoever sends it. */
  function accept(message: NewMessage, by: string): void {
    const now = scheduler.now();
    const rules = rulesFor(message.queue);
    const name = nameOf(message);
    if (rules.repeats && (taken.get(name) ?? 0) > now) {
      scheduler.note('platform', `drops ${name}: a repeat`);
      if (by === 'sweep') violation(`${message.orderId}: a start by the sweeper was dropped as a repeat`);
      return;
    }
    if (rules.repeats) {
      const { droppedForMs, from } = rules.repeats;
      taken.set(name, from === 'done' ? Number.POSITIVE_INFINITY : now + droppedForMs);
    }
    if (message.queue === SEGMENTS_QUEUE && forgets(message)) {
      scheduler.note('platform', `forgets ${name}`, message.dueAt > now ? 'lost-timer' : 'lost-start');
      return;
    }
    add(message, name);
    if (scheduler.strikes('duplicate')) {
      scheduler.note('platform', `doubles ${name}`, 'duplicate');
      add(message, name);
    }
  }

  function forgets({ dueAt }: NewMessage): boolean {
    const fault = dueAt > scheduler.now() ? 'lost-timer' : 'lost-start';
    return scheduler.strikes(fault, scheduler.rate(fault) * profile.jobs.loss);
  }

  function add(message: NewMessage, name: string): void {
    numbered += 1;
    const { queue, dueAt } = message;
    const parcel = { message: { ...message, id: `msg-${numbered}` }, rules: rulesFor(queue), name, dueAt };
    parcels.push({ ...parcel, deliveries: 0, retries: 0, lockedUntil: 0, holder: 0 });
  }

  function isFree(parcel: Parcel, now: number): boolean {
    if (parcel.dueAt > now || parcel.lockedUntil > now) return false;
    return !parcel.rules.sessions || !parcels.some((other) => comesFirst(other, parcel, now));
  }

  /** Whether a session hands out `other` before `parcel`, or has done so and waits for its end. */
  function comesFirst(other: Parcel, { message }: Parcel, now: number): boolean {
    const { orderId, queue, id } = message;
    if (other.message.id === id || other.message.orderId !== orderId || other.message.queue !== queue) return false;
    return other.lockedUntil > now || (other.dueAt <= now && numberOf(other) < Number(id.slice(4)));
  }

  function numberOf({ message }: Parcel): number {
    return Number(message.id.slice(4));
  }

  /** Hands out a message that is due: any of them, where the platform keeps no order. */
  function take(): Held | undefined {
    const now = scheduler.now();
    const free = parcels.filter((parcel) => isFree(parcel, now));
    if (free.length === 0) return undefined;
    const parcel = dice.pick(free);
    if (parcel.deliveries >= parcel.rules.maxDeliveries) {
      giveUp(parcel, now, 'delivered too often');
      return take();
    }
    numbered += 1;
    parcel.holder = numbered;
    parcel.deliveries += 1;
    parcel.lockedUntil = now + parcel.rules.lockMs;
    return held(parcel, numbered);
  }

  function remove(parcel: Parcel): void {
    if (!parcels.includes(parcel)) return;
    parcels = parcels.filter((one) => one !== parcel);
    const { repeats } = parcel.rules;
    if (repeats?.from === 'done') taken.set(parcel.name, scheduler.now() + repeats.droppedForMs);
  }

  function forget(parcel: Parcel): void {
    scheduler.note('platform', `forgets ${parcel.name}: it failed`);
    remove(parcel);
  }

  /** Ends a message that failed for good. */
  function giveUp(parcel: Parcel, failedAt: number, error: string): void {
    if (isForgottenJob(parcel)) {
      forget(parcel);
      return;
    }
    if (!parcels.includes(parcel)) return;
    remove(parcel);
    scheduler.note('platform', `moves ${parcel.name} to the dead letters: ${error}`);
    const { id, queue, orderId, body, correlationId } = parcel.message;
    const attempts = attemptsOf(parcel) + 1;
    letters.set(id, { id, queue, orderId, body, correlationId, error, attempts, failedAt, parcel });
  }

  function isForgottenJob({ message }: Parcel): boolean {
    return message.queue === SEGMENTS_QUEUE && profile.jobs.afterFailure === 'forgotten';
  }

  function held(parcel: Parcel, holder: number): Held {
    const { message, rules } = parcel;
    const isMine = () => parcel.holder === holder && parcel.lockedUntil > scheduler.now() && parcels.includes(parcel);
    const mayEnd = () => {
      if (isMine() || rules.lateEnd === 'works') return;
      throw new PortError('unavailable', 'MessageQueue.end', { message: 'the lock was lost' });
    };
    const giveBack = (dueAt: number) => {
      parcel.retries += 1;
      parcel.lockedUntil = 0;
      parcel.dueAt = dueAt;
    };
    return {
      message: { ...message, attempts: attemptsOf(parcel) },
      done() {
        mayEnd();
        remove(parcel);
      },
      retry(dueAt) {
        mayEnd();
        if (isForgottenJob(parcel)) forget(parcel);
        else if (isMine()) giveBack(dueAt);
      },
      bury(failedAt, error) {
        mayEnd();
        giveUp(parcel, failedAt, error);
      },
      lost() {
        if (!isMine()) return;
        const mayForget = message.queue === SEGMENTS_QUEUE && profile.jobs.afterCrash === 'redelivered or forgotten';
        if (mayForget && dice.chance(0.5)) {
          forget(parcel);
          return;
        }
        // Where crashes count, a lock runs out by itself.
        if (rules.crashesCount) return;
        parcel.lockedUntil = 0;
        parcel.dueAt = Math.max(parcel.dueAt, scheduler.now() + AGAIN_MS);
      },
    };
  }

  /** Hands changes to a relay. */
  function takeChanges(): HeldChanges | undefined {
    const now = scheduler.now();
    const { ordered, batch, lockMs } = profile.changes;
    if (ordered && stream.some(({ lockedUntil }) => lockedUntil > now)) return undefined;
    const free = stream.filter(({ lockedUntil, notBefore }) => lockedUntil <= now && notBefore <= now);
    if (free.length === 0) return undefined;
    const some = ordered ? nextInOrder(batch, now) : [dice.pick(free)];
    if (some.length === 0) return undefined;
    numbered += 1;
    const holder = numbered;
    for (const one of some) {
      one.holder = holder;
      one.lockedUntil = now + lockMs;
    }
    const mine = () => some.filter((one) => one.holder === holder);
    return {
      changes: some.map(({ change }) => change),
      end(failedIds) {
        const relayed = mine().filter(({ change }) => !failedIds.includes(change.id));
        stream = stream.filter((one) => !relayed.includes(one));
        for (const one of mine()) again(one);
      },
      lost() {
        for (const one of mine()) again(one);
      },
    };
  }

  /** What failed comes again before anything that was committed after it. */
  function nextInOrder(batch: number, now: number): Committed[] {
    const waiting = stream.findIndex(({ notBefore }) => notBefore > now);
    return stream.slice(0, Math.min(batch, waiting < 0 ? batch : waiting));
  }

  function again(one: Committed): void {
    one.lockedUntil = 0;
    one.notBefore = scheduler.now() + AGAIN_MS;
  }

  return {
    accept,
    take,
    takeChanges,
    commit(changes: readonly OrderChange[]): void {
      for (const change of changes) {
        const twice = scheduler.strikes('duplicate');
        if (twice) scheduler.note('platform', `doubles the change ${change.id}`, 'duplicate');
        for (let copies = twice ? 2 : 1; copies > 0; copies -= 1) {
          stream.push({ change, notBefore: 0, lockedUntil: 0, holder: 0 });
        }
      }
    },
    /** When something can be taken that cannot be taken now; infinity when there is nothing. */
    nextAt(): number {
      const now = scheduler.now();
      const times = [
        ...parcels.map(({ dueAt, lockedUntil }) => Math.max(dueAt, lockedUntil)),
        ...stream.map(({ notBefore, lockedUntil }) => Math.max(notBefore, lockedUntil)),
      ];
      return Math.min(...times.filter((at) => at > now));
    },
    /** What is neither ended nor given up on. */
    left: (): readonly string[] => [...parcels.map(({ name }) => name), ...stream.map(({ change }) => change.id)],
    letters: (): readonly DeadLetter[] => [...letters.values()],
    redrive(id: string): boolean {
      const letter = letters.get(id);
      if (!letter) return false;
      letters.delete(id);
      const { message, name } = letter.parcel;
      add({ ...message, dueAt: Math.max(message.dueAt, letter.failedAt) }, name);
      return true;
    },
  };
}

/** Deliveries that have failed, as the platform counts them. */
function attemptsOf({ rules, deliveries, retries }: Parcel): number {
  return rules.crashesCount ? Math.max(0, deliveries - 1) : retries;
}

/** Jobs are named by what makes them equal, events by their id and who hears of them. */
function nameOf({ queue, orderId, body }: NewMessage): string {
  const fields = body as Readonly<Record<string, unknown>>;
  if (queue !== SEGMENTS_QUEUE) return `${queue}/${fields['id']}`;
  const { state, attempt, revision, waitId } = fields;
  return `job ${orderId}/${state}/${attempt}/${revision}/${waitId ?? ''}`;
}
