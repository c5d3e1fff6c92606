import { describe, expect, it } from 'vitest';
import type { OrderChange } from '../../shared/domain/change.ts';
import { dice } from '../dice.ts';
import { delivery } from './delivery.ts';
import type { Fault } from './faults.ts';
import { PROFILE_NAMES, PROFILES, type ProfileName } from './profiles.ts';
import type { Scheduler } from './scheduler.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const YEAR = 365 * 24 * 60 * MINUTE;
const ORDERED = ['aws', 'azure', 'local'] as const;

/** One platform, with time and faults in the hands of the test. */
function platformOf(name: ProfileName, seed = 1) {
  let [now, numbered] = [0, 0];
  const striking = new Set<Fault>();
  const scheduler = { now: () => now, note: () => undefined, strikes: (fault: Fault) => striking.has(fault) };
  const platform = delivery(PROFILES[name], {
    scheduler: scheduler as unknown as Scheduler,
    dice: dice(seed),
    violation: () => undefined,
  });
  return {
    platform,
    striking,
    /** Takes changes: their ids, and what ends them. */
    take() {
      const held = platform.takeChanges();
      if (!held) throw new Error('there is nothing to take');
      return { ...held, ids: held.changes.map(({ id }) => id) };
    },
    /** Commits so many changes, `change-0` and on. */
    commit(count: number): readonly string[] {
      const ids = Array.from({ length: count }, (_, index) => `change-${numbered + index}`);
      numbered += count;
      platform.commit(ids.map((id): OrderChange => ({ id, orderId: 'ord_a', revision: 1, events: [] })));
      return ids;
    },
    pass(ms: number): void {
      now += ms;
    },
  };
}

describe('changes', () => {
  it.each([
    ['aws', 10],
    ['azure', 10],
    ['local', 200],
  ] as const)('on %s come in their order, up to %i at once, to one relay at a time', (name, most) => {
    const { platform, commit } = platformOf(name);
    const ids = commit(most + 3);
    const first = platform.takeChanges();
    expect(first?.changes.map(({ id }) => id)).toEqual(ids.slice(0, most));
    expect(platform.takeChanges()).toBeUndefined();
    first?.end([]);
    expect(platform.takeChanges()?.changes.map(({ id }) => id)).toEqual(ids.slice(most));
  });

  it('on gcp come one by one, in any order, to any number of relays', () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { platform, commit } = platformOf('gcp', seed);
      commit(3);
      const taken = [1, 2, 3].map(() => platform.takeChanges()?.changes.map(({ id }) => id));
      expect(taken.map((ids) => ids?.length)).toEqual([1, 1, 1]);
      orders.add(taken.join());
    }
    expect(orders.size).toBe(6);
  });

  it.each(PROFILE_NAMES)('on %s come again when they failed or their relay crashed, and only then', (name) => {
    const { platform, commit, pass } = platformOf(name);
    const [id = ''] = commit(1);
    platform.takeChanges()?.end([id]);
    expect([platform.takeChanges(), platform.nextAt()]).toEqual([undefined, SECOND]);
    pass(SECOND);
    platform.takeChanges()?.lost();
    expect(platform.takeChanges()).toBeUndefined();
    pass(SECOND);
    platform.takeChanges()?.end([]);
    pass(YEAR);
    expect([platform.takeChanges(), platform.nextAt()]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });

  it.each(ORDERED)('on %s come again before anything that was committed after them', (name) => {
    const { platform, take, commit, pass } = platformOf(name);
    commit(5);
    take().end(['change-1', 'change-3']);
    commit(2);
    expect([platform.takeChanges(), platform.nextAt()]).toEqual([undefined, SECOND]);
    pass(SECOND - 1);
    expect(platform.takeChanges()).toBeUndefined();
    pass(1);
    const again = take();
    expect(again.ids).toEqual(['change-1', 'change-3', 'change-5', 'change-6']);
    commit(1);
    again.lost();
    expect(platform.takeChanges()).toBeUndefined();
    pass(SECOND);
    expect(take().ids).toEqual(['change-1', 'change-3', 'change-5', 'change-6', 'change-7']);
  });

  it('on gcp that failed let others go first', () => {
    const { take, commit, pass } = platformOf('gcp');
    const [failed = ''] = commit(1);
    take().end([failed]);
    const [other = ''] = commit(1);
    expect(take().ids).toEqual([other]);
    pass(SECOND);
    expect(take().ids).toEqual([failed]);
  });

  it.each(PROFILE_NAMES)('on %s are left until they are relayed', (name) => {
    const { platform, take, commit, pass } = platformOf(name);
    const [id = ''] = commit(1);
    expect(platform.left()).toEqual([id]);
    take().end([id]);
    expect(platform.left()).toEqual([id]);
    pass(SECOND);
    const held = take();
    expect(platform.left()).toEqual([id]);
    held.end([]);
    expect(platform.left()).toEqual([]);
  });

  it('of a batch come again when they failed; the others do not', () => {
    const { platform, commit, pass } = platformOf('aws');
    commit(3);
    platform.takeChanges()?.end(['change-1']);
    pass(SECOND);
    expect(platform.takeChanges()?.changes.map(({ id }) => id)).toEqual(['change-1']);
  });

  it.each([
    ['aws', MINUTE],
    ['azure', 30 * SECOND],
    ['gcp', MINUTE],
  ] as const)('on %s are given to another relay after %i ms; then the first one ends nothing', (name, lockMs) => {
    const { platform, commit, pass } = platformOf(name);
    commit(1);
    const first = platform.takeChanges();
    pass(lockMs - 1);
    expect([platform.takeChanges(), platform.nextAt()]).toEqual([undefined, lockMs]);
    pass(1);
    const second = platform.takeChanges();
    expect(second?.changes).toEqual(first?.changes);
    first?.end([]);
    first?.lost();
    pass(lockMs - 1);
    expect(platform.takeChanges()).toBeUndefined();
    pass(1);
    expect(platform.takeChanges()?.changes).toEqual(first?.changes);
  });

  it('on local are held until their relay ends or crashes', () => {
    const { platform, commit, pass } = platformOf('local');
    commit(1);
    platform.takeChanges();
    pass(YEAR);
    expect([platform.takeChanges(), platform.nextAt()]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });

  it('may come twice', () => {
    const { platform, commit, striking } = platformOf('aws');
    striking.add('duplicate');
    commit(1);
    expect(platform.takeChanges()?.changes.map(({ id }) => id)).toEqual(['change-0', 'change-0']);
  });
});
