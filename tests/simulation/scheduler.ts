import { PortError } from '../../shared/ports/port-error.ts';
import type { Dice } from '../dice.ts';
import type { Actor, Call } from './actor.ts';
import { faultDice } from './fault-dice.ts';
import { CALL_FAULTS, type CallFault, type Fault, type FaultRates } from './faults.ts';
import { type Timer, timers } from './timers.ts';
import type { TraceHash } from './trace-hash.ts';

/** What the scheduler asks of the world that it drives. */
export interface Host {
  /** Begins one piece of work that could begin now, if there is any. */
  offer(): boolean;
  /** When the next piece of work falls due; infinity when there will be none. */
  nextWorkAt(): number;
  /** An actor is to crash; the host knows who goes down with it. */
  crash(actor: Actor): void;
  /** Nothing is left to do at all. True when there is, after all. */
  ended(): boolean;
  /** Called at every step in which things go wrong, for what may go wrong by itself. */
  weather(): void;
}

export interface SchedulerOptions {
  readonly dice: Dice;
  readonly rates: FaultRates;
  /** After so many steps nothing goes wrong any more. */
  readonly faultSteps: number;
  /** Steps after that in which everything has to come to rest. */
  readonly settleSteps: number;
  readonly startAt: number;
  readonly hash: TraceHash;
  /** Faults by number that are left out, for looking which of them matter. */
  readonly without?: ReadonlySet<number>;
  /** Is told everything that happens. */
  readonly record?: (line: TraceLine) => void;
}

/** One line of a trace, for people. */
export interface TraceLine {
  readonly step: number;
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly fault?: Fault;
  /** Counted from 0 through the history; `SchedulerOptions.without` leaves faults out by it. */
  readonly faultNumber?: number;
}

export interface Settled {
  readonly steps: number;
  /** Faults that the dice called for. */
  readonly faults: number;
  /** False when the steps were used up. */
  readonly atRest: boolean;
}

interface SpawnOptions {
  readonly answers?: boolean;
  /** Whether it looks at a clock, which may be wrong. */
  readonly clock?: boolean;
  readonly onDeath?: () => void;
}

