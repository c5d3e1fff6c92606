import { describe, expect, it } from 'vitest';
import { nameOf, platformOf } from './delivery.harness.ts';
import { PROFILE_NAMES, PROFILES } from './profiles.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const YEAR = 365 * 24 * 60 * MINUTE;

/** Where every delivery counts: how many there are of one message, and for how long each of them holds it. */
const COUNTED = [
  ['aws', 'message', 5, MINUTE],
  ['aws', 'job', 5, MINUTE],
  ['azure', 'message', 10, 30 * SECOND],
  ['azure', 'job', 10, 30 * SECOND],
  ['gcp', 'message', 5, 30 * SECOND],
] as const;
const BURIED = COUNTED.filter(([name, kind]) => name !== 'aws' || kind === 'message');
const ALL = PROFILE_NAMES.flatMap((name) => [[name, 'message'] as const, [name, 'job'] as const]);
const REDELIVERED = ALL.filter(
  ([name, kind]) => kind === 'message' || PROFILES[name].jobs.afterFailure === 'redelivered',
);

describe('a delivery', () => {
  it.each(COUNTED)('on %s (%s) counts, up to %i, when its lock of %i ms runs out', (name, kind, most, lockMs) => {
    const { platform, send, take, pass } = platformOf(name);
    send(kind);
    for (let attempts = 0; attempts < most; attempts += 1) {
      expect(take().message.attempts).toBe(attempts);
      pass(lockMs);
    }
    expect(platform.letters()).toEqual([]);
    expect([platform.take(), platform.nextAt(), platform.left()]).toEqual([undefined, Number.POSITIVE_INFINITY, []]);
    const letter = { orderId: 'ord_a', attempts: most, error: 'delivered too often', failedAt: most * lockMs };
    expect(platform.letters()).toMatchObject(name === 'aws' && kind === 'job' ? [] : [letter]);
  });

  it('on gcp (job) counts when its lock runs out, and there may be any number of them', () => {
    const { platform, send, take, pass } = platformOf('gcp');
    send('job');
    for (let attempts = 0; attempts < 100; attempts += 1) {
      expect(take().message.attempts).toBe(attempts);
      pass(10 * MINUTE);
    }
    expect([platform.letters(), platform.left()]).toEqual([[], ['job ord_a/1/0/1/']]);
  });

  it.each(BURIED)('on %s (%s) counts, up to %i, whatever became of it', (name, kind, most, lockMs) => {
    const { platform, send, take, pass } = platformOf(name);
    send(kind);
    for (let attempts = 0; attempts < most; attempts += 1) {
      const held = take();
      expect(held.message.attempts).toBe(attempts);
      if (attempts % 3 === 0) held.retry(0);
      if (attempts % 3 === 1) held.lost();
      pass(lockMs);
    }
    expect(platform.take()).toBeUndefined();
    expect(platform.letters()).toMatchObject([{ attempts: most, error: 'delivered too often' }]);
  });

  it.each(BURIED)('on %s (%s) counts anew, up to %i, for one that comes back', (name, kind, most, lockMs) => {
    const { platform, send, take, pass } = platformOf(name);
    send(kind);
    for (const _ of ['first life', 'second life']) {
      for (let attempts = 0; attempts < most; attempts += 1) {
        expect(take().message.attempts).toBe(attempts);
        pass(lockMs);
      }
      expect(platform.take()).toBeUndefined();
      expect(platform.letters()).toMatchObject([{ attempts: most }]);
      platform.redrive(platform.letters()[0]?.id ?? '');
    }
  });

  it.each(COUNTED)('on %s (%s) is of another one when one was handed out %i times', (name, kind, most, lockMs) => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { platform, send, take, pass } = platformOf(name, seed);
      send(kind, { as: 'worn out' });
      for (let count = 0; count < most; count += 1) {
        take();
        pass(lockMs);
      }
      send(kind, { as: 'fresh' });
      expect([nameOf(take()), platform.take()]).toEqual(['fresh', undefined]);
      expect(platform.left()).toHaveLength(1);
    }
  });

  it.each(['message', 'job'] as const)('on local (%s) counts when it was given back', (kind) => {
    const { platform, send, take, pass } = platformOf('local');
    send(kind);
    for (let attempts = 0; attempts < 100; attempts += 1) {
      take().lost();
      pass(SECOND);
      const held = take();
      expect(held.message.attempts).toBe(attempts);
      held.retry(0);
    }
    expect(platform.letters()).toEqual([]);
  });
});

