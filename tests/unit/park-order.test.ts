import { describe, expect, it } from 'vitest';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { parkOrder } from '../../shared/application/park-order.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order, Position } from '../../shared/domain/order.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';
import { anOrder, aPosition, after as command, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const MINUTE = 60_000;
const TIMES = { approvalTimeoutMs: 1, confirmationTimeoutMs: 1 };
const BEGIN: Command = { type: 'begin-charge', reference: 'pay_1' };
const CHARGED: Command = { type: 'record-charge', transactionId: 'txn_1' };

interface Setup {
  readonly history?: readonly Command[];
  readonly position?: Position;
  readonly wrap?: (inner: OrderStore) => OrderStore;
}

/** An order that is being charged, unless its history says otherwise, and a worker that wants to rest it. */
async function given({ history = [BEGIN], position, wrap = (same) => same }: Setup = {}) {
  const { orders, feed } = memoryOrderStore();
  const past = history.reduce<Order>((before, step) => command(before, step).order, anOrder());
  const order: Order = { ...past, position: position ?? aPosition({ state: 'ProcessPayment', handOff: false }) };
  await orders.create(order, eventsAfter(order, 0));
  await feed.acknowledge([`${order.id}@${order.revision}`]);
  const ports = { orders: wrap(orders), clock: manualClock(NOON), times: TIMES };
  const park = (name = 'RetrySettlement', orderId = order.id, waitId = position?.wait?.id) => {
    const state = orderWorkflowV1.states[name];
    if (state?.type !== 'retryAfter') throw new Error(`${name} is no retryAfter`);
    const parking = { orderId, definition: orderWorkflowV1, name, state };
    return parkOrder(ports, waitId === undefined ? parking : { ...parking, waitId });
  };
  return { order, park, feed, stored: async () => (await orders.get(order.id)) ?? order };
}

function round(attempt: number, { deadline = NOON, since = NOON } = {}): Position {
  const wait = { id: 'RetrySettlement@1', deadline, since, alerted: false };
  return aPosition({ state: 'RetrySettlement', attempt, wait, dueAt: deadline });
}

describe('resting an order in a long retry', () => {
  it('writes the position alone: no event, and nothing that a client can see', async () => {
    const { order, park, feed, stored } = await given();
    expect(await park()).toBeUndefined();
    const { position, revision, version, sequence } = await stored();
    expect(position).toMatchObject({ state: 'RetrySettlement', attempt: 1, dueAt: NOON + MINUTE, handOff: true });
    expect({ revision, version, sequence }).toEqual({ ...pick(order), revision: order.revision + 1 });
    expect(await feed.pull(10)).toMatchObject([{ events: [], start: { at: NOON + MINUTE } }]);
  });

  it('counts a round once, however many workers come to rest in it', async () => {
    const { park, stored } = await given();
    await Promise.all([park(), park()]);
    await park();
    expect((await stored()).position).toMatchObject({ attempt: 1, dueAt: NOON + MINUTE });
  });

  it('counts the next round once the last is over', async () => {
    const { park, stored } = await given({ position: round(1) });
    await park();
    expect((await stored()).position).toMatchObject({ attempt: 2, dueAt: NOON + 2 * MINUTE });
  });

  it('leaves a rest alone that it is not the timer of, also one that is over: its own timer goes on with it', async () => {
    const { order, park, stored } = await given({ position: round(1) });
    await park('RetrySettlement', order.id, 'RetrySettlement@0');
    expect(await stored()).toEqual(order);
  });

  it('tells the operators with the round in which it has lasted too long', async () => {
    const { order, park, stored } = await given({ position: round(4, { since: NOON - 15 * MINUTE }) });
    await park();
    const { position, sequence, timeline } = await stored();
    expect(position?.wait?.alerted).toBe(true);
    expect(sequence).toBe(order.sequence + 1);
    expect(timeline.at(-1)).toMatchObject({ name: 'needs_attention', reason: 'payment-unsettled' });
  });

  it.each([
    ['was paid meanwhile', [BEGIN, CHARGED]],
    ['has failed meanwhile', [BEGIN, { type: 'record-sealed' }]],
    ['was called off before', [{ type: 'cancel', by: 'customer:alice' }]],
  ] as const)('does nothing to one that %s', async (_, history) => {
    const { order, park, stored } = await given({ history });
    expect(await park()).toBeUndefined();
    expect(await stored()).toEqual(order);
  });

  it('does nothing where there is no order', async () => {
    const { park } = await given();
    expect(await park('RetrySettlement', 'ord_nowhere')).toBeUndefined();
  });

  it('says where to go when the series is given up, and leaves the order there', async () => {
    const opening = { ...round(5), state: 'RetryOpening' };
    const { order, park, stored } = await given({ history: [], position: opening });
    expect(await park('RetryOpening')).toBe('GiveUpOpening');
    expect(await stored()).toEqual(order);
  });

  it('is decided anew five times when others write the order, and is then unavailable', async () => {
    let saves = 0;
    const { park } = await given({
      wrap: (inner) => ({
        ...inner,
        async save() {
          saves += 1;
          throw new PortError('conflict', 'OrderStore.save');
        },
      }),
    });
    await expect(park()).rejects.toMatchObject({ code: 'unavailable', operation: 'RetrySettlement' });
    expect(saves).toBe(6);
  });
});

function pick({ revision, version, sequence }: Order) {
  return { revision, version, sequence };
}
