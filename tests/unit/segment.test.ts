import { describe, expect, it } from 'vitest';
import { cancelOrder, confirmOrder, requestSettlement } from '../../shared/application/order-commands.ts';
import { parkOrder } from '../../shared/application/park-order.ts';
import { TASKS } from '../../shared/application/tasks.ts';
import { decide } from '../../shared/domain/decide.ts';
import type { Order } from '../../shared/domain/order.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { SEGMENT_LEASE_MS } from '../../shared/workflow/interpreter.ts';
import { orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';
import { NOON } from '../fixtures.ts';
import { segmentWorld, type World, type WorldOptions } from './segment-world.ts';

const MINUTE = 60_000;
const RETRIES = [2_000, 4_000, 8_000];
const ALICE = { subject: 'alice', operator: false, restaurants: [] };
const MARIO = { subject: 'mario', operator: false, restaurants: ['rest-1'] };
const OLGA = { subject: 'olga', operator: true, restaurants: [] };
const BANQUET = { total: { amount: 100_000, currency: 'USD' } };

/** Makes these calls of the gateway fail as if it were down; `times` of them, or all. */
function down(operation: 'open' | 'confirm' | 'settle' | 'refund', times = Number.POSITIVE_INFINITY): WorldOptions {
  let left = times;
  return {
    before: async (called) => {
      if (called !== operation || left <= 0) return;
      left -= 1;
      throw new PortError('unavailable', `PaymentGateway.${operation}`);
    },
  };
}

async function begun(world: World, overrides: Partial<Order> = {}): Promise<Order> {
  const order = await world.place(overrides);
  await world.settle();
  return order;
}

async function traceOf(paymentMethod: string, options: WorldOptions = {}, overrides: Partial<Order> = {}) {
  const world = segmentWorld(options);
  const { id } = await begun(world, { paymentMethod, ...overrides });
  return { world, id, order: await world.order(id), runs: world.runs };
}

const OPENED = ['ValidateOrder', 'OpenPayment'] as const;

describe('a segment', () => {
  it('goes from a new order to the restaurant in one run and two writes', async () => {
    const { order, runs, world, id } = await traceOf('pm_card_visa');
    expect(runs).toEqual([{ states: [...OPENED, 'ProcessPayment', 'WaitForRestaurantConfirmation'], sleeps: [] }]);
    expect(order).toMatchObject({ status: 'paid', revision: 3, payment: { status: 'charged', chargedAt: NOON } });
    expect(order.position?.wait?.deadline).toBe(NOON + 5 * MINUTE);
    expect(await world.charges(id)).toEqual(['charge']);
  });

  it.each([
    ['pm_card_chargeDeclined', 'declined', 'card_declined'],
    ['pm_card_authenticationRequired', 'declined', 'authentication-required'],
    ['pm_card_nobodyKnows', 'declined', 'invalid_payment_method'],
  ])('settles what %s declines before the order fails, and does not retry it', async (method, status, declineCode) => {
    const { order, runs, world, id } = await traceOf(method);
    expect(runs).toEqual([{ states: [...OPENED, 'ProcessPayment', 'SettlePayment', 'OrderFailed'], sleeps: [] }]);
    expect(order).toMatchObject({ status: 'payment_failed', payment: { status, declineCode } });
    expect(order.position).toBeUndefined();
    expect(await world.ledger.byOrder(id)).toMatchObject([{ state: 'sealed', attempts: 1 }]);
  });

  it('retries a flaky gateway within the task, after 2 s and 4 s', async () => {
    const { order, runs, world, id } = await traceOf('pm_card_flaky');
    expect(runs).toEqual([
      { states: [...OPENED, 'ProcessPayment', 'WaitForRestaurantConfirmation'], sleeps: [2_000, 4_000] },
    ]);
    expect(order.status).toBe('paid');
    expect(await world.ledger.byOrder(id)).toMatchObject([{ state: 'charged', attempts: 3 }]);
  });

  it('retries an outage three times, then settles it', async () => {
    const { order, runs, world, id } = await traceOf('pm_card_outage');
    expect(runs).toEqual([{ states: [...OPENED, 'ProcessPayment', 'SettlePayment', 'OrderFailed'], sleeps: RETRIES }]);
    expect(order).toMatchObject({
      status: 'payment_failed',
      payment: { status: 'failed', declineCode: 'gateway-unavailable' },
    });
    expect(await world.ledger.byOrder(id)).toMatchObject([{ state: 'sealed', attempts: 4 }]);
  });

  it('finds a charge whose answer was lost by confirming again', async () => {
    const { order, runs, world, id } = await traceOf('pm_card_timeoutAfterCommit');
    expect(runs).toEqual([{ states: [...OPENED, 'ProcessPayment', 'WaitForRestaurantConfirmation'], sleeps: [2_000] }]);
    expect(order.status).toBe('paid');
    expect(await world.charges(id)).toEqual(['charge']);
  });

  it.each(['confirm', 'settle'] as const)(
    'settles a charge of which %s only says that it is pending',
    async (pending) => {
      let asked = 0;
      const { order, runs } = await traceOf('pm_card_visa', {
        payments: (inner) => ({
          ...inner,
          confirm: async (reference) => {
            const result = await inner.confirm(reference);
            return pending === 'confirm'
              ? { outcome: 'pending' }
              : { outcome: 'declined', declineCode: result.outcome };
          },
          settle: async (reference) => {
            asked += 1;
            return pending === 'settle' && asked === 1 ? { outcome: 'pending' } : inner.settle(reference);
          },
        }),
      });
      expect(runs[0]?.states).toEqual([
        ...OPENED,
        'ProcessPayment',
        'SettlePayment',
        pending === 'confirm' ? 'WaitForRestaurantConfirmation' : 'RetrySettlement',
      ]);
      expect(order.status).toBe(pending === 'confirm' ? 'paid' : 'charging');
    },
  );

  it('gives up on a try that takes longer than 10 s, and tries again', async () => {
    let stalled = false;
    const { order, runs, world, id } = await traceOf('pm_card_visa', {
      before: async (operation) => {
        if (operation !== 'confirm' || stalled) return;
        stalled = true;
        await new Promise(() => undefined);
      },
    });
    expect(runs[0]?.sleeps).toEqual([2_000]);
    expect(order).toMatchObject({ status: 'paid', payment: { chargedAt: NOON + 12_000 } });
    expect(await world.charges(id)).toEqual(['charge']);
  });
});

describe('an approval', () => {
  it('is waited for, and expires by its timer', async () => {
    const { world, id, order } = await traceOf('pm_card_visa', {}, BANQUET);
    expect(world.runs).toEqual([{ states: ['ValidateOrder', 'RequireApproval'], sleeps: [] }]);
    expect(order.position?.wait?.deadline).toBe(NOON + 24 * 60 * MINUTE);
    await world.next();
    expect(world.runs[1]?.states).toEqual(['ExpireApproval', 'OrderFailed']);
    expect(await world.order(id)).toMatchObject({ status: 'rejected', payment: { status: 'none' } });
    expect(await world.ledger.byOrder(id)).toEqual([]);
  });
});

describe("the restaurant's confirmation", () => {
  it('ends the workflow, and its timer does nothing any more', async () => {
    const { world, id } = await traceOf('pm_card_visa');
    await confirmOrder(world.ports, { actor: MARIO, orderId: id, accepted: true });
    const confirmed = await world.order(id);
    expect(confirmed.position).toBeUndefined();
    await world.next();
    expect(world.clock.now()).toBe(NOON + 5 * MINUTE);
    expect(world.runs.slice(1)).toEqual([{ states: [], sleeps: [] }]);
    expect(await world.order(id)).toEqual(confirmed);
  });

  it('is refunded when it does not come in time', async () => {
    const { world, id } = await traceOf('pm_card_visa');
    await world.next();
    expect(world.runs[1]).toEqual({ states: ['RestaurantTimeout', 'RefundPayment', 'OrderFailed'], sleeps: [] });
    expect((await world.order(id)).status).toBe('refunded');
    expect(await world.charges(id)).toEqual(['charge', 'refund']);
  });

  it('is refunded when it is a refusal', async () => {
    const { world, id } = await traceOf('pm_card_visa');
    await confirmOrder(world.ports, { actor: MARIO, orderId: id, accepted: false });
    await world.settle();
    expect(world.runs[1]?.states).toEqual(['RefundPayment', 'OrderFailed']);
    expect(await world.charges(id)).toEqual(['charge', 'refund']);
  });
});

describe('a long retry', () => {
  it('of a settlement rests 1, 2, 4 minutes and so on up to an hour, and alerts the operators once', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle'));
    expect(world.runs[0]).toEqual({
      states: [...OPENED, 'ProcessPayment', 'SettlePayment', 'RetrySettlement'],
      sleeps: [...RETRIES, ...RETRIES],
    });
    const rests = [await restOf(world, id)];
    for (let round = 0; round < 8; round += 1) {
      await world.next();
      rests.push(await restOf(world, id));
    }
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((minutes) => minutes * MINUTE));
    expect(world.runs.slice(1)).toEqual(
      Array.from({ length: 8 }, () => ({ states: ['SettlePayment', 'RetrySettlement'], sleeps: RETRIES })),
    );
    await expectOneAlert(world, id, 'payment-unsettled');
    expect((await world.order(id)).status).toBe('charging');
  });

  it('of a settlement ends with the outage', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle', 4 + 4));
    await world.next();
    await world.next();
    expect(world.runs.at(-1)).toEqual({ states: ['SettlePayment', 'OrderFailed'], sleeps: [] });
    expect(await world.order(id)).toMatchObject({ status: 'payment_failed' });
  });

  it('of opening a payment is given up after five rounds, with an alert, and the order is cancelled', async () => {
    const { world, id } = await traceOf('pm_card_visa', down('open'));
    expect(world.runs[0]).toEqual({ states: [...OPENED, 'RetryOpening'], sleeps: RETRIES });
    const rests: number[] = [];
    while ((await world.order(id)).position) {
      rests.push(await restOf(world, id));
      await world.next();
    }
    expect(rests).toEqual([1, 2, 4, 8, 15].map((minutes) => minutes * MINUTE));
    expect(world.runs).toHaveLength(1 + 5);
    const states = ['OpenPayment', 'RetryOpening', 'GiveUpOpening', 'OrderFailed'];
    expect(world.runs.at(-1)).toEqual({ states, sleeps: RETRIES });
    const { status, timeline } = await world.order(id);
    expect({ status, reason: timeline.at(-1)?.reason }).toEqual({ status: 'cancelled', reason: 'gateway-unavailable' });
    await expectOneAlert(world, id, 'payment-not-opened');
    expect(await world.ledger.byOrder(id)).toEqual([]);
  });

  it('of opening a payment goes on when the gateway is back', async () => {
    const { world, id } = await traceOf('pm_card_visa', down('open', 4 + 1));
    await world.next();
    expect(world.runs[1]).toEqual({
      states: ['OpenPayment', 'ProcessPayment', 'WaitForRestaurantConfirmation'],
      sleeps: [2_000],
    });
    expect((await world.order(id)).status).toBe('paid');
  });

  it.each([
    ['is down', () => down('refund'), RETRIES],
    [
      'only says that it is pending',
      (): WorldOptions => ({ payments: (inner) => ({ ...inner, refund: async () => ({ outcome: 'pending' }) }) }),
      [],
    ],
  ])('of a refund lasts as long as the gateway %s', async (_, options, sleeps) => {
    const { world, id } = await traceOf('pm_card_visa', options());
    await world.next();
    expect(world.runs[1]).toEqual({ states: ['RestaurantTimeout', 'RefundPayment', 'RetryRefund'], sleeps });
    for (let round = 0; round < 5; round += 1) await world.next();
    expect(world.runs.at(-1)).toEqual({ states: ['RefundPayment', 'RetryRefund'], sleeps });
    expect(await restOf(world, id)).toBe(32 * MINUTE);
    await expectOneAlert(world, id, 'refund-unsettled');
    expect((await world.order(id)).status).toBe('refunding');
  });

  it('goes on from a timer that is early by less than a second, and rests again', async () => {
    const { world, id } = await traceOf('pm_card_visa', {
      payments: (inner) => ({
        ...inner,
        confirm: async () => ({ outcome: 'pending' }),
        settle: async () => ({ outcome: 'pending' }),
      }),
    });
    const { position } = await world.order(id);
    world.clock.advance(MINUTE - 500);
    const [timer] = world.scheduled.filter(({ job }) => job.waitId === position?.wait?.id);
    if (!timer) throw new Error('the wait has a timer');
    expect((await world.run(timer.job)).states).toEqual(['SettlePayment', 'RetrySettlement']);
    expect((await world.order(id)).position).toMatchObject({ attempt: 2 });
    expect(await restOf(world, id)).toBe(2 * MINUTE);
  });

  it('of a settlement does not count for the refund that comes after it', async () => {
    const broken = new Set(['settle', 'refund']);
    const world = segmentWorld({
      before: async (operation) => {
        if (broken.has(operation)) throw new PortError('unavailable', `PaymentGateway.${operation}`);
        // The first confirmation charges, and nobody hears of it.
        if (operation === 'confirm') broken.add('confirm');
      },
    });
    const { id } = await begun(world, { paymentMethod: 'pm_card_timeoutAfterCommit' });
    for (let round = 0; round < 5; round += 1) await world.next();
    expect((await world.order(id)).position).toMatchObject({ state: 'RetrySettlement', attempt: 6 });
    await cancelOrder(world.ports, { actor: ALICE, orderId: id });
    broken.delete('settle');
    await world.next();
    // The wish was a write of its own, so the rest had two timers.
    expect(world.runs.slice(-2)).toEqual([
      { states: ['SettlePayment', 'RefundPayment', 'RetryRefund'], sleeps: RETRIES },
      { states: [], sleeps: [] },
    ]);
    expect((await world.order(id)).position).toMatchObject({
      state: 'RetryRefund',
      attempt: 1,
      wait: { since: world.clock.now(), alerted: false },
    });
  });
});

