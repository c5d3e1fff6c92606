import { describe, expect, it } from 'vitest';
import { isPortError } from '../../shared/ports/port-error.ts';
import { dice } from '../dice.ts';
import type { Actor } from './actor.ts';
import { type CallFault, type FaultRates, NO_FAULTS } from './faults.ts';
import { planFrom } from './plan.ts';
import { portsOf } from './ports.ts';
import { type Host, type Scheduler, scheduler, type TraceLine } from './scheduler.ts';
import { traceHash } from './trace-hash.ts';
import { world } from './world.ts';

const NOBODY: Host = {
  offer: () => false,
  nextWorkAt: () => Number.POSITIVE_INFINITY,
  crash: () => undefined,
  ended: () => false,
  weather: () => undefined,
};

interface Setting {
  readonly seed?: number;
  readonly rates?: Partial<FaultRates>;
  readonly faultSteps?: number;
  readonly without?: Iterable<number>;
  readonly host?: Partial<Host>;
}

function begin({ seed = 1, rates = {}, faultSteps = 10_000, without = [], host = {} }: Setting = {}) {
  const lines: TraceLine[] = [];
  /** What acted, in its order. */
  const acts: string[] = [];
  const hash = traceHash();
  const clockwork: Scheduler = scheduler(
    {
      dice: dice(seed),
      rates: { ...NO_FAULTS, ...rates },
      faultSteps,
      settleSteps: 500,
      startAt: 0,
      hash,
      without: new Set(without),
      record: (line) => lines.push(line),
    },
    { ...NOBODY, crash: (actor) => clockwork.kill(actor), ...host },
  );
  /** A call that changes something, unless it is said to be a read. */
  const call = (actor: Actor, name: string, commits = true) =>
    clockwork.call(actor, { name, subject: '', commits, act: async () => acts.push(name) });
  return { clockwork, lines, acts, hash, call, run: () => clockwork.run() };
}

/** The first fault that the dice call for strikes, and no other. */
const ONLY_FIRST = Array.from({ length: 5_000 }, (_, index) => index + 1);
const struckBy = (fault: CallFault, setting: Setting = {}) =>
  begin({ rates: { [fault]: 1 }, without: ONLY_FIRST, ...setting });

/** Three actors with so many calls each: in which order they acted. */
async function orderOf(seed: number, calls: number): Promise<string> {
  const { clockwork, acts, call, run } = begin({ seed });
  for (const name of ['a', 'b', 'c']) {
    const actor = clockwork.spawn(name);
    void (async () => {
      for (let made = 0; made < calls; made += 1) await call(actor, name);
    })();
  }
  await run();
  return acts.join('');
}

