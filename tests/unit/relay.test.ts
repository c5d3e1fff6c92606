import { describe, expect, it } from 'vitest';
import { relayHandler } from '../../functions/events/relay.ts';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { type RelayPorts, relayChanges } from '../../shared/application/relay-changes.ts';
import type { OrderChange, SegmentJob } from '../../shared/domain/change.ts';
import { changeOf } from '../../shared/domain/change.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { EventPublisher, PublishableEvent } from '../../shared/ports/event-publisher.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { anOrder, aPosition, after as command, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const THRESHOLDS = { approval: { default: 100_000 }, highValue: { default: 10_000, JPY: 15_000 } };
const BEGIN = { type: 'begin-charge', reference: 'pay_1' } as const;
const CANCEL = { type: 'cancel', by: 'customer:alice', note: 'changed my mind' } as const;

/** The change of a new order, which asks to be started at `dueAt`. */
function created(overrides: Partial<Order> = {}, dueAt = NOON): OrderChange {
  const order = anOrder({ position: aPosition({ dueAt }), ...overrides });
  return changeOf(order, eventsAfter(order, 0));
}

function idsOf(changes: readonly OrderChange[]): readonly string[] {
  return changes.flatMap(({ events }) => events.map(({ id }) => id));
}

/** Ports that write down what the relay asks of them. */
function relay(overrides: Partial<RelayPorts> = {}) {
  const published: PublishableEvent[] = [];
  const started: { job: SegmentJob; at: number | 'now' }[] = [];
  const ports: RelayPorts = {
    publisher: {
      async publish(events) {
        published.push(...events);
        return events.map(({ id }) => ({ eventId: id, published: true }));
      },
    },
    scheduler: {
      async start(job) {
        started.push({ job, at: 'now' });
      },
      async startAt(job, at) {
        started.push({ job, at });
      },
    },
    clock: manualClock(NOON),
    thresholds: THRESHOLDS,
    ...overrides,
  };
  return { ports, published, started, startedIds: () => started.map(({ job }) => job.orderId) };
}

function failing(lost: readonly string[]): EventPublisher {
  return {
    publish: async (events) =>
      events.map(({ id }) =>
        lost.includes(id)
          ? { eventId: id, published: false, retryable: true, reason: 'throttled' }
          : { eventId: id, published: true },
      ),
  };
}

describe('the relay', () => {
  it('publishes the events of all changes in one call, and starts what they ask for', async () => {
    const changes = [created(), created(), created()];
    const { ports, published, startedIds } = relay();
    expect(await relayChanges(ports, changes)).toEqual([]);
    expect(published.map(({ id }) => id)).toEqual(idsOf(changes));
    expect(startedIds()).toEqual(changes.map(({ orderId }) => orderId));
  });

  it.each([
    ['at once what is due', NOON, 'now'],
    ['at once what was due before', NOON - 1, 'now'],
    ['later what is due later', NOON + 1, NOON + 1],
  ] as const)('starts %s', async (_, dueAt, at) => {
    const change = created({}, dueAt);
    const { ports, started } = relay();
    await relayChanges(ports, [change]);
    expect(started).toEqual([{ job: change.start?.job, at }]);
  });

  it('hands the wait to its timer', async () => {
    const wait = { id: 'RequireApproval@2', deadline: NOON + 5, since: NOON, alerted: false };
    const position = aPosition({ state: 'RequireApproval', wait, dueAt: NOON + 5 });
    const change = created({ revision: 2, position });
    const { ports, started } = relay();
    await relayChanges(ports, [change]);
    const job = {
      orderId: change.orderId,
      state: 'RequireApproval',
      attempt: 0,
      revision: 2,
      correlationId: 'request-1',
      waitId: 'RequireApproval@2',
    };
    expect(started).toEqual([{ job, at: NOON + 5 }]);
  });

  it('starts nothing for an order that has ended, or that a segment is running', async () => {
    const running = aPosition({ state: 'ProcessPayment', handOff: false });
    const { position: _, ...ended } = anOrder();
    const changes = [created({ position: running }), changeOf(ended, eventsAfter(ended, 0))];
    const { ports, started, published } = relay();
    expect(await relayChanges(ports, changes)).toEqual([]);
    expect(published).toHaveLength(2);
    expect(started).toEqual([]);
  });

  it('starts what a change without events asks for, and publishes nothing', async () => {
    const order = anOrder({ position: aPosition() });
    const publisher: EventPublisher = {
      async publish() {
        throw new Error('there is nothing to publish');
      },
    };
    const { ports, startedIds } = relay({ publisher });
    expect(await relayChanges(ports, [changeOf(order, [])])).toEqual([]);
    expect(startedIds()).toEqual([order.id]);
  });

  it('marks what is of high value', async () => {
    const totals = [9_999, 10_000].map((amount) => ({ amount, currency: 'USD' }));
    const yen = [14_999, 15_000].map((amount) => ({ amount, currency: 'JPY' }));
    const { ports, published } = relay();
    await relayChanges(
      ports,
      [...totals, ...yen].map((total) => created({ total })),
    );
    expect(published.map(({ highValue }) => highValue)).toEqual([false, true, false, true]);
  });

  it('does nothing without changes', async () => {
    const { ports, published, started } = relay();
    expect(await relayChanges(ports, [])).toEqual([]);
    expect([published, started]).toEqual([[], []]);
  });

  it('repeats all of it when it is asked twice', async () => {
    const change = created();
    const { ports, published, started } = relay();
    await relayChanges(ports, [change]);
    await relayChanges(ports, [change]);
    expect(published.map(({ id }) => id)).toEqual([`${change.orderId}:1`, `${change.orderId}:1`]);
    expect(started).toEqual([
      { job: change.start?.job, at: 'now' },
      { job: change.start?.job, at: 'now' },
    ]);
  });
});

describe('a relay that cannot do everything', () => {
  it('answers the changes of which an event was not published, with the reason, and does the others', async () => {
    const changes = [created(), created(), created()] as const;
    const lost = changes[1];
    const { ports, startedIds } = relay({ publisher: failing(idsOf([lost])) });
    expect(await relayChanges(ports, changes)).toEqual([{ change: lost, reason: 'throttled' }]);
    // An order need not wait for its news.
    expect(startedIds()).toEqual(changes.map(({ orderId }) => orderId));
  });

  it('takes a change for lost when one of its events is', async () => {
    const order = anOrder();
    const charging = command(order, BEGIN).order;
    const paid = command(command(charging, CANCEL).order, { type: 'record-charge', transactionId: 'txn_1' });
    const change = changeOf(paid.order, paid.events);
    expect(change.events).toHaveLength(2);
    const { ports } = relay({ publisher: failing([`${order.id}:5`]) });
    expect(await relayChanges(ports, [change])).toEqual([{ change, reason: 'throttled' }]);
  });

  it('takes silence for a failure', async () => {
    const changes = [created(), created()] as const;
    const publisher: EventPublisher = {
      publish: async (events) => events.slice(1).map(({ id }) => ({ eventId: id, published: true })),
    };
    const { ports } = relay({ publisher });
    expect(await relayChanges(ports, changes)).toEqual([
      { change: changes[0], reason: 'the publisher said nothing of it' },
    ]);
  });

  it('reads the results by their ids, in whatever order they come', async () => {
    const changes = [created(), created()] as const;
    const inner = failing(idsOf([changes[1]]));
    const publisher: EventPublisher = { publish: async (events) => [...(await inner.publish(events))].reverse() };
    const { ports } = relay({ publisher });
    expect((await relayChanges(ports, changes)).map(({ change }) => change)).toEqual([changes[1]]);
  });

  it('fails as a whole when the publisher does, and has started nothing', async () => {
    const error = new PortError('unavailable', 'EventPublisher.publish');
    const publisher: EventPublisher = {
      async publish() {
        throw error;
      },
    };
    const { ports, started } = relay({ publisher });
    await expect(relayChanges(ports, [created()])).rejects.toBe(error);
    expect(started).toEqual([]);
  });

  it.each(['start', 'startAt'] as const)('answers the changes whose %s failed, with the cause', async (method) => {
    const changes = [created(), created({}, NOON + 60_000), created()] as const;
    const cause = new PortError('unavailable', `WorkflowScheduler.${method}`);
    const { ports, published } = relay();
    const fail = async () => {
      throw cause;
    };
    const failures = await relayChanges({ ...ports, scheduler: { ...ports.scheduler, [method]: fail } }, changes);
    const hit = method === 'start' ? [changes[0], changes[2]] : [changes[1]];
    expect(failures).toEqual(hit.map((change) => ({ change, reason: 'not started', cause })));
    expect(published).toHaveLength(3);
  });

  it('says in the logs what was not relayed, by ids alone', async () => {
    const change = created();
    const lines: unknown[] = [];
    const log = (fields: object, message: string) => lines.push({ ...fields, message });
    const { ports } = relay({ publisher: failing(idsOf([change])) });
    const metrics = countingMetrics();
    const failures = await relayHandler({ ...ports, metrics, logger: { info: log, warn: log, error: log } })([change]);
    expect(failures).toHaveLength(1);
    expect(lines).toEqual([
      {
        orderId: change.orderId,
        changeId: change.id,
        err: undefined,
        reason: 'throttled',
        message: 'change was not relayed',
      },
    ]);
  });

  it('counts orders, their value and failed payments, of what was relayed alone', async () => {
    const order = anOrder();
    const charging = command(order, BEGIN).order;
    const failed = command(charging, { type: 'record-sealed' });
    const changes = [created(), created(), changeOf(failed.order, failed.events)] as const;
    const { ports } = relay({ publisher: failing(idsOf([changes[1]])) });
    const metrics = countingMetrics();
    const ignore = () => undefined;
    await relayHandler({ ...ports, metrics, logger: { info: ignore, warn: ignore, error: ignore } })(changes);
    expect(metrics.sums()).toEqual({ OrdersCreated: 1, OrderValue: 1599, PaymentFailures: 1 });
  });

  it('loses nothing over a feed that is read until it is empty', async () => {
    const { orders, feed } = memoryOrderStore();
    const made = Array.from({ length: 5 }, () => anOrder({ position: aPosition() }));
    for (const order of made) await orders.create(order, eventsAfter(order, 0));
    let calls = 0;
    const { ports, published, startedIds } = relay();
    const publisher: EventPublisher = {
      async publish(events) {
        calls += 1;
        if (calls === 1) throw new PortError('unavailable', 'EventPublisher.publish');
        return calls === 2
          ? failing(idsOf(made.slice(0, 3).map((one) => changeOf(one, eventsAfter(one, 0))))).publish(events)
          : ports.publisher.publish(events);
      },
    };
    await drained({ ...ports, publisher }, feed);
    expect(new Set(startedIds())).toEqual(new Set(made.map(({ id }) => id)));
    expect(published.map(({ orderId }) => orderId)).toEqual(made.slice(0, 3).map(({ id }) => id));
  });
});

/** Relays as platforms do: what failed is released and relayed again. */
async function drained(ports: RelayPorts, feed: ReturnType<typeof memoryOrderStore>['feed']): Promise<void> {
  for (let changes = await feed.pull(10); changes.length > 0; changes = await feed.pull(10)) {
    const ids = changes.map(({ id }) => id);
    const again = await relayChanges(ports, changes).then(
      (failures) => failures.map(({ change }) => change.id),
      () => ids,
    );
    await feed.acknowledge(ids.filter((id) => !again.includes(id)));
    await feed.release(again);
  }
}