describe('a settlement that an operator asks for', () => {
  const settleNow = (world: World, orderId: string) =>
    requestSettlement(world.ports, { actor: OLGA, orderId, note: 'the provider is back' });

  it('does not wait for the rest to end', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle', 3 * 4));
    await world.next();
    await world.next();
    const { position } = await world.order(id);
    expect(position).toMatchObject({ state: 'RetrySettlement', attempt: 3 });
    const asked = world.clock.now();
    await settleNow(world, id);
    await world.settle();
    expect(world.runs.at(-1)).toEqual({ states: ['SettlePayment', 'OrderFailed'], sleeps: [] });
    expect(world.clock.now()).toBe(asked);
    const { status, timeline, position: none } = await world.order(id);
    expect({ status, none }).toEqual({ status: 'payment_failed', none: undefined });
    expect(timeline.at(-2)).toMatchObject({ name: 'updated', by: 'operator:olga', reason: 'settlement-requested' });
  });

  it('finds a charge that nobody heard of', async () => {
    const broken = new Set(['settle']);
    const world = segmentWorld({
      before: async (operation) => {
        if (broken.has(operation)) throw new PortError('unavailable', `PaymentGateway.${operation}`);
        if (operation === 'confirm') broken.add('confirm');
      },
    });
    const { id } = await begun(world, { paymentMethod: 'pm_card_timeoutAfterCommit' });
    expect((await world.order(id)).position?.state).toBe('RetrySettlement');
    broken.delete('settle');
    await settleNow(world, id);
    await world.settle();
    expect(await world.order(id)).toMatchObject({
      status: 'paid',
      position: { state: 'WaitForRestaurantConfirmation' },
    });
    expect(await world.charges(id)).toEqual(['charge']);
  });

  it('of a refund does not wait either', async () => {
    const { world, id } = await traceOf('pm_card_visa', down('refund', 2 * 4));
    await world.next();
    await world.next();
    expect((await world.order(id)).position).toMatchObject({ state: 'RetryRefund', attempt: 2 });
    await settleNow(world, id);
    await world.settle();
    expect(world.runs.at(-1)).toEqual({ states: ['RefundPayment', 'OrderFailed'], sleeps: [] });
    expect(await world.charges(id)).toEqual(['charge', 'refund']);
  });

  it('in vain rests for a minute again, and the operators are told once of all of it', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle'));
    const { position: first } = await world.order(id);
    for (let round = 0; round < 3; round += 1) await world.next();
    expect(await restOf(world, id)).toBe(8 * MINUTE);
    for (let tries = 0; tries < 12; tries += 1) {
      await settleNow(world, id);
      await world.settle();
      expect(await restOf(world, id)).toBe(MINUTE);
      world.clock.advance(MINUTE);
      await world.settle();
      expect((await world.order(id)).position).toMatchObject({ attempt: 2, wait: { since: first?.wait?.since } });
    }
    await expectOneAlert(world, id, 'payment-unsettled');
  });

  it('leaves nothing for the timer of the rest that it ended', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle', 2 * 4));
    const [timer] = world.scheduled;
    await settleNow(world, id);
    await world.settle();
    const rested = await world.order(id);
    expect(rested.position).toMatchObject({ state: 'RetrySettlement', attempt: 1 });
    if (!timer) throw new Error('the first rest has a timer');
    world.clock.advance(60 * MINUTE);
    expect(await world.run(timer.job)).toEqual({ states: [], sleeps: [] });
    expect(await world.order(id)).toEqual(rested);
  });

  it('is not lost when a worker who had asked before it comes to rest after it', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle', 2 * 4));
    const asked: unknown[] = [];
    world.onPause = async () => {
      // Once, and in the middle of the second round: its tries are not over.
      if (asked.length === 0) asked.push(await settleNow(world, id));
    };
    await world.next();
    expect(asked).toMatchObject([{ kind: 'done', outcome: 'settlement_due' }]);
    expect(world.runs.slice(1)).toEqual([
      { states: ['SettlePayment', 'RetrySettlement'], sleeps: RETRIES },
      { states: ['SettlePayment', 'OrderFailed'], sleeps: [] },
    ]);
    expect((await world.order(id)).status).toBe('payment_failed');
  });

  it('goes on by the sweeper when its start was lost', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle', 4));
    await settleNow(world, id);
    await world.loseStarts();
    expect((await world.order(id)).position).toMatchObject({ state: 'RetrySettlement', attempt: 0, handOff: true });
    expect(await world.sweep(id)).toEqual([id]);
    expect((await world.order(id)).status).toBe('payment_failed');
  });
});

