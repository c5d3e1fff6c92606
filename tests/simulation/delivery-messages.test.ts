import { describe, expect, it } from 'vitest';
import { isPortError } from '../../shared/ports/port-error.ts';
import { nameOf, platformOf } from './delivery.harness.ts';
import { PROFILE_NAMES, PROFILES } from './profiles.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;

/** What the profiles promise, once more and in numbers. */
const LOCKS = [
  ['aws', 'message', MINUTE],
  ['aws', 'job', MINUTE],
  ['azure', 'message', 30 * SECOND],
  ['azure', 'job', 30 * SECOND],
  ['gcp', 'message', 30 * SECOND],
  ['gcp', 'job', 10 * MINUTE],
] as const;
const LATE_ENDS_FAIL: readonly string[] = ['azure message', 'azure job', 'gcp message'];
const ALL = PROFILE_NAMES.flatMap((name) => [[name, 'message'] as const, [name, 'job'] as const]);
const REDELIVERED = ALL.filter(
  ([name, kind]) => kind === 'message' || PROFILES[name].jobs.afterFailure === 'redelivered',
);

const isRefused = (error: unknown) => isPortError(error, 'unavailable');

describe('messages and jobs', () => {
  it.each(ALL)('on %s (%s) are handed out when they fall due, to one at a time, until they are done', (name, kind) => {
    const { platform, send, take, pass } = platformOf(name);
    send(kind, { inMs: 5_000 });
    expect([platform.take(), platform.nextAt()]).toEqual([undefined, 5_000]);
    pass(5_000);
    const held = take();
    expect(held.message).toMatchObject({ orderId: 'ord_a', attempts: 0, dueAt: 5_000 });
    expect(platform.take()).toBeUndefined();
    held.done();
    pass(YEAR);
    expect([platform.take(), platform.nextAt()]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });

  it.each(LOCKS)('on %s (%s) are handed out again %i ms later', (name, kind, lockMs) => {
    const { platform, send, take, pass } = platformOf(name);
    send(kind);
    const { id } = take().message;
    expect(platform.nextAt()).toBe(lockMs);
    pass(lockMs - 1);
    expect(platform.take()).toBeUndefined();
    pass(1);
    expect(take().message.id).toBe(id);
  });

  it.each(['message', 'job'] as const)('on local (%s) are held for good', (kind) => {
    const { platform, send, take, pass } = platformOf('local');
    send(kind);
    take();
    pass(YEAR);
    expect([platform.take(), platform.nextAt()]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });

  it.each(LOCKS)('on %s (%s) can be ended late, or cannot, as their platform says', (name, kind, lockMs) => {
    const fails = LATE_ENDS_FAIL.includes(`${name} ${kind}`);
    for (const takenAgain of [true, false]) {
      for (const end of ['done', 'retry', 'bury'] as const) {
        const { platform, send, take, pass } = platformOf(name);
        send(kind);
        const late = take();
        pass(lockMs);
        const other = takenAgain ? take() : undefined;
        const endLate = () => (end === 'done' ? late.done() : end === 'retry' ? late.retry(YEAR) : late.bury(0, 'no'));
        if (fails) expect(endLate).toThrow(expect.toSatisfy(isRefused));
        else endLate();
        pass(lockMs);
        // Whoever is late may take a message away, and never puts off what others do with it.
        const forgotten = name === 'aws' && kind === 'job';
        const stays = fails || (end === 'retry' && !forgotten);
        expect([name, end, platform.take() !== undefined]).toEqual([name, end, stays]);
        other?.lost();
      }
    }
  });

  it.each(ALL)('on %s (%s) come in any order, or in that of their order’s session', (name, kind) => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { send, takeAll } = platformOf(name, seed);
      for (const as of ['1', '2', '3']) send(kind, { as });
      const names: string[] = [];
      for (let some = takeAll(); some.length > 0; some = takeAll()) {
        if (name === 'azure') expect(some).toHaveLength(1);
        for (const held of some) {
          names.push(nameOf(held));
          held.done();
        }
      }
      orders.add(names.join(''));
    }
    expect(orders.size).toBe(name === 'azure' ? 1 : 6);
    if (name === 'azure') expect([...orders]).toEqual(['123']);
  });

  it('on azure wait for their own session only', () => {
    const { platform, send, takeAll, pass } = platformOf('azure');
    send('message');
    send('message', { orderId: 'ord_b' });
    send('message', { consumer: 'receipt' });
    send('job');
    send('job', { inMs: 10 });
    const held = takeAll();
    expect(held).toHaveLength(4);
    pass(10);
    expect(platform.take()).toBeUndefined();
    for (const one of held) one.done();
    expect(takeAll()).toHaveLength(1);
  });

  it('on azure wait, too, for one of their session that fell due before them and was accepted after them', () => {
    const { platform, send, take, pass } = platformOf('azure');
    send('job', { as: '1', inMs: 10 });
    send('job', { as: '2' });
    const held = take();
    pass(10);
    expect([nameOf(held), platform.take()]).toEqual(['2', undefined]);
    held.done();
    expect(nameOf(take())).toBe('1');
  });

  it('on azure let others of their session go first when they are given back for later', () => {
    const { send, take } = platformOf('azure');
    send('job', { as: '1' });
    send('job', { as: '2' });
    take().retry(5_000);
    expect(nameOf(take())).toBe('2');
  });

  it.each(ALL)('on %s (%s) are dropped as repeats, or not', (name, kind) => {
    const { send, takeAll, pass } = platformOf(name);
    const repeats = name === 'azure' || (name === 'gcp' && kind === 'job');
    send(kind, { as: 'same' });
    send(kind, { as: 'same' });
    send(kind, { as: 'another' });
    let count = 0;
    for (let some = takeAll(); some.length > 0; some = takeAll()) {
      count += some.length;
      for (const held of some) held.done();
    }
    expect(count).toBe(repeats ? 2 : 3);
    pass(10 * MINUTE - 1);
    send(kind, { as: 'same' });
    expect(takeAll()).toHaveLength(repeats ? 0 : 1);
  });

  it.each(['message', 'job'] as const)(
    'on azure (%s) are repeats for ten minutes from when they were accepted',
    (kind) => {
      const { send, takeAll, take, pass } = platformOf('azure');
      send(kind, { as: 'same' });
      pass(10 * MINUTE - 1);
      take().done();
      send(kind, { as: 'same' });
      expect(takeAll()).toEqual([]);
      pass(1);
      send(kind, { as: 'same' });
      expect(takeAll()).toHaveLength(1);
    },
  );

  it('on gcp (job) are repeats until an hour after they are done, however long that takes', () => {
    const { send, takeAll, take, pass } = platformOf('gcp');
    send('job', { as: 'same' });
    pass(YEAR);
    send('job', { as: 'same' });
    take().done();
    pass(HOUR - 1);
    send('job', { as: 'same' });
    expect(takeAll()).toEqual([]);
    pass(1);
    send('job', { as: 'same' });
    expect(takeAll()).toHaveLength(1);
  });

  it('on gcp (job) are repeats until an hour after they were done first', () => {
    const { send, takeAll, take, pass } = platformOf('gcp');
    send('job', { as: 'same' });
    const first = take();
    pass(10 * MINUTE);
    const second = take();
    first.done();
    pass(HOUR - 1);
    second.done();
    second.bury(0, 'no');
    send('job', { as: 'same' });
    expect(takeAll()).toEqual([]);
    pass(1);
    send('job', { as: 'same' });
    expect(takeAll()).toHaveLength(1);
  });

  it.each(PROFILE_NAMES)('on %s (job) may not be dropped as repeats when the sweeper starts them', (name) => {
    const { send, takeAll, violations } = platformOf(name);
    const drops = name === 'azure' || name === 'gcp';
    send('job', { as: 'same', by: 'sweep' });
    send('job', { as: 'same', by: 'relay' });
    expect(violations).toEqual([]);
    send('job', { as: 'same', by: 'sweep' });
    expect(violations).toEqual(drops ? ['ord_a: a start by the sweeper was dropped as a repeat'] : []);
    expect(takeAll()).toHaveLength(drops ? 1 : 3);
  });

  it.each(REDELIVERED)('on %s (%s) come again when they are given back, and count it', (name, kind) => {
    const { platform, send, take, pass } = platformOf(name);
    send(kind);
    for (let attempts = 0; attempts < 4; attempts += 1) {
      const held = take();
      expect(held.message.attempts).toBe(attempts);
      held.retry(attempts * 2_000 + 2_000);
      pass(1_999);
      expect(platform.take()).toBeUndefined();
      pass(1);
    }
  });

  it.each(REDELIVERED)('on %s (%s) go to the dead letters, and come back once as fresh ones', (name, kind) => {
    const { platform, send, take, takeAll, pass } = platformOf(name);
    send(kind, { as: 'same' });
    take().retry(0);
    take().bury(0, 'Error: no');
    expect(takeAll()).toEqual([]);
    const [letter, ...others] = platform.letters();
    expect(letter).toMatchObject({ orderId: 'ord_a', error: 'Error: no', attempts: 2, failedAt: 0 });
    expect(others).toEqual([]);
    const id = letter?.id ?? '';
    expect([platform.redrive(id), platform.redrive(id), platform.letters()]).toEqual([true, false, []]);
    const [again, ...more] = takeAll();
    expect([again && nameOf(again), again?.message.attempts, more]).toEqual(['same', 0, []]);
    expect(again?.message.id).not.toBe(id);
    again?.done();
    pass(YEAR);
    expect(takeAll()).toEqual([]);
  });
});