interface Pending {
  readonly actor: Actor;
  readonly call: Call<unknown> | undefined;
  readonly go: () => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How late a call may come that its caller has given up on: within the retries, or long after them. */
const LATE_MS = [5, 50, 200, 400, 2_500, 15_000, 90_000, 600_000] as const;
const CRASHES = ['crash-before', 'crash-after'] as const;

export type Scheduler = ReturnType<typeof scheduler>;

/**
 * Runs any number of actors over calls that all stop here, and lets one call at a time act, by chance. Nothing else decides what
 * happens when: the same dice give the same history.
 *
 * Between two steps every promise that can be kept is kept: what a microtask gives to `process.nextTick`, Node calls when no microtask
 * is left.
 */
export function scheduler(options: SchedulerOptions, host: Host) {
  const { dice, hash, record } = options;
  const ready: Pending[] = [];
  const alarms = timers();
  let now = options.startAt;
  let steps = 0;
  const faults = faultDice(options);
  let outage = { calls: '', until: 0 };
  let actors = 0;
  /** How often a call that commits was cut, by role and call. */
  const crashes = new Map<string, { before: number; after: number }>();
  const finished = Promise.withResolvers<Settled>();

  function spawn(role: string, { answers = false, clock = true, onDeath = () => undefined }: SpawnOptions = {}): Actor {
    actors += 1;
    const skewMs = clock && faults.strikes('clock-skew') ? dice.between(-2_000, 2_000) : 0;
    const actor = { number: actors, role, skewMs, bornAt: steps, answers, stalledUntil: 0, alive: true, onDeath };
    if (skewMs !== 0) note(whoIs(actor), `its clock is off by ${skewMs} ms`, 'clock-skew');
    return actor;
  }

  function call<T>(actor: Actor, made: Call<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // The types were those of the call when it came in, and are again when it is answered.
      push({ actor, call: made, resolve: resolve as Pending['resolve'], reject });
    });
  }

  function push({ actor, call, resolve, reject }: Omit<Pending, 'go'>): void {
    const go = () => {
      const work = call?.act();
      if (record && work) tellOutcome(actor, call?.name ?? '', work);
      work?.then(resolve, reject);
    };
    const pending: Pending = { actor, call, resolve, reject, go };
    ready.push(pending);
  }

  /** What came of a call, where the order of calls does not tell: conflicts, and what the provider says. */
  function tellOutcome(actor: Actor, name: string, work: Promise<unknown>): void {
    work.then(
      (answer) => {
        const outcome = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'outcome') : undefined;
        if (outcome !== undefined) note(whoIs(actor), `  ... ${name} says ${outcome}`);
      },
      (error: unknown) => note(whoIs(actor), `  ... ${name} fails: ${error instanceof Error ? error.message : error}`),
    );
  }

  function setTimer(actor: Actor, ms: number, ring: () => void): Timer {
    return alarms.set({ at: now + Math.max(0, ms), actor, ring });
  }

  /** Timers that are due become calls like others: who goes first is open. */
  function ringTimers(): void {
    for (const { actor, ring } of alarms.due(now)) {
      if (actor.alive) ready.push({ actor, call: undefined, go: ring, resolve: ring, reject: ring });
    }
  }

  /** One call whose actor is not held up, by chance. */
  function take(): Pending | undefined {
    while (ready.length > 0) {
      const start = Math.floor(dice.next() * ready.length);
      let index = start;
      while ((ready[index]?.actor.stalledUntil ?? 0) > steps) {
        index = (index + 1) % ready.length;
        if (index === start) return undefined;
      }
      const taken = ready[index];
      const last = ready.pop();
      if (taken !== last && last) ready[index] = last;
      if (taken?.actor.alive) return taken;
    }
    return undefined;
  }

  function perform(pending: Pending): void {
    const { actor, call } = pending;
    hash.add(actor.number);
    if (!call) {
      pending.go();
      return;
    }
    hash.addText(call.name);
    hash.add(now | 0);
    if (isOut(call.name)) {
      if (record) note(whoIs(actor), `${call.name} ${call.subject} (out of reach)`);
      pending.reject(new PortError('unavailable', call.name));
      return;
    }
    const fault = faults.oneOf(CALL_FAULTS) ?? (actor.answers && call.commits ? faults.oneOf(CRASHES) : undefined);
    if (record) note(whoIs(actor), `${call.name} ${call.subject}`, fault);
    if (fault) suffer(pending, call, fault);
    else pending.go();
  }

  function isOut(name: string): boolean {
    return !faults.areOver() && now < outage.until && name.startsWith(outage.calls);
  }

  function suffer(pending: Pending, call: Call<unknown>, fault: CallFault): void {
    const { actor, reject } = pending;
    const timedOut = () => reject(new PortError('deadline-exceeded', call.name));
    switch (fault) {
      case 'crash-before':
        countCrash(actor, call, 'before');
        host.crash(actor);
        return;
      case 'crash-after':
        countCrash(actor, call, 'after');
        ignore(call.act());
        host.crash(actor);
        return;
      case 'timeout-before':
        timedOut();
        return;
      case 'timeout-after':
        void call.act().then(timedOut, reject);
        return;
      case 'timeout-acts-later': {
        const network = spawn('network', { clock: false });
        const late = () => {
          note(whoIs(network), `late: ${call.name} ${call.subject}`);
          ignore(call.act());
        };
        setTimer(network, dice.pick(LATE_MS), late);
        timedOut();
        return;
      }
      case 'answers-late': {
        const ms = dice.between(1_000, 25_000);
        const answer = (give: () => void) =>
          setTimer(actor, ms, () => {
            note(whoIs(actor), `late answer to ${call.name} ${call.subject}`);
            give();
          });
        void call.act().then(
          (value) => answer(() => pending.resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
        return;
      }
      case 'throttled':
        reject(new PortError('resource-exhausted', call.name));
        return;
      case 'stall':
        actor.stalledUntil = steps + dice.between(10, 70);
        ready.push(pending);
    }
  }

  function countCrash(actor: Actor, { name, commits }: Call<unknown>, side: 'before' | 'after'): void {
    if (!commits) return;
    const point = `${actor.role}: ${name}`;
    const count = crashes.get(point) ?? { before: 0, after: 0 };
    count[side] += 1;
    crashes.set(point, count);
  }

  function kill(actor: Actor): void {
    if (!actor.alive) return;
    actor.alive = false;
    actor.onDeath();
  }

  function note(who: string, what: string, fault?: Fault): void {
    record?.({ step: steps, at: now, who, what, ...(fault && { fault, faultNumber: faults.number() - 1 }) });
  }

  function calm(): void {
    if (faults.end()) note('weather', 'nothing goes wrong any more');
  }

  /** Steps until promises have to be kept before the next one. */
  function run(): void {
    try {
      while (!step()) {
        // A step that only moved time on.
      }
    } catch (error) {
      finished.reject(error);
    }
  }

  /** True when the next step has to wait for promises, or there is none. */
  function step(): boolean {
    steps += 1;
    if (steps >= options.faultSteps) calm();
    if (steps > options.faultSteps + options.settleSteps) return finish(false);
    now += dice.between(1, 8);
    if (!faults.areOver()) host.weather();
    ringTimers();
    // New work begins beside what is under way, and whenever nothing is.
    if (dice.next() < 0.3 && host.offer()) return soon();
    const pending = take();
    if (pending) {
      perform(pending);
      return soon();
    }
    if (host.offer()) return soon();
    return ready.length > 0 ? passStall() : passTime();
  }

  /** Everybody is held up: the first one comes free. */
  function passStall(): boolean {
    const heldUp = new Set(ready.map(({ actor }) => actor));
    const wait = Math.max(0, Math.min(...[...heldUp].map(({ stalledUntil }) => stalledUntil)) - steps);
    for (const actor of heldUp) actor.stalledUntil -= wait;
    return false;
  }

  function passTime(): boolean {
    const next = Math.min(host.nextWorkAt(), alarms.earliest());
    if (next === Number.POSITIVE_INFINITY) return host.ended() ? soon() : finish(true);
    now = Math.max(now, next);
    return false;
  }

  function soon(): boolean {
    queueMicrotask(() => process.nextTick(run));
    return true;
  }

  function finish(atRest: boolean): boolean {
    hash.add(steps);
    finished.resolve({ steps, faults: faults.number(), atRest });
    return true;
  }

  return {
    now: () => now,
    steps: () => steps,
    faulty: () => !faults.areOver(),
    crashes: crashes as ReadonlyMap<string, { readonly before: number; readonly after: number }>,
    struck: faults.struck,
    spawn,
    call,
    kill,
    strikes: faults.strikes,
    oneOf: faults.oneOf,
    rate: faults.rate,
    note,
    /** From now on nothing goes wrong. */
    calm,
    setTimer,
    clearTimer: alarms.clear,
    /** For so long calls whose names begin like `calls` fail with `unavailable`, and do not act. */
    outage(calls: string, ms: number): void {
      outage = { calls, until: now + ms };
    },
    /** Lets time go on while nobody moves. */
    jump(ms: number): void {
      now += ms;
    },
    /** Resolves when everything has come to rest, or cannot within the steps that there are. */
    run(): Promise<Settled> {
      process.nextTick(run);
      return finished.promise;
    },
  };
}

function whoIs({ number, role }: Pick<Actor, 'number' | 'role'>): string {
  return `${role}#${number}`;
}

/** For calls whose caller is gone, or has given up on them: what came of them shows in the stores. */
function ignore(work?: unknown): void {
  if (work instanceof Promise) work.catch(() => undefined);
}