describe('a refund that the gateway refuses', () => {
  it('ends with the operators', async () => {
    const { world, id } = await traceOf('pm_card_refundFails');
    await world.next();
    expect(world.runs[1]).toEqual({ states: ['RestaurantTimeout', 'RefundPayment', 'OperatorsQueue'], sleeps: [] });
    expect(await world.order(id)).toMatchObject({ status: 'refund_failed', payment: { status: 'refund_failed' } });
    expect((await world.order(id)).position).toBeUndefined();
  });
});

describe('a cancellation while the charge is under way', () => {
  it.each([
    ['that nothing was charged for', 'pm_card_flaky', ['OrderFailed'], 'cancelled', []],
    [
      'that was charged after all',
      'pm_card_timeoutAfterCommit',
      ['RefundPayment', 'OrderFailed'],
      'refunded',
      ['charge', 'refund'],
    ],
  ])('of an order %s', async (_, paymentMethod, end, status, moved) => {
    const world = segmentWorld();
    const { id } = await world.place({ paymentMethod });
    world.onPause = async () => {
      await cancelOrder(world.ports, { actor: ALICE, orderId: id, note: 'changed my mind' });
    };
    await world.settle();
    expect(world.runs).toEqual([{ states: [...OPENED, 'ProcessPayment', 'SettlePayment', ...end], sleeps: [2_000] }]);
    const order = await world.order(id);
    expect(order.status).toBe(status);
    expect(order.position).toBeUndefined();
    expect(await world.charges(id)).toEqual(moved);
  });

  it('is found by the write that would have made the order paid', async () => {
    const cancelling: { now?: () => Promise<unknown> } = {};
    const world = segmentWorld({
      after: async (operation) => {
        if (operation === 'confirm') await cancelling.now?.();
      },
    });
    const { id } = await world.place();
    cancelling.now = () => cancelOrder(world.ports, { actor: ALICE, orderId: id });
    await world.settle();
    expect(world.runs[0]?.states).toEqual([...OPENED, 'ProcessPayment', 'RefundPayment', 'OrderFailed']);
    expect((await world.order(id)).status).toBe('refunded');
    expect(await world.charges(id)).toEqual(['charge', 'refund']);
  });
});

