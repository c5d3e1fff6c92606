import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cancelOrder, confirmOrder, requestSettlement } from '../../shared/application/order-commands.ts';
import { runSegment } from '../../shared/application/run-segment.ts';
import { jobOf } from '../../shared/domain/change.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { isPortError, PortError, type PortErrorCode } from '../../shared/ports/port-error.ts';
import { gate, segmentWorld, type World } from './segment-world.ts';

const ALICE = { subject: 'alice', operator: false, restaurants: [] };
const MARIO = { subject: 'mario', operator: false, restaurants: ['rest-1'] };
const OLGA = { subject: 'olga', operator: true, restaurants: [] };

interface SaveFault {
  /** Which call of `save` fails, from 1. */
  readonly number: number;
  readonly when: 'before' | 'after';
  readonly code: PortErrorCode;
}

/** The same store, of which one `save` fails. Counts them. */
function unreliable(inner: OrderStore, fault: SaveFault | undefined, counted: { saves: number }): OrderStore {
  return {
    ...inner,
    async save(order, events, expectedRevision) {
      counted.saves += 1;
      const hit = counted.saves === fault?.number ? fault : undefined;
      const error = hit && new PortError(hit.code, 'OrderStore.save');
      if (hit?.when === 'before') throw error;
      await inner.save(order, events, expectedRevision);
      if (hit?.when === 'after') throw error;
    },
  };
}

interface Life {
  readonly name: string;
  readonly paymentMethod?: string;
  readonly total?: number;
  /** What people do in every pause of a task. */
  readonly meanwhile?: (world: World, id: string) => Promise<void>;
  /** What people do, and how time goes by. */
  readonly live: (world: World, id: string) => Promise<void>;
  readonly status: string;
  readonly moved: readonly string[];
  readonly events: readonly string[];
}

const CHARGED = ['created', 'status_changed', 'payment_charged'];

const LIVES: readonly Life[] = [
  {
    name: 'that is confirmed',
    live: (world, id) => persistent(() => confirmOrder(world.ports, { actor: MARIO, orderId: id, accepted: true })),
    status: 'confirmed',
    moved: ['charge'],
    events: [...CHARGED, 'status_changed'],
  },
  {
    name: 'that the restaurant refuses',
    live: (world, id) => persistent(() => confirmOrder(world.ports, { actor: MARIO, orderId: id, accepted: false })),
    status: 'refunded',
    moved: ['charge', 'refund'],
    events: [...CHARGED, 'status_changed', 'payment_refunded'],
  },
  {
    name: 'that the restaurant does not answer',
    live: (world) => world.next(),
    status: 'refunded',
    moved: ['charge', 'refund'],
    events: [...CHARGED, 'restaurant_timeout', 'payment_refunded'],
  },
  {
    name: 'whose charge is declined',
    paymentMethod: 'pm_card_chargeDeclined',
    live: async () => undefined,
    status: 'payment_failed',
    moved: [],
    events: ['created', 'status_changed', 'payment_declined'],
  },
  {
    name: 'whose refund is refused',
    paymentMethod: 'pm_card_refundFails',
    live: (world) => world.next(),
    status: 'refund_failed',
    moved: ['charge'],
    events: [...CHARGED, 'restaurant_timeout', 'refund_failed'],
  },
  {
    name: 'whose approval expires',
    total: 100_000,
    live: (world) => world.next(),
    status: 'rejected',
    moved: [],
    events: ['created', 'approval_requested', 'status_changed'],
  },
  {
    name: 'that is called off while its charge is under way, and was charged',
    paymentMethod: 'pm_card_timeoutAfterCommit',
    meanwhile: async (world, id) => {
      if ((await world.charges(id)).length === 0) return;
      await persistent(() => cancelOrder(world.ports, { actor: ALICE, orderId: id }));
    },
    live: async () => undefined,
    status: 'refunded',
    moved: ['charge', 'refund'],
    events: ['created', 'status_changed', 'updated', 'payment_charged', 'status_changed', 'payment_refunded'],
  },
  {
    name: 'whose settlement an operator asks for while it is being charged',
    paymentMethod: 'pm_card_outage',
    meanwhile: settleNow,
    live: async () => undefined,
    status: 'payment_failed',
    moved: [],
    events: ['created', 'status_changed', 'updated', 'payment_declined'],
  },
];