/** How late a call may come that its caller has given up on. */
const LATE_MS = [5, 50, 200, 400, 2_500, 15_000, 90_000, 600_000];

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the scheduler', () => {
  it('lets the same dice decide on the same order and the same hash', async () => {
    const lived = async (seed: number) => {
      const { clockwork, call, lines, hash, run } = begin({ seed, rates: { stall: 0.2, 'timeout-after': 0.2 } });
      for (const name of ['a', 'b', 'c', 'd', 'e']) call(clockwork.spawn(name), name).catch(() => undefined);
      await run();
      return { lines, hash: hash.digest() };
    };
    for (const seed of seeds(20)) expect(await lived(seed)).toEqual(await lived(seed));
    expect(new Set(await Promise.all(seeds(20).map(async (seed) => (await lived(seed)).hash))).size).toBe(20);
  });

  it('brings about every order that the calls of three actors can have', async () => {
    const ones = new Set<string>();
    for (const seed of seeds(200)) ones.add(await orderOf(seed, 1));
    expect(ones.size).toBe(6);
    const pairs = new Set<string>();
    for (const seed of seeds(4_000)) pairs.add(await orderOf(seed, 2));
    // 6! / (2! 2! 2!)
    expect(pairs.size).toBe(90);
  });

  it('lets everything follow from a call before the next one acts, however long that takes', async () => {
    const { clockwork, acts, call, run } = begin();
    const chain = async (length: number): Promise<void> => {
      await Promise.all([null, Promise.resolve()]);
      if (length > 0) await chain(length - 1);
    };
    for (const name of ['a', 'b', 'c']) {
      const actor = clockwork.spawn(name);
      void (async () => {
        for (let made = 0; made < 5; made += 1) {
          await call(actor, `${name} acts`);
          await chain(300);
          acts.push(`${name} follows`);
        }
      })();
    }
    await run();
    expect(acts).toHaveLength(30);
    for (let index = 0; index < 30; index += 2) {
      expect(acts[index + 1]).toBe(acts[index]?.replace('acts', 'follows'));
    }
  });

  it('lets sleeps and time limits end at their time or after it, and cleared ones never', async () => {
    const here = world({ ...planFrom(1, 'aws'), faults: NO_FAULTS, faultSteps: 0 }, NOBODY);
    const { clock } = portsOf(here, here.scheduler.spawn('a'));
    const started = clock.now();
    const late: number[] = [];
    for (const ms of [0, 1, 7, 500, 500, 86_400_000])
      void clock.sleep(ms).then(() => late.push(clock.now() - started - ms));
    const never = clock.within(300, 'work', new Promise(() => undefined));
    const limit = never.catch((error: unknown) => [isPortError(error, 'deadline-exceeded'), clock.now() - started]);
    const inTime = clock.within(
      300,
      'work',
      clock.sleep(200).then(() => 'done'),
    );
    expect(await here.scheduler.run()).toMatchObject({ atRest: true });
    expect(late).toHaveLength(6);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    // A few steps of a few milliseconds.
    expect(Math.max(...late)).toBeLessThan(100);
    expect(await limit).toEqual([true, expect.toSatisfy((ms: number) => ms >= 300 && ms < 400)]);
    expect(await inTime).toBe('done');
  });

  it('leaves open which of two timers rings first that are due at once', async () => {
    const orders = new Set<string>();
    for (const seed of seeds(20)) {
      const { clockwork, acts, run } = begin({ seed });
      for (const name of ['a', 'b']) clockwork.setTimer(clockwork.spawn(name), 10, () => acts.push(name));
      await run();
      orders.add(acts.join(''));
    }
    expect([...orders].sort()).toEqual(['ab', 'ba']);
  });

  it('does not ring a timer that was cleared, or whose actor is gone', async () => {
    const { clockwork, acts, run } = begin();
    const [left, gone] = [clockwork.spawn('left'), clockwork.spawn('gone')];
    clockwork.clearTimer(clockwork.setTimer(left, 10, () => acts.push('cleared')));
    clockwork.setTimer(left, 20, () => acts.push('rings'));
    clockwork.setTimer(gone, 10, () => acts.push('of the dead'));
    clockwork.kill(gone);
    await run();
    expect(acts).toEqual(['rings']);
  });

  it('says of what never ends that it is not at rest', async () => {
    const { clockwork, call, run } = begin({ faultSteps: 100 });
    const actor = clockwork.spawn('a');
    const restless = async (): Promise<void> => call(actor, 'again').then(restless);
    void restless();
    expect(await run()).toEqual({ steps: 601, faults: 0, atRest: false });
    const neverTaken = begin({ faultSteps: 100, host: { nextWorkAt: () => 0 } });
    expect(await neverTaken.run()).toMatchObject({ atRest: false });
    expect(await begin().run()).toMatchObject({ atRest: true });
  });

  it('comes to rest when its host has nothing left to begin, and asks it once more', async () => {
    const { clockwork, acts, call, run } = begin({
      host: {
        offer: () => offers.pop()?.() ?? false,
        ended: () => offers.push(begins('last')) > 0 && acts.length < 3,
      },
    });
    const begins = (name: string) => () => {
      void call(clockwork.spawn(name), name);
      return true;
    };
    const offers = [begins('second'), begins('first')];
    expect(await run()).toMatchObject({ atRest: true });
    expect(acts.slice(2)).toEqual(['last']);
  });
});

