import { describe, expect, it } from 'vitest';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import {
  type Republished,
  type RepublishPorts,
  type RepublishRequest,
  republishEvents,
} from '../../shared/application/republish-events.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter, type OrderEvent } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { EventPublisher, PublishableEvent } from '../../shared/ports/event-publisher.ts';
import { PortError, type PortErrorCode } from '../../shared/ports/port-error.ts';
import { anOrder, after as command, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const THRESHOLDS = { approval: { default: 100_000 }, highValue: { default: 10_000 } };
const HISTORY: readonly Command[] = [
  { type: 'begin-charge', reference: 'pay_1' },
  { type: 'cancel', by: 'customer:alice', note: 'changed my mind' },
  { type: 'record-charge', transactionId: 'txn_1' },
  { type: 'record-refund', refundId: 're_1' },
];

interface Given {
  readonly publisher?: (inner: EventPublisher) => EventPublisher;
}

/** Orders in a store, and what is published of them from now on. */
function world({ publisher = (inner) => inner }: Given = {}) {
  const { orders } = memoryOrderStore();
  const published: PublishableEvent[] = [];
  const calls: number[] = [];
  const clock = manualClock(NOON + 60_000);
  const recording: EventPublisher = {
    async publish(events) {
      calls.push(events.length);
      published.push(...events);
      return events.map(({ id }) => ({ eventId: id, published: true }));
    },
  };
  const ports: RepublishPorts = { orders, clock, thresholds: THRESHOLDS, publisher: publisher(recording) };

  return {
    ports,
    published,
    calls,
    clock,
    /** Goes through the history, one step a second, and answers the events as they were committed. */
    async lives(overrides: Partial<Order> = {}, history = HISTORY): Promise<readonly OrderEvent[]> {
      let order = anOrder(overrides);
      const committed = eventsAfter(order, 0);
      await orders.create(order, committed);
      for (const [index, step] of history.entries()) {
        const next = command(order, step, NOON + 1_000 * (index + 1));
        await orders.save(next.order, next.events, order.revision);
        committed.push(...next.events);
        order = next.order;
      }
      return committed;
    },
    async republish(request: Partial<RepublishRequest> = {}): Promise<Republished> {
      const result = await republishEvents(ports, { since: NOON, page: { limit: 100 }, dryRun: false, ...request });
      if (result.kind === 'refused') throw new Error(result.message);
      return result;
    },
  };
}

const marked = (events: readonly OrderEvent[], highValue = false) => events.map((event) => ({ ...event, highValue }));

describe('republishing', () => {
  it('publishes the very events that the changes had', async () => {
    const { lives, published, republish } = world();
    const committed = await lives();
    expect(committed.length).toBeGreaterThan(HISTORY.length);
    const count = committed.length;
    expect(await republish()).toEqual({
      kind: 'done',
      orders: 1,
      events: count,
      published: count,
      unpublished: [],
      nextCursor: null,
    });
    expect(published).toStrictEqual(marked(committed));
  });

  it('marks what is of high value, as the relay does', async () => {
    const { lives, published, republish } = world();
    const total = { amount: 10_000, currency: 'USD' };
    const committed = [...marked(await lives({ total }), true), ...marked(await lives())];
    await republish();
    expect(published).toStrictEqual(committed);
  });

  it.each([
    ['from its beginning', NOON + 1_000, undefined, (at: number) => at >= NOON + 1_000],
    ['to its end', NOON, NOON + 1_000, (at: number) => at <= NOON + 1_000],
    ['of one instant', NOON + 2_000, NOON + 2_000, (at: number) => at === NOON + 2_000],
    ['between two events', NOON + 1, NOON + 999, () => false],
    ['of all time', 0, Number.MAX_SAFE_INTEGER, () => true],
  ])('keeps to a window, both ends included: %s', async (_, since, until, within) => {
    const { lives, published, republish } = world();
    const committed = [...(await lives()), ...(await lives())];
    const { events, orders } = await republish({ since, ...(until !== undefined && { until }) });
    expect(published).toStrictEqual(marked(committed.filter(({ at }) => within(at))));
    expect([events, orders > 0]).toEqual([published.length, published.length > 0]);
  });

  it('ends now where no end is given', async () => {
    const { lives, published, republish, clock } = world();
    const committed = await lives();
    clock.advance(-59_000);
    await republish();
    expect(published).toStrictEqual(marked(committed.filter(({ at }) => at <= NOON + 1_000)));
  });

  it('goes through the orders page by page', async () => {
    const { lives, published, republish } = world();
    for (let number = 0; number < 7; number += 1) await lives({}, []);
    let cursor: string | null | undefined;
    let orders = 0;
    while (cursor !== null) {
      const page = await republish({ page: { limit: 3, ...(cursor !== undefined && { cursor }) } });
      orders += page.orders;
      cursor = page.nextCursor;
    }
    expect(orders).toBe(7);
    expect(new Set(published.map(({ orderId }) => orderId)).size).toBe(7);
    expect(published).toHaveLength(7);
  });

  it('counts and publishes nothing when it only tries', async () => {
    const { lives, calls, republish } = world();
    const committed = await lives();
    const figures = { kind: 'done', orders: 1, events: committed.length, published: 0, unpublished: [] };
    expect(await republish({ dryRun: true })).toMatchObject(figures);
    expect(calls).toEqual([]);
  });

  it('asks the publisher for no more than a hundred at a time, and for nothing when there is nothing', async () => {
    const { lives, calls, republish } = world();
    await republish();
    expect(calls).toEqual([]);
    for (let number = 0; number < 30; number += 1) await lives();
    const { published } = await republish();
    expect(Math.max(...calls)).toBe(100);
    expect(calls.reduce((sum, call) => sum + call, 0)).toBe(published);
  });

  it('refuses a window that ends before it begins, and a cursor of another one', async () => {
    const { lives, ports, republish, published } = world();
    await lives();
    await lives();
    const { nextCursor } = await republish({ page: { limit: 1 }, dryRun: true });
    if (nextCursor === null) throw new Error('there is one page only');
    const request = { since: NOON, page: { limit: 1 }, dryRun: false };
    expect(await republishEvents(ports, { ...request, until: NOON - 1 })).toMatchObject({
      code: 'invalid-request',
      field: 'since',
    });
    expect(await republishEvents(ports, { ...request, since: NOON + 60_001 })).toMatchObject({ field: 'since' });
    for (const cursor of ['nonsense', nextCursor]) {
      const other = { ...request, since: NOON - 1, page: { limit: 1, cursor } };
      expect(await republishEvents(ports, other)).toMatchObject({ code: 'invalid-cursor', field: 'cursor' });
    }
    expect(published).toEqual([]);
  });
});

describe('republishing what cannot all be published', () => {
  /** Fails the given calls of the publisher, counted from 1. */
  const failing = (code: PortErrorCode, ...calls: readonly number[]) => {
    let call = 0;
    return (inner: EventPublisher): EventPublisher => ({
      async publish(events) {
        call += 1;
        if (calls.includes(call)) throw new PortError(code, 'EventPublisher.publish');
        return inner.publish(events);
      },
    });
  };

  it('answers those that were not, with the reason, and publishes the others', async () => {
    const lost = new Set<string>();
    const { lives, published, republish } = world({
      publisher: (inner) => ({
        async publish(events) {
          await inner.publish(events.filter(({ id }) => !lost.has(id)));
          return events.map(({ id }) =>
            lost.has(id)
              ? { eventId: id, published: false, retryable: true, reason: 'throttled' }
              : { eventId: id, published: true },
          );
        },
      }),
    });
    const committed = await lives();
    const id = committed[1]?.id ?? '';
    lost.add(id);
    const result = await republish();
    expect(result).toMatchObject({ events: committed.length, published: committed.length - 1 });
    expect(result.unpublished).toEqual([{ eventId: id, reason: 'throttled' }]);
    expect(published.map((event) => event.id)).toEqual(committed.map((event) => event.id).filter((one) => one !== id));
  });

  it('goes on behind a call that failed', async () => {
    const { lives, published, republish } = world({ publisher: failing('unavailable', 1) });
    for (let number = 0; number < 30; number += 1) await lives();
    const result = await republish();
    expect(result.unpublished).toHaveLength(100);
    expect(result.unpublished[0]?.reason).toBe('EventPublisher.publish: unavailable');
    expect(result.published).toBe(published.length);
    expect(result.events).toBe(published.length + 100);
  });

  it('throws when nothing at all was published', async () => {
    const { lives, republish } = world({ publisher: failing('unavailable', 1, 2) });
    for (let number = 0; number < 30; number += 1) await lives({}, HISTORY.slice(0, 3));
    await expect(republish()).rejects.toMatchObject({ code: 'unavailable', operation: 'EventPublisher.publish' });
  });

  it('lets a defect through', async () => {
    const defect = new TypeError('undefined is not a function');
    const { lives, republish } = world({
      publisher: () => ({
        publish: async () => {
          throw defect;
        },
      }),
    });
    await lives();
    await expect(republish()).rejects.toBe(defect);
  });
});