const FAULTS = [
  ['has happened and says that it has not', 'after', 'deadline-exceeded'],
  ['has not happened and does not say so', 'before', 'deadline-exceeded'],
  ['cannot be reached', 'before', 'unavailable'],
] as const;

/** How many saves each life has when nothing fails, found by living it. */
const COUNTED = await Promise.all(LIVES.map(async (life) => ({ life, saves: (await lead(life)).saves })));

describe('an order whose store fails once', () => {
  it('has this many writes behind its creation when nothing fails', () => {
    expect(COUNTED.map(({ saves }) => saves)).toEqual([3, 4, 4, 2, 4, 2, 4, 3]);
  });

  const cases = COUNTED.flatMap(({ life, saves }) =>
    Array.from({ length: saves }, (_, index) => index + 1).flatMap((number) =>
      FAULTS.map(([how, when, code]) => ({ name: life.name, life, number, how, when, code })),
    ),
  );

  it.each(cases)('comes to its end when write $number of one $name $how', async ({ life, ...fault }) => {
    const { world, order } = await lead(life, fault);
    expect(order).toMatchObject({ status: life.status });
    expect(order.position).toBeUndefined();
    expect(await world.charges(order.id)).toEqual(life.moved);
    expect(world.published.map(({ name }) => name)).toEqual(life.events);
    expect(world.published.map(({ sequence }) => sequence)).toEqual(life.events.map((_, index) => index + 1));
  });
});

describe('two segments of one order', () => {
  it('that open a payment each confirm only the one that was saved', async () => {
    const both = gate();
    let opened = 0;
    const world = segmentWorld({
      after: async (operation) => {
        if (operation !== 'open') return;
        opened += 1;
        if (opened === 2) both.open();
        await both.opened;
      },
    });
    const { id } = await world.place();
    const job = { orderId: id, state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'request-1' };
    await Promise.all([world.run(job), world.run(job)]);
    const { payment } = await world.order(id);
    const entries = await world.ledger.byOrder(id);
    expect(entries).toHaveLength(2);
    expect(entries.filter(({ attempts }) => attempts > 0).map(({ reference }) => reference)).toEqual([
      payment.reference,
    ]);
    expect(entries.filter(({ reference }) => reference !== payment.reference)).toMatchObject([
      { state: 'open', attempts: 0 },
    ]);
    expect(await world.charges(id)).toEqual(['charge']);
  });

  it('find one end, whatever the order in which their calls and a cancellation take effect, and operators settle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.constantFrom('pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_refundFails'),
        fc.option(fc.nat({ max: 20 })),
        fc.array(fc.nat({ max: 20 }), { maxLength: 3 }),
        async (scheduler, paymentMethod, cancelAfter, settleAfter) => {
          let together = true;
          const step = async () => (together ? scheduler.schedule(Promise.resolve()) : undefined);
          const world = segmentWorld({ before: step, after: step, orders: (inner) => stepwise(inner, step) });
          const { id } = await world.place({ paymentMethod });
          const job = { orderId: id, state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'request-1' };
          const everyone = [
            runSegment(world.ports, job),
            runSegment(world.ports, job),
            cancelAfter === null ? undefined : cancelLater(world, id, step, cancelAfter),
            ...settleAfter.map((steps) => settleLater(world, id, step, steps)),
          ];
          await scheduler.waitFor(Promise.all(everyone));
          together = false;
          await world.settle();
          await expectHonest(world, id);
        },
      ),
      { numRuns: 250 },
    );
  });

  async function cancelLater(world: World, orderId: string, step: () => Promise<void>, steps: number): Promise<void> {
    for (let taken = 0; taken < steps; taken += 1) await step();
    await cancelOrder(world.ports, { actor: ALICE, orderId });
  }

  /** An operator, and the worker that the relay starts at once. */
  async function settleLater(world: World, orderId: string, step: () => Promise<void>, steps: number): Promise<void> {
    for (let taken = 0; taken < steps; taken += 1) await step();
    const result = await requestSettlement(world.ports, { actor: OLGA, orderId, note: 'the provider is back' });
    const job = result.kind === 'done' && jobOf(result.order);
    if (job) await runSegment(world.ports, job);
  }

  async function expectHonest(world: World, id: string): Promise<void> {
    const order = await world.order(id);
    const entries = await world.ledger.byOrder(id);
    const others = entries.filter(({ reference }) => reference !== order.payment.reference);
    expect(others.every(({ attempts, state }) => attempts === 0 && state === 'open')).toBe(true);
    const charged = ['paid', 'refunded', 'refund_failed'].includes(order.status);
    const moved = charged ? ['charge', ...(order.status === 'refunded' ? ['refund'] : [])] : [];
    expect(await world.charges(id)).toEqual(moved);
    expect(['paid', 'refunded', 'refund_failed', 'cancelled', 'payment_failed']).toContain(order.status);
    expect(order.position?.state).toBe(order.status === 'paid' ? 'WaitForRestaurantConfirmation' : undefined);
  }
});