describe('a fault', () => {
  it.each([
    ['crash-before', [], { before: 1, after: 0 }],
    ['crash-after', ['first'], { before: 0, after: 1 }],
  ] as const)('of the kind %s ends its actor for good', async (fault, acted, count) => {
    const heard: string[] = [];
    const { clockwork, acts, call, run } = struckBy(fault);
    const actor = clockwork.spawn('a', { onDeath: () => heard.push('death') });
    const hear = () => heard.push('an answer');
    call(actor, 'first').then(hear, hear);
    await run();
    expect({ acts, heard }).toEqual({ acts: acted, heard: ['death'] });
    expect(clockwork.crashes).toEqual(new Map([['a: first', count]]));
  });

  it('that ends an actor leaves nothing of what else it had begun, and nothing that it begins later', async () => {
    for (const seed of seeds(50)) {
      const { clockwork, acts, call, run, heard } = { ...struckBy('crash-before', { seed }), heard: [] as string[] };
      const [gone, other] = [clockwork.spawn('gone'), clockwork.spawn('other')];
      for (const name of ['one', 'two']) void call(gone, name).finally(() => heard.push(name));
      clockwork.setTimer(other, 1_000, () => {
        void call(gone, 'later').finally(() => heard.push('later'));
        void call(other, 'goes on');
      });
      await run();
      expect({ acts, heard }).toEqual({ acts: ['goes on'], heard: [] });
    }
  });

  it('that is a crash is counted for calls that change something', async () => {
    const { clockwork, call, run } = struckBy('crash-before');
    void call(clockwork.spawn('a'), 'read', false);
    expect((await run()).faults).toBe(1);
    expect(clockwork.crashes.size).toBe(0);
  });

  it.each([
    ['timeout-before', 'deadline-exceeded', 0, 0],
    ['timeout-after', 'deadline-exceeded', 1, 1],
    ['timeout-acts-later', 'deadline-exceeded', 0, 1],
    ['throttled', 'resource-exhausted', 0, 0],
  ] as const)('of the kind %s fails with %s, and has acted %i times by then, %i times at last', async (...row) => {
    const [fault, code, byThen, atLast] = row;
    const { clockwork, acts, call, run } = struckBy(fault);
    const failed = call(clockwork.spawn('a'), 'first').catch((error: unknown) => [
      isPortError(error, code),
      acts.length,
    ]);
    await run();
    expect(await failed).toEqual([true, byThen]);
    expect(acts).toHaveLength(atLast);
  });

  it('of the kind timeout-acts-later lets the call act once, 5 ms to 10 min later, though its caller is gone', async () => {
    const waits = new Set<number | undefined>();
    for (const seed of seeds(100)) {
      const { clockwork, run } = struckBy('timeout-acts-later', { seed });
      const caller = clockwork.spawn('a');
      const acted: number[] = [];
      const act = async () => acted.push(clockwork.now());
      const failedAt = clockwork.call(caller, { name: 'first', subject: '', commits: true, act }).catch(() => {
        clockwork.kill(caller);
        return clockwork.now();
      });
      expect(await run()).toMatchObject({ atRest: true });
      const late = (acted[0] ?? 0) - (await failedAt);
      expect(acted).toHaveLength(1);
      // A step or two of a few milliseconds.
      waits.add(LATE_MS.find((ms) => late >= ms && late < ms + 20));
    }
    expect(waits).toEqual(new Set(LATE_MS));
  });

  it('of the kind timeout-acts-later hurts nobody when the call fails in the end', async () => {
    const { clockwork, run, lines } = struckBy('timeout-acts-later');
    const act = () => Promise.reject(new Error('no'));
    const made = clockwork.call(clockwork.spawn('a'), { name: 'first', subject: 'x', commits: true, act });
    const failed = made.catch((error: unknown) => isPortError(error, 'deadline-exceeded'));
    expect(await run()).toMatchObject({ faults: 1, atRest: true });
    expect(await failed).toBe(true);
    expect(lines.map(({ who, what }) => [who, what])).toEqual([
      ['a#1', 'first x'],
      ['network#2', 'late: first x'],
    ]);
  });

  it('of the kind stall holds its actor up for 10 to 70 steps of the others', async () => {
    const passed = await gaps();
    expect(Math.min(...passed)).toSatisfy((steps: number) => steps >= 9 && steps < 15);
    // After 70 steps it is by chance when it is its turn.
    expect(Math.max(...passed)).toSatisfy((steps: number) => steps >= 65 && steps < 85);
  });

  it('of the kind stall holds nobody up when there are no others', async () => {
    const { clockwork, acts, call, run } = struckBy('stall');
    void call(clockwork.spawn('a'), 'first');
    expect((await run()).steps).toBeLessThan(10);
    expect(acts).toEqual(['first']);
  });

  it.each([
    ['one call', 1],
    ['three calls', 3],
    ['ten calls', 10],
  ])('of the kind stall holds an actor with %s up until it is over', async (_, calls) => {
    for (const seed of seeds(20)) {
      const { clockwork, acts, call, run } = begin({ seed });
      const [first, held] = [clockwork.spawn('first'), clockwork.spawn('held')];
      [first.stalledUntil, held.stalledUntil] = [21, 61];
      for (let made = 0; made < calls; made += 1) void call(held, 'held');
      void (async () => {
        for (let made = 0; made < 100; made += 1) await call(first, 'first');
      })();
      await run();
      // Of the 40 steps between them one is used to find both held up; after them it is by chance whose turn it is.
      expect(acts.indexOf('held')).toSatisfy((steps: number) => steps >= 39 && steps < 60);
      expect(acts).toHaveLength(100 + calls);
    }
  });

  it('of the kind clock-skew sets the clocks of those wrong who look at one, by up to 2 s', async () => {
    const skews = seeds(100).map((seed) => {
      const { clockwork, lines } = begin({ seed, rates: { 'clock-skew': 1 } });
      expect(clockwork.spawn('network', { clock: false }).skewMs).toBe(0);
      expect([clockwork.struck.size, lines]).toEqual([0, []]);
      const { skewMs } = clockwork.spawn('a');
      expect(lines).toMatchObject([{ who: 'a#2', what: `its clock is off by ${skewMs} ms`, fault: 'clock-skew' }]);
      return skewMs;
    });
    expect(Math.min(...skews)).toSatisfy((ms: number) => ms >= -2_000 && ms < -1_500);
    expect(Math.max(...skews)).toSatisfy((ms: number) => ms > 1_500 && ms <= 2_000);
  });

  it('of the kind clock-skew strikes nobody who only carries a late call', async () => {
    const { clockwork, call, run } = begin({ rates: { 'clock-skew': 1, 'timeout-acts-later': 1 } });
    call(clockwork.spawn('a'), 'first').catch(() => undefined);
    await run();
    expect(clockwork.struck).toEqual(
      new Map([
        ['clock-skew', 1],
        ['timeout-acts-later', 1],
      ]),
    );
  });

  it('of the kind answers-late acts at once, and its answer or failure comes 1 to 25 s later', async () => {
    for (const seed of seeds(50)) {
      const { clockwork, lines, run } = struckBy('answers-late', { seed });
      let acted = 0;
      const act = async () => {
        acted = clockwork.now();
        if (seed % 2 === 0) throw new Error('no');
      };
      const call = clockwork.call(clockwork.spawn('a'), { name: 'first', subject: '', commits: true, act });
      const answered = call.then(
        () => 'yes',
        (error: Error) => error.message,
      );
      const tookMs = answered.then(() => clockwork.now() - acted);
      await run();
      expect(acted).toBeLessThan(20);
      expect(await answered).toBe(seed % 2 === 0 ? 'no' : 'yes');
      expect(await tookMs).toSatisfy((ms: number) => ms >= 1_000 && ms < 25_020);
      expect(lines.map(({ what }) => what)).toEqual(['first ', 'late answer to first ']);
    }
  });

  it('of the kind outage lets the calls that it names fail until it is over, and they do not act', async () => {
    const { clockwork, acts, call, run } = begin();
    clockwork.outage('Store', 1_000);
    const actor = clockwork.spawn('a');
    const tries = ['Store.get', 'Other.get', 'Store.save'].map((name) =>
      call(actor, name).catch((error: unknown) => isPortError(error, 'unavailable')),
    );
    clockwork.setTimer(actor, 1_001, () => void call(actor, 'Store.get later'));
    await run();
    expect(await Promise.all(tries)).toEqual([true, expect.any(Number), true]);
    expect(acts).toEqual(['Other.get', 'Store.get later']);
  });

  it('of the kind outage is over when nothing goes wrong any more', async () => {
    const { clockwork, acts, call, run } = begin({ faultSteps: 1 });
    clockwork.outage('Store', 86_400_000);
    void call(clockwork.spawn('a'), 'Store.get');
    await run();
    expect(acts).toEqual(['Store.get']);
  });

  it('strikes those oftener who answer requests', async () => {
    const crashesOf = async (answers: boolean) => {
      const { clockwork, call, run } = begin({ rates: { 'crash-before': 0.3 } });
      for (let count = 0; count < 400; count += 1) void call(clockwork.spawn('a', { answers }), 'first');
      return (await run()).faults;
    };
    expect(await crashesOf(false)).toSatisfy((count: number) => count > 90 && count < 150);
    // 1 - 0.7 * 0.7
    expect(await crashesOf(true)).toSatisfy((count: number) => count > 174 && count < 234);
  });

  it('does not strike from the step on in which nothing goes wrong any more', async () => {
    let weathers = 0;
    const { lines, run } = manyCalls({ faultSteps: 50, host: { weather: () => (weathers += 1) } });
    await run();
    const struck = lines.filter(({ fault }) => fault).map(({ step }) => step);
    expect([struck.length, Math.max(...struck), weathers]).toEqual([49, 49, 49]);
    expect(lines.filter(({ step, who, fault }) => step >= 50 && who !== 'weather' && !fault).length).toBe(51);
  });

  it('that is left out by its number does not strike; all others do', async () => {
    const { lines, acts, clockwork, run } = manyCalls({ without: [2, 5] });
    expect((await run()).faults).toBe(100);
    expect(acts).toHaveLength(2);
    expect(clockwork.struck).toEqual(new Map([['throttled', 98]]));
    expect(lines.map(({ faultNumber }) => faultNumber)).toEqual(
      Array.from({ length: 100 }, (_, number) => (number === 2 || number === 5 ? undefined : number)),
    );
  });
});

/** A hundred calls, one after the other, each of which would be throttled. */
function manyCalls(setting: Setting) {
  const begun = begin({ rates: { throttled: 1 }, ...setting });
  const actor = begun.clockwork.spawn('a');
  void (async () => {
    for (let made = 0; made < 100; made += 1) await begun.call(actor, 'call').catch(() => undefined);
  })();
  return begun;
}

/** How many calls of another actor came between a stall and the act of the call that it struck, for many seeds. */
async function gaps(): Promise<number[]> {
  const passed: number[] = [];
  for (const seed of seeds(200)) {
    let begun = false;
    const weather = () => {
      if (begun || lines.length === 0) return;
      begun = true;
      void othersGoOn();
    };
    const { clockwork, acts, lines, call, run } = struckBy('stall', { seed, host: { weather } });
    const [held, other] = [clockwork.spawn('held'), clockwork.spawn('other')];
    const othersGoOn = async () => {
      for (let made = 0; made < 150; made += 1) await call(other, 'other');
    };
    call(held, 'held').catch(() => undefined);
    await run();
    passed.push(acts.indexOf('held'));
  }
  return passed;
}
