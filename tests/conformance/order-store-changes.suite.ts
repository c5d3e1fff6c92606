import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, type OrderChange } from '../../shared/domain/change.ts';
import type { Order, Position } from '../../shared/domain/order.ts';
import { after, anOrder, aPosition, NOON } from '../fixtures.ts';
import { freshFor, withFresh } from './harness.ts';
import {
  attention,
  createAll,
  expectCommitted,
  type OpenOrderStore,
  type OrderStoreHarness,
  saveAfter,
} from './order-store.harness.ts';
import { winnersOf } from './races.ts';

export function orderStoreChangesSuite(open: OpenOrderStore): void {
  const store = freshFor(open);

  it('hands the creation to the relay, with its event', async () => {
    const order = anOrder();
    await createAll(store().orders, order);
    const changes = await store().committed();
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ id: `${order.id}@1`, orderId: order.id, revision: 1 });
    expect(changes[0]?.events.map(({ id, name }) => [id, name])).toEqual([[`${order.id}:1`, 'created']]);
  });

  it('hands over all events of one write, oldest first', async () => {
    const { orders } = store();
    const charging = anOrder({
      status: 'charging',
      payment: { status: 'charging', reference: 'pay_1' },
      cancellation: { by: 'customer:alice', at: NOON, accepted: true },
    });
    await createAll(orders, charging);
    await store().committed();
    await saveAfter(orders, charging, { type: 'record-charge', transactionId: 'txn_1' });
    const [change] = await store().committed();
    expect(change?.events.map(({ sequence, name, status }) => [sequence, name, status])).toEqual([
      [2, 'payment_charged', 'paid'],
      [3, 'status_changed', 'refunding'],
    ]);
  });

  it('hands over a write of the position alone, without events', async () => {
    const { orders } = store();
    const order = anOrder();
    await createAll(orders, order);
    await store().committed();
    const { order: parked, events } = after(order, { type: 'park' });
    const resting = { ...parked, position: aPosition() };
    await orders.save(resting, events, order.revision);
    await expectCommitted(store(), [changeOf(resting, [])]);
  });

  it('hands over every write of an order once it is committed, however quickly they follow each other', async () => {
    const { orders } = store();
    let order = anOrder();
    const expected = [...(await createAll(orders, order))];
    for (let round = 1; round <= 20; round++) {
      const next = after(order, attention(`round-${round}`));
      await orders.save(next.order, next.events, order.revision);
      expected.push(changeOf(next.order, next.events));
      order = next.order;
    }
    await expectCommitted(store(), expected);
    await expectCommitted(store(), [], 'what was acknowledged does not come again');
  });

  describe('start', () => {
    it('is absent when the order has no position', async () => {
      const change = await committedWith();
      expect(change).not.toHaveProperty('start');
    });

    it('is absent when the segment that saved the position goes on by itself', async () => {
      const change = await committedWith({ handOff: false });
      expect(change).not.toHaveProperty('start');
    });

    it('says what to run and when, when the position hands off', async () => {
      const change = await committedWith({ handOff: true, state: 'OpenPayment', attempt: 2, dueAt: NOON + 5 });
      const job = {
        orderId: change?.orderId,
        state: 'OpenPayment',
        attempt: 2,
        revision: 1,
        correlationId: 'request-1',
      };
      expect(change?.start).toStrictEqual({ job, at: NOON + 5 });
    });

    it('carries the wait of a position that rests', async () => {
      const wait = { id: 'wait-1', deadline: NOON + 9, since: NOON, alerted: false };
      const change = await committedWith({ handOff: true, dueAt: NOON + 9, wait });
      expect(change?.start).toMatchObject({ job: { waitId: 'wait-1' }, at: NOON + 9 });
    });

    it('goes with the position when the order has ended', async () => {
      const { orders } = store();
      const order = anOrder({ position: aPosition() });
      await createAll(orders, order);
      await store().committed();
      const { position: _, ...ended } = after(order, attention('ended')).order;
      await orders.save(ended, [], order.revision);
      const [change] = await store().committed();
      expect(change).not.toHaveProperty('start');
    });

    async function committedWith(position?: Partial<Position>): Promise<OrderChange | undefined> {
      await createAll(store().orders, anOrder(position ? { position: aPosition(position) } : {}));
      const [change] = await store().committed();
      return change;
    }
  });

  it('hands over exactly the writes that won, whatever the history', async () => {
    const rounds = fc.array(
      fc.record({ order: fc.nat(2), rivals: fc.integer({ min: 1, max: 4 }), stale: fc.boolean() }),
      {
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(rounds, (history) => withFresh(open, (harness) => replay(harness, history))),
      { numRuns: 20 },
    );
  });
}

interface Round {
  readonly order: number;
  readonly rivals: number;
  /** Whether yet another rival tries it from a revision that is gone. */
  readonly stale: boolean;
}

/** Plays the rounds on three orders, and expects the store to hold what won and the feed to hand over that alone. */
async function replay(harness: OrderStoreHarness, history: readonly Round[]): Promise<void> {
  const current = [anOrder(), anOrder(), anOrder()];
  const expected = [...(await createAll(harness.orders, ...current))];
  for (const [number, round] of history.entries()) {
    const order = current[round.order];
    if (!order) continue;
    const { next, change } = await playRound(harness, order, round, number);
    current[round.order] = next;
    expected.push(change);
  }
  expect(await Promise.all(current.map(({ id }) => harness.orders.get(id)))).toStrictEqual(current);
  await expectCommitted(harness, expected);
}

async function playRound(harness: OrderStoreHarness, order: Order, { rivals, stale }: Round, number: number) {
  const attempts = Array.from({ length: rivals }, (_, index) => after(order, attention(`${number}-${index}`)));
  const winners = await winnersOf(
    [
      ...attempts.map((attempt) => () => harness.orders.save(attempt.order, attempt.events, order.revision)),
      ...(stale ? [() => harness.orders.save({ ...order, deliveryAddress: 'stale' }, [], order.revision - 1)] : []),
    ],
    'conflict',
  );
  expect(winners).toHaveLength(1);
  const won = attempts[winners[0] ?? -1];
  if (!won) throw new Error('a save over a revision that is gone has won');
  return { next: won.order, change: changeOf(won.order, won.events) };
}