describe('a try that stalls', () => {
  const REFUNDED = { status: 'refunded', moved: ['charge', 'refund'] };
  const FAILED = { status: 'payment_failed', moved: [] };
  const STALLS = [
    ['open', 'pm_card_visa', REFUNDED],
    ['confirm', 'pm_card_visa', REFUNDED],
    ['refund', 'pm_card_visa', REFUNDED],
    ['confirm', 'pm_card_chargeDeclined', FAILED],
    ['settle', 'pm_card_chargeDeclined', FAILED],
    ['refund', 'pm_card_refundFails', { status: 'refund_failed', moved: ['charge'] }],
  ] as const;
  const cases = STALLS.flatMap(([operation, paymentMethod, end]) =>
    (['before', 'after'] as const).map((when) => ({ operation, paymentMethod, when, ...end })),
  );

  it.each(cases)(
    '$when it asks to $operation does no harm when it goes on after the end ($paymentMethod)',
    async (stall) => {
      const held = gate();
      let calls = 0;
      const hook = (when: 'before' | 'after') => async (operation: string) => {
        if (operation !== stall.operation || when !== stall.when) return;
        calls += 1;
        if (calls === 1) await held.opened;
      };
      const world = segmentWorld({ before: hook('before'), after: hook('after') });
      const { id } = await world.place({ paymentMethod: stall.paymentMethod });
      await world.settle();
      await world.next();
      const ended = await world.order(id);
      expect(ended.status).toBe(stall.status);
      expect(calls).toBe(2);
      held.open();
      await world.settle();
      expect(await world.order(id)).toEqual(ended);
      expect(await world.charges(id)).toEqual(stall.moved);
    },
  );

  it('never charges for an order that has failed meanwhile', async () => {
    const held = gate();
    let confirms = 0;
    const world = segmentWorld({
      before: async (operation) => {
        if (operation !== 'confirm') return;
        confirms += 1;
        if (confirms > 1) throw new PortError('unavailable', 'PaymentGateway.confirm');
        await held.opened;
      },
    });
    const { id } = await world.place();
    await world.settle();
    expect(await world.order(id)).toMatchObject({ status: 'payment_failed', payment: { status: 'failed' } });
    held.open();
    await world.settle();
    expect(await world.charges(id)).toEqual([]);
  });
});

function stepwise(inner: OrderStore, step: () => Promise<void>): OrderStore {
  return {
    ...inner,
    async get(id) {
      await step();
      return inner.get(id);
    },
    async save(order, events, expectedRevision) {
      await step();
      await inner.save(order, events, expectedRevision);
      await step();
    },
  };
}

/** Lives a life, with the sweeper at its end, which has to go on with whatever a fault left behind. */
async function lead(life: Life, fault?: SaveFault): Promise<{ world: World; order: Order; saves: number }> {
  const counted = { saves: 0 };
  const world = segmentWorld({ orders: (inner) => unreliable(inner, fault, counted) });
  const { paymentMethod = 'pm_card_visa', total = 1599 } = life;
  const { id } = await world.place({ paymentMethod, total: { amount: total, currency: 'USD' } });
  const { meanwhile } = life;
  if (meanwhile) world.onPause = () => meanwhile(world, id);
  await world.settle();
  await life.live(world, id);
  await world.settle();
  await world.sweep(id);
  return { world, order: await world.order(id), saves: counted.saves };
}

/** Refused where nothing is being charged. */
function settleNow(world: World, orderId: string): Promise<void> {
  return persistent(() => requestSettlement(world.ports, { actor: OLGA, orderId, note: 'the provider is back' }));
}

/** Asks again after an error that may pass, as clients do. */
async function persistent(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isPortError(error) || !error.retryable) throw error;
    await act();
  }
}