describe('a crash', () => {
  it.each(BURIED)(
    'on %s (%s) counts, up to %i; a message comes again when its lock runs out',
    (name, kind, most, lockMs) => {
      const { platform, send, take, pass } = platformOf(name);
      send(kind);
      for (let attempts = 0; attempts < most; attempts += 1) {
        expect(platform.letters()).toEqual([]);
        const held = take();
        expect(held.message.attempts).toBe(attempts);
        held.lost();
        pass(lockMs - 1);
        expect(platform.take()).toBeUndefined();
        pass(1);
      }
      expect(platform.take()).toBeUndefined();
      expect(platform.letters()).toMatchObject([{ attempts: most, error: 'delivered too often' }]);
    },
  );

  it('on gcp (job) counts, and never ends in a dead letter', () => {
    const { platform, send, take, pass } = platformOf('gcp');
    send('job');
    for (let attempts = 0; attempts < 100; attempts += 1) {
      const held = take();
      expect(held.message.attempts).toBe(attempts);
      held.lost();
      pass(10 * MINUTE);
    }
    expect(platform.letters()).toEqual([]);
  });

  it.each(['message', 'job'] as const)('on local (%s) does not count; all is there again after the restart', (kind) => {
    const { platform, send, take, pass } = platformOf('local');
    send(kind);
    for (let crashes = 0; crashes < 100; crashes += 1) {
      const held = take();
      expect(held.message.attempts).toBe(0);
      held.lost();
      pass(SECOND);
    }
    expect(platform.letters()).toEqual([]);
  });

  it('changes nothing for a message that was ended before, or is in other hands', () => {
    const { platform, send, take, pass } = platformOf('aws');
    send('message');
    const first = take();
    pass(MINUTE);
    const second = take();
    first.lost();
    pass(MINUTE);
    // The third delivery, and no more than that.
    expect(take().message.attempts).toBe(2);
    second.done();
    second.lost();
    pass(MINUTE);
    expect([platform.take(), platform.letters()]).toEqual([undefined, []]);
  });

  it('on aws (job) has the job delivered again, or forgotten', () => {
    let again = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const { platform, send, take, pass } = platformOf('aws', seed);
      send('job');
      take().lost();
      pass(MINUTE);
      again += platform.take() ? 1 : 0;
      expect(platform.letters()).toEqual([]);
    }
    expect(again).toSatisfy((count: number) => count > 30 && count < 70);
  });
});

describe('a platform', () => {
  it('forgets a job that fails on aws, and leaves no letter', () => {
    for (const end of ['retry', 'bury'] as const) {
      const { platform, send, take, pass } = platformOf('aws');
      send('job');
      const held = take();
      end === 'retry' ? held.retry(5) : held.bury(5, 'no');
      pass(YEAR);
      expect([platform.take(), platform.letters()]).toEqual([undefined, []]);
    }
  });

  it.each(PROFILE_NAMES)('may forget starts and timers on %s, never messages', (name) => {
    for (const fault of ['lost-start', 'lost-timer'] as const) {
      const { send, takeAll, striking, pass } = platformOf(name);
      striking.add(fault);
      send('job', { as: 'start' });
      send('job', { as: 'timer', inMs: 10, orderId: 'ord_b' });
      send('message', { as: 'event' });
      send('message', { as: 'later event', inMs: 10, orderId: 'ord_b' });
      pass(10);
      const kept = fault === 'lost-start' ? 'timer' : 'start';
      expect(takeAll().map(nameOf).sort()).toEqual(['event', 'later event', kept].sort());
    }
  });

  it.each(ALL)('may hand out twice on %s (%s), also side by side where there are no sessions', (name, kind) => {
    const { send, takeAll, striking } = platformOf(name);
    striking.add('duplicate');
    send(kind, { as: 'same' });
    const held = takeAll();
    for (const one of held) one.done();
    const later = takeAll();
    expect([held.length, later.length]).toEqual(name === 'azure' ? [1, 1] : [2, 0]);
    expect([...held, ...later].map(nameOf)).toEqual(['same', 'same']);
  });

  it.each(REDELIVERED)('names on %s (%s) what is neither ended nor given up on', (name, kind) => {
    const { platform, send, take, takeAll, pass } = platformOf(name);
    const [held, waiting] =
      kind === 'job' ? ['job ord_a/held/0/1/', 'job ord_b/later/0/1/'] : ['notify/held', 'notify/later'];
    send(kind, { as: 'held' });
    send(kind, { as: 'later', orderId: 'ord_b', inMs: SECOND });
    expect(platform.left()).toEqual([held, waiting]);
    const first = take();
    expect(platform.left()).toEqual([held, waiting]);
    first.bury(0, 'no');
    expect(platform.left()).toEqual([waiting]);
    platform.redrive(platform.letters()[0]?.id ?? '');
    expect(platform.left()).toEqual([waiting, held]);
    pass(SECOND);
    for (const one of takeAll()) one.done();
    expect(platform.left()).toEqual([]);
  });
});