describe('a job', () => {
  it('does nothing when the timer is of a wait that is over', async () => {
    const { world, id } = await traceOf('pm_card_outage', down('settle'));
    const [first] = world.scheduled;
    await world.next();
    const parked = await world.order(id);
    expect(parked.position).toMatchObject({ state: 'RetrySettlement', attempt: 2 });
    world.clock.advance(60 * MINUTE);
    if (!first) throw new Error('the first rest has a timer');
    expect(await world.run(first.job)).toEqual({ states: [], sleeps: [] });
    expect(await world.order(id)).toEqual(parked);
  });

  it('does nothing the second time', async () => {
    const { world, id, order } = await traceOf('pm_card_visa');
    const again = await world.run({
      orderId: id,
      state: 'ValidateOrder',
      attempt: 0,
      revision: 1,
      correlationId: 'request-1',
    });
    expect(again).toEqual({ states: [], sleeps: [] });
    expect(await world.order(id)).toEqual(order);
  });

  it('that runs twice at once charges once, and rests in one wait', async () => {
    const world = segmentWorld();
    const { id } = await world.place();
    const job = { orderId: id, state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'request-1' };
    await Promise.all([world.run(job), world.run(job)]);
    expect(await world.charges(id)).toEqual(['charge']);
    expect(await world.order(id)).toMatchObject({ status: 'paid', sequence: 3, revision: 3 });
  });

  it('for an order that there is not fails with not-found', async () => {
    const world = segmentWorld();
    const job = { orderId: 'ord_none', state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'request-1' };
    await expect(world.run(job)).rejects.toMatchObject({ code: 'not-found', operation: 'runSegment' });
  });
});

