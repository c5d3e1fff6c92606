import { describe, expect, it } from 'vitest';
import { sweepHandler } from '../../functions/workflow/sweep.ts';
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
      { orderId: made[0]?.id, state: 'RequireApproval', attempt: 0, revision: 1, waitId: 'RequireApproval@2' },
    ]);
  });

  it('starts those that are due the longest first, and only them', async () => {
    const due = [NOON + 3, NOON + 1, NOON + 90_000, NOON + 2].map((dueAt) => aPosition({ dueAt }));
    const { made, ids } = await swept([...due, undefined], NOON + 3 + GRACE);
    expect(ids).toEqual([made[1]?.id, made[3]?.id, made[0]?.id]);
  });

  it('says which orders it had to start, and fails when one cannot be', async () => {
    const { ports, made } = await swept([aPosition()], NOON + GRACE);
    const lines: unknown[] = [];
    const log = (fields: object, message: string) => lines.push({ ...fields, message });
    const logger = { info: log, warn: log, error: log };
    await sweepHandler({ ...ports, logger })();
    expect(lines).toEqual([{ orderId: made[0]?.id, message: 'order was past due: started again' }]);
    const start = async () => {
      throw new PortError('unavailable', 'WorkflowScheduler.start');
    };
    const broken = { ...ports, logger, scheduler: { ...ports.scheduler, start } };
    await expect(sweepHandler(broken)()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
