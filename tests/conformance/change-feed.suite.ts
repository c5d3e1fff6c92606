import { describe, expect, it } from 'vitest';
import type { OrderChange } from '../../shared/domain/change.ts';
import type { ChangeFeed } from '../../shared/ports/change-feed.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { anOrder, aPosition } from '../fixtures.ts';
import { freshFor, scribble } from './harness.ts';
import { attention, createAll, saveAfter } from './order-store.harness.ts';

export interface ChangeFeedHarness {
  readonly orders: OrderStore;
  /** The changes of `orders`. */
  readonly feed: ChangeFeed;
  close(): Promise<void>;
}

/** Everything that the port `ChangeFeed` promises within one process, over an empty store for each test. */
export function changeFeedSuite(name: string, open: () => Promise<ChangeFeedHarness>): void {
  describe(`${name}: ChangeFeed`, () => {
    const store = freshFor(open);

    it('is empty before the first write', async () => {
      expect(await store().feed.pull(10)).toEqual([]);
    });

    it('gives exactly what was committed', async () => {
      const { orders, feed } = store();
      const created = await createAll(orders, anOrder({ position: aPosition() }), anOrder());
      expect(await feed.pull(10)).toStrictEqual(created);
    });

    it('gives the oldest first, up to the limit, and each once', async () => {
      const ids = await commit(7);
      const { feed } = store();
      expect(idsOf(await feed.pull(3))).toEqual(ids.slice(0, 3));
      expect(idsOf(await feed.pull(1))).toEqual(ids.slice(3, 4));
      expect(idsOf(await feed.pull(10))).toEqual(ids.slice(4));
      expect(await feed.pull(10)).toEqual([]);
    });

    it('gives several changes of one order, oldest first', async () => {
      const { orders, feed } = store();
      let order = anOrder();
      await createAll(orders, order);
      for (const reason of ['second', 'third']) order = await saveAfter(orders, order, attention(reason));
      expect(idsOf(await feed.pull(10))).toEqual([1, 2, 3].map((revision) => `${order.id}@${revision}`));
    });

    it('gives pulls at the same time different changes', async () => {
      const ids = await commit(20);
      const pulls = await Promise.all(Array.from({ length: 10 }, () => store().feed.pull(2)));
      expect(pulls.flatMap(idsOf).toSorted()).toEqual(ids.toSorted());
    });

    it('gives changes that come while others are held', async () => {
      const { feed } = store();
      const held = await commit(2);
      expect(idsOf(await feed.pull(10))).toEqual(held);
      const more = await commit(2);
      expect(idsOf(await feed.pull(10))).toEqual(more);
    });

    it('never gives again what was acknowledged', async () => {
      const { feed } = store();
      const ids = await commit(3);
      await feed.pull(10);
      await feed.acknowledge(ids.slice(0, 2));
      await feed.release(ids);
      expect(idsOf(await feed.pull(10))).toEqual(ids.slice(2));
    });

    it('gives again what was released, and only that', async () => {
      const { feed } = store();
      const ids = await commit(4);
      await feed.pull(10);
      await feed.release(ids.slice(1, 3));
      expect(idsOf(await feed.pull(10))).toEqual(ids.slice(1, 3));
      expect(await feed.pull(10)).toEqual([]);
    });

    it('gives what was released before what is newer', async () => {
      const { feed } = store();
      const old = await commit(2);
      await feed.pull(10);
      const young = await commit(2);
      await feed.release(old);
      expect(idsOf(await feed.pull(3))).toEqual([...old, ...young.slice(0, 1)]);
    });

    it('keeps to the limit when older changes were released and newer ones are held', async () => {
      const { feed } = store();
      const ids = await commit(6);
      await feed.pull(10);
      await feed.release(ids.slice(0, 3));
      expect(idsOf(await feed.pull(1))).toEqual(ids.slice(0, 1));
      expect(idsOf(await feed.pull(10))).toEqual(ids.slice(1, 3));
    });

    it('gives a released change again as it was', async () => {
      const { orders, feed } = store();
      const created = await createAll(orders, anOrder({ position: aPosition() }));
      scribble(await feed.pull(10));
      await feed.release(created.map(({ id }) => id));
      expect(await feed.pull(10)).toStrictEqual(created);
    });

    it('goes on giving the other changes when some are acknowledged out of turn', async () => {
      const { feed } = store();
      const ids = await commit(5);
      await feed.pull(4);
      await feed.acknowledge([ids[3] ?? '', ids[1] ?? '']);
      expect(idsOf(await feed.pull(10))).toEqual(ids.slice(4));
      await feed.release(ids);
      expect(idsOf(await feed.pull(10))).toEqual([ids[0], ids[2], ids[4]]);
    });

    it('passes over ids it does not know, and ids it was given twice', async () => {
      const { feed } = store();
      const ids = await commit(2);
      await feed.acknowledge(['nobody@1']);
      await feed.release(['nobody@1', ...ids]);
      expect(idsOf(await feed.pull(10))).toEqual(ids);
      await feed.acknowledge([...ids, ...ids, 'nobody@1']);
      await feed.acknowledge(ids);
      await feed.acknowledge([]);
      await feed.release(ids);
      expect(await feed.pull(10)).toEqual([]);
    });

    /** Commits so many changes, one after the other, and answers their ids. */
    async function commit(count: number): Promise<readonly string[]> {
      const changes: OrderChange[] = [];
      for (let index = 0; index < count; index++) changes.push(...(await createAll(store().orders, anOrder())));
      return idsOf(changes);
    }
  });
}

function idsOf(changes: readonly OrderChange[]): readonly string[] {
  return changes.map(({ id }) => id);
}