describe('a worker that comes late', () => {
  it('does not put its own rest in the place of a wait for people', async () => {
    const world = segmentWorld();
    const { id } = await world.place(BANQUET);
    await world.settle();
    const waiting = await world.order(id);
    expect(waiting.position?.state).toBe('RequireApproval');
    const state = orderWorkflowV1.states['RetryOpening'];
    if (state?.type !== 'retryAfter') throw new Error('RetryOpening is no long retry');
    await parkOrder(world.ports, { orderId: id, definition: orderWorkflowV1, name: 'RetryOpening', state });
    expect(await world.order(id)).toEqual(waiting);
  });

  it('does not open a payment for an order that waits for approval', async () => {
    const world = segmentWorld();
    const { id } = await world.place(BANQUET);
    await world.settle();
    const context = { orderId: id, definition: orderWorkflowV1, state: 'OpenPayment' };
    expect(await TASKS.openPayment(world.ports, context)).toBe('superseded');
    expect(await world.ledger.byOrder(id)).toEqual([]);
  });

  it('is believed when its refund went through, although another was refused', async () => {
    const { world, id } = await traceOf('pm_card_refundFails');
    await world.next();
    expect((await world.order(id)).status).toBe('refund_failed');
    const before = await world.order(id);
    const decision = decide(before, { type: 'record-refund', refundId: 're_late' }, world.clock.now());
    expect(decision).toMatchObject({
      kind: 'changed',
      order: { status: 'refunded', payment: { refundId: 're_late' } },
    });
  });
});

