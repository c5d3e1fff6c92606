import { describe, expect, it } from 'vitest';
import { sweepHandler } from '../../functions/workflow/sweep.ts';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { SWEEP_GRACE_MS, sweepOrders } from '../../shared/application/sweep-orders.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order, Position } from '../../shared/domain/order.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { SEGMENT_LEASE_MS } from '../../shared/workflow/interpreter.ts';
import { anOrder, aPosition, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const GRACE = SWEEP_GRACE_MS;
const FIRST_REST_MS = 60_000;

async function swept(positions: readonly (Position | undefined)[], now: number) {
  const { orders } = memoryOrderStore();
  const made: Order[] = positions.map((position) => anOrder(position && { position }));
  for (const order of made) await orders.create(order, eventsAfter(order, 0));
  const started: SegmentJob[] = [];
  const scheduler = {
    async start(job: SegmentJob) {
      started.push(job);
    },
    async startAt() {
      throw new Error('the sweeper starts at once');
    },
  };
  const ports = { orders, scheduler, clock: manualClock(now) };
  return { made, started, ports, ids: await sweepOrders(ports) };
}

function waitingUntil(deadline: number): Position {
  const wait = { id: 'RequireApproval@2', deadline, since: NOON, alerted: false };
  return aPosition({ state: 'RequireApproval', wait, dueAt: deadline });
}

describe('the sweeper', () => {
  const lease = aPosition({ state: 'ProcessPayment', handOff: false, dueAt: NOON + SEGMENT_LEASE_MS });

  it.each([
    ['an order that was just created', aPosition(), NOON, false],
    ['an order within the grace', aPosition(), NOON + GRACE - 1, false],
    ['an order whose start was lost', aPosition(), NOON + GRACE, true],
    ['a segment that is running', lease, NOON + SEGMENT_LEASE_MS, false],
    ['a segment whose worker has died', lease, NOON + SEGMENT_LEASE_MS + GRACE, true],
    ['a wait whose deadline has not come', waitingUntil(NOON + 300_000), NOON + 299_999, false],
    ['a wait whose timer may still fire', waitingUntil(NOON + 300_000), NOON + 300_000 + GRACE - 1, false],
    ['a wait whose timer was lost', waitingUntil(NOON + 300_000), NOON + 300_000 + GRACE, true],
    ['an order that has ended, however long ago', undefined, NOON + 1e12, false],
  ] as const)('of %s', async (_, position, now, expected) => {
    const { made, ids, started } = await swept([position], now);
    expect(ids).toEqual(expected ? made.map(({ id }) => id) : []);
    expect(started.map(({ orderId }) => orderId)).toEqual(ids);
  });

  it('starts the wait that the order rests in, by its id', async () => {
    const { made, started } = await swept([waitingUntil(NOON)], NOON + GRACE);
    expect(started).toEqual([
      {
        orderId: made[0]?.id,
        state: 'RequireApproval',
        attempt: 0,
        revision: 2,
        correlationId: 'request-1',
        waitId: 'RequireApproval@2',
      },
    ]);
  });

  it('starts those that are due the longest first, and only them', async () => {
    const due = [NOON + 3, NOON + 1, NOON + 90_000, NOON + 2].map((dueAt) => aPosition({ dueAt }));
    const { made, ids } = await swept([...due, undefined], NOON + 3 + GRACE);
    expect(ids).toEqual([made[1]?.id, made[3]?.id, made[0]?.id]);
  });

  it('says which orders it had to start, and fails when one cannot be', async () => {
    const { orders } = memoryOrderStore();
    const order = anOrder({ position: aPosition() });
    await orders.create(order, eventsAfter(order, 0));
    const lines: unknown[] = [];
    const log = (fields: object, message: string) => lines.push({ ...fields, message });
    const logger = { info: log, warn: log, error: log };
    const clock = manualClock(NOON + GRACE);
    let down = false;
    const start = async () => {
      if (down) throw new PortError('unavailable', 'WorkflowScheduler.start');
    };
    const metrics = countingMetrics();
    const sweep = sweepHandler({ orders, clock, logger, metrics, scheduler: { start, startAt: start } });
    await sweep();
    expect(lines).toEqual([{ orderId: order.id, message: 'order was past due: started again' }]);
    expect(metrics.sums()).toEqual({ OrdersStuck: 1 });
    down = true;
    clock.advance(FIRST_REST_MS + GRACE);
    await expect(sweep()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('starts an order that does not get on later each time up to an hour, and tells the operators once', async () => {
    const { orders } = memoryOrderStore();
    const order = anOrder({ position: aPosition() });
    await orders.create(order, eventsAfter(order, 0));
    const clock = manualClock(NOON);
    const jobs: { revision: number; minute: number }[] = [];
    const start = async ({ revision }: SegmentJob) => {
      jobs.push({ revision, minute: Math.round((clock.now() - NOON) / FIRST_REST_MS) });
    };
    for (let minute = 0; minute < 300; minute += 1) {
      clock.advance(FIRST_REST_MS);
      await sweepOrders({ orders, clock, scheduler: { start, startAt: start } });
    }
    expect(jobs.map(({ minute }) => minute).slice(0, 5)).toEqual([2, 5, 9, 15, 25]);
    expect(jobs.length).toBeLessThan(14);
    // Each start is a job of its own for schedulers that drop equal ones.
    expect(new Set(jobs.map(({ revision }) => revision)).size).toBe(jobs.length);
    const { timeline } = (await orders.get(order.id)) ?? order;
    expect(timeline.map(({ name, reason }) => [name, reason])).toEqual([
      ['created', undefined],
      ['needs_attention', 'workflow-stuck'],
    ]);
  });

  it('is not kept from an order by five hundred that do not get on', async () => {
    const { orders } = memoryOrderStore();
    const stuck = Array.from({ length: 500 }, () => anOrder({ position: aPosition({ dueAt: NOON - 1 }) }));
    const good = anOrder({ position: aPosition() });
    for (const order of [...stuck, good]) await orders.create(order, eventsAfter(order, 0));
    const clock = manualClock(NOON + GRACE);
    const started = new Set<string>();
    const start = async ({ orderId }: SegmentJob) => void started.add(orderId);
    const ports = { orders, clock, scheduler: { start, startAt: start } };
    await sweepOrders(ports);
    expect(started.has(good.id)).toBe(false);
    await sweepOrders(ports);
    expect(started.has(good.id)).toBe(true);
  });

  it('leaves an order alone that somebody has just written', async () => {
    const { orders } = memoryOrderStore();
    const order = anOrder({ position: aPosition() });
    await orders.create(order, eventsAfter(order, 0));
    const stale = { ...order, revision: 7 };
    const started: SegmentJob[] = [];
    const start = async (job: SegmentJob) => void started.push(job);
    const behind = { ...orders, due: async () => [stale] };
    const ids = await sweepOrders({
      orders: behind,
      clock: manualClock(NOON + GRACE),
      scheduler: { start, startAt: start },
    });
    expect([ids, started]).toEqual([[], []]);
  });
});