describe('an error that does not pass', () => {
  it('falls through at once when it is a defect, and leaves the order where it was', async () => {
    const error = new TypeError('undefined is not a function');
    let calls = 0;
    const world = segmentWorld({
      before: async (operation) => {
        if (operation !== 'confirm') return;
        calls += 1;
        throw error;
      },
    });
    const { id } = await world.place();
    await expect(world.settle()).rejects.toBe(error);
    expect(calls).toBe(1);
    expect(await world.order(id)).toMatchObject({
      status: 'charging',
      position: { state: 'ProcessPayment', handOff: false, dueAt: NOON + SEGMENT_LEASE_MS },
    });
  });

  const REFUSALS = ['permission-denied', 'invalid-argument', 'not-found', 'internal', 'unknown'] as const;
  it.each(REFUSALS.flatMap((code) => (['open', 'settle', 'refund'] as const).map((call) => ({ code, call }))))(
    'of $call with $code is not retried within the task: it rests, and the operators are told',
    async ({ code, call }) => {
      const world = segmentWorld({
        before: async (operation) => {
          if (operation === call) throw new PortError(code, `PaymentGateway.${operation}`);
          if (operation === 'confirm' && call === 'settle')
            throw new PortError('permission-denied', 'PaymentGateway.confirm');
        },
      });
      const { id } = await world.place();
      await world.settle();
      for (let round = 0; round < 6 && (await world.order(id)).position; round += 1) await world.next();
      expect(world.runs.flatMap(({ sleeps }) => sleeps)).toEqual([]);
      const reason = { open: 'payment-not-opened', settle: 'payment-unsettled', refund: 'refund-unsettled' }[call];
      await expectOneAlert(world, id, reason);
    },
  );

  it('is thrown when retries are used up and the definition knows no way on', async () => {
    const world = segmentWorld({
      orders: (inner) => ({
        ...inner,
        save: async () => {
          throw new PortError('unavailable', 'OrderStore.save');
        },
      }),
    });
    const { id } = await world.place(BANQUET);
    const job = { orderId: id, state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'request-1' };
    await expect(world.run(job)).rejects.toMatchObject({ code: 'unavailable', operation: 'OrderStore.save' });
    expect(world.clock.now()).toBe(NOON + 14_000);
  });
});

async function restOf(world: World, id: string): Promise<number> {
  const { position } = await world.order(id);
  return (position?.wait?.deadline ?? Number.NaN) - world.clock.now();
}

async function expectOneAlert(world: World, id: string, reason: string): Promise<void> {
  const { timeline, position } = await world.order(id);
  const alerts = timeline.filter(({ name }) => name === 'needs_attention');
  expect(alerts.map((alert) => alert.reason)).toEqual([reason]);
  expect(world.published.filter(({ name }) => name === 'needs_attention')).toHaveLength(1);
  if (!position) return;
  const lasted = (alerts[0]?.at ?? 0) - (position.wait?.since ?? 0);
  expect(lasted).toBeGreaterThanOrEqual(15 * MINUTE);
  expect(lasted).toBeLessThan(20 * MINUTE);
}
