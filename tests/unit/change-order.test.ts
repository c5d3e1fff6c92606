import { describe, expect, it } from 'vitest';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import type { Actor } from '../../shared/application/actor.ts';
import type { Changed, ChangePorts, ChangeRequest } from '../../shared/application/change-order.ts';
import { getOrder, getReceipt, getTimeline } from '../../shared/application/get-order.ts';
import {
  approveOrder,
  cancelOrder,
  changeAddress,
  confirmOrder,
  requestRefund,
  requestSettlement,
  setStatus,
} from '../../shared/application/order-commands.ts';
import type { Refused } from '../../shared/application/refusal.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order, Position } from '../../shared/domain/order.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { anOrder, aPosition, after as command, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const ALICE: Actor = { subject: 'alice', operator: false, restaurants: [] };
const MALLORY: Actor = { subject: 'mallory', operator: false, restaurants: ['rest-2'] };
const MARIO: Actor = { subject: 'mario', operator: false, restaurants: ['rest-0', 'rest-1'] };
const OLGA: Actor = { subject: 'olga', operator: true, restaurants: [] };
/** Her own order, at her own restaurant, and an operator. */
const EVERYTHING: Actor = { subject: 'alice', operator: true, restaurants: ['rest-1'] };

const REVIEW = { type: 'review', thresholds: { approval: { default: 1 }, highValue: {} } } as const;
const BEGIN = { type: 'begin-charge', reference: 'pay_1' } as const;
const CHARGED = { type: 'record-charge', transactionId: 'txn_1' } as const;
const ACCEPT = { type: 'confirm', accepted: true, by: 'restaurant:rest-1' } as const;
const PREPARE = { type: 'set-status', status: 'processing', by: 'restaurant:rest-1' } as const;
const SHIP = { type: 'set-status', status: 'shipped', by: 'restaurant:rest-1' } as const;
const TIMEOUT = { type: 'expire-confirmation' } as const;

const PENDING: readonly Command[] = [];
const AWAITING = [REVIEW];
const CHARGING = [BEGIN];
const PAID = [BEGIN, CHARGED];
const CONFIRMED = [...PAID, ACCEPT];
const SHIPPED = [...CONFIRMED, PREPARE, SHIP];
const REFUNDING = [...PAID, TIMEOUT];

type Act = (ports: ChangePorts, request: ChangeRequest) => Promise<Changed | Refused>;
const approve: Act = (ports, request) => approveOrder(ports, { ...request, approved: true });
const reject: Act = (ports, request) => approveOrder(ports, { ...request, approved: false, note: 'too much' });
const confirm: Act = (ports, request) => confirmOrder(ports, { ...request, accepted: true });
const refuse: Act = (ports, request) => confirmOrder(ports, { ...request, accepted: false });
const cancel: Act = (ports, request) => cancelOrder(ports, request);
const move: Act = (ports, request) => changeAddress(ports, { ...request, deliveryAddress: '2 Side Street' });
const prepare: Act = (ports, request) => setStatus(ports, { ...request, status: 'processing' });
const deliver: Act = (ports, request) => setStatus(ports, { ...request, status: 'delivered' });
const refund: Act = (ports, request) => requestRefund(ports, { ...request, note: 'arrived cold' });
const settle: Act = (ports, request) => requestSettlement(ports, { ...request, note: 'the provider is back' });

interface Setup {
  readonly history?: readonly Command[];
  readonly position?: Position;
  readonly wrap?: (inner: OrderStore) => OrderStore;
}

/** A store that holds one order which went through `history`. */
async function given({ history = [], position, wrap = (same) => same }: Setup = {}) {
  const { orders, feed } = memoryOrderStore();
  const past = history.reduce((order, step) => command(order, step).order, anOrder());
  const order: Order = position ? { ...past, position } : past;
  await orders.create(order, eventsAfter(order, 0));
  await feed.acknowledge([`${order.id}@${order.revision}`]);
  const clock = manualClock(NOON + 60_000);
  return { orders, feed, order, ports: { orders: wrap(orders), clock }, stored: () => orders.get(order.id) };
}

function done(result: Changed | Refused): Changed {
  if (result.kind !== 'done') throw new Error(`refused: ${result.code}`);
  return result;
}

describe('who may do what, and under which name', () => {
  const OLGA_IS = 'operator:olga';
  const MARIO_IS = 'restaurant:rest-1';
  const ALICE_IS = 'customer:alice';

  it.each([
    ['approval by a customer', approve, AWAITING, ALICE, 'forbidden'],
    ['approval by a restaurant', approve, AWAITING, MARIO, 'forbidden'],
    ['approval by an operator', approve, AWAITING, OLGA, OLGA_IS],
    ['confirmation by a customer', confirm, PAID, ALICE, 'forbidden'],
    ['confirmation by the restaurant', confirm, PAID, MARIO, MARIO_IS],
    ['confirmation by an operator', confirm, PAID, OLGA, OLGA_IS],
    ['cancellation by the customer', cancel, PAID, ALICE, ALICE_IS],
    ['cancellation by the restaurant', cancel, PAID, MARIO, 'forbidden'],
    ['cancellation by an operator', cancel, PAID, OLGA, OLGA_IS],
    ['another address by the customer', move, PAID, ALICE, ALICE_IS],
    ['another address by the restaurant', move, PAID, MARIO, 'forbidden'],
    ['another address by an operator', move, PAID, OLGA, 'forbidden'],
    ['processing by a customer', prepare, CONFIRMED, ALICE, 'forbidden'],
    ['processing by the restaurant', prepare, CONFIRMED, MARIO, MARIO_IS],
    ['processing by an operator', prepare, CONFIRMED, OLGA, OLGA_IS],
    ['delivery by the restaurant', deliver, SHIPPED, MARIO, 'forbidden'],
    ['delivery by an operator', deliver, SHIPPED, OLGA, OLGA_IS],
    ['a refund by a customer', refund, SHIPPED, ALICE, 'forbidden'],
    ['a refund by the restaurant', refund, SHIPPED, MARIO, 'forbidden'],
    ['a refund by an operator', refund, SHIPPED, OLGA, OLGA_IS],
    ['a settlement by a customer', settle, CHARGING, ALICE, 'forbidden'],
    ['a settlement by the restaurant', settle, CHARGING, MARIO, 'forbidden'],
    ['a settlement by an operator', settle, CHARGING, OLGA, OLGA_IS],
    ['the settlement of a refund by an operator', settle, REFUNDING, OLGA, OLGA_IS],
    ['her own settlement by somebody who is everything', settle, CHARGING, EVERYTHING, 'operator:alice'],
    ['her own approval by somebody who is everything', approve, AWAITING, EVERYTHING, 'operator:alice'],
    ['her own confirmation by somebody who is everything', confirm, PAID, EVERYTHING, MARIO_IS],
    ['her own cancellation by somebody who is everything', cancel, PAID, EVERYTHING, ALICE_IS],
    ['her own address by somebody who is everything', move, PAID, EVERYTHING, ALICE_IS],
    ['her own delivery by somebody who is everything', deliver, SHIPPED, EVERYTHING, 'operator:alice'],
  ] as const)('%s', async (_, act, history, actor, expected) => {
    const { ports, order, stored } = await given({ history });
    const result = await act(ports, { actor, orderId: order.id });
    const name = result.kind === 'refused' ? result.code : result.order.timeline.at(-1)?.by;
    expect(name).toBe(expected);
    expect(await stored()).toEqual(result.kind === 'done' ? result.order : order);
  });

  const ACTS = { approve, confirm, cancel, move, prepare, deliver, refund, settle };

  it.each(Object.entries(ACTS))('an order of somebody else is like one that does not exist: %s', async (_, act) => {
    const { ports, order, stored } = await given({ history: PAID });
    const others = await act(ports, { actor: MALLORY, orderId: order.id, expectedVersion: 99 });
    const absent = await act(ports, { actor: MALLORY, orderId: 'ord_nowhere' });
    expect(others).toMatchObject({ kind: 'refused', code: 'order-not-found' });
    expect(others).toEqual(absent);
    expect(await stored()).toEqual(order);
  });

  it('an order of somebody else cannot be read either', async () => {
    const { ports, order } = await given({ history: PAID });
    const receipts = { putOnce: async () => undefined, get: async () => undefined };
    const request = { actor: MALLORY, orderId: order.id };
    const absent = await getOrder(ports, { actor: MALLORY, orderId: 'ord_nowhere' });
    expect(absent).toMatchObject({ code: 'order-not-found' });
    expect(await getOrder(ports, request)).toEqual(absent);
    expect(await getTimeline(ports, request)).toEqual(absent);
    expect(await getReceipt({ ...ports, receipts }, request)).toEqual(absent);
    expect(await getReceipt({ ...ports, receipts }, { ...request, actor: MARIO })).toMatchObject({ code: 'forbidden' });
  });

  it('only operators are told which operator acted', async () => {
    const { ports, order } = await given({ history: SHIPPED });
    await deliver(ports, { actor: OLGA, orderId: order.id });
    const names = async (actor: Actor) => {
      const found = await getTimeline(ports, { actor, orderId: order.id });
      return found.kind === 'done' ? found.entries.map(({ by }) => by) : [];
    };
    const before = ['customer:alice', 'system', 'system', MARIO_IS, MARIO_IS, MARIO_IS];
    expect(await names(OLGA)).toEqual([...before, OLGA_IS]);
    expect(await names(ALICE)).toEqual([...before, 'operator']);
    expect(await names(MARIO)).toEqual([...before, 'operator']);
    expect((await getOrder(ports, { actor: OLGA, orderId: order.id })).kind).toBe('done');
  });

  it('only operators read why one of them had the payment settled', async () => {
    const { ports, order } = await given({ history: CHARGING });
    await settle(ports, { actor: OLGA, orderId: order.id });
    const last = async (actor: Actor) => {
      const found = await getTimeline(ports, { actor, orderId: order.id });
      return found.kind === 'done' ? found.entries.at(-1) : undefined;
    };
    expect(await last(OLGA)).toMatchObject({ reason: 'settlement-requested', note: 'the provider is back' });
    for (const actor of [ALICE, MARIO]) {
      expect(await last(actor)).toMatchObject({ by: 'operator', reason: 'settlement-requested' });
      expect(await last(actor)).not.toHaveProperty('note');
    }
  });
});

describe('what a command does', () => {
  it('saves the order with its events and who goes on, in one write', async () => {
    const wait = { id: 'WaitForRestaurantConfirmation@3', deadline: NOON + 300_000, since: NOON, alerted: false };
    const position = aPosition({ state: 'WaitForRestaurantConfirmation', wait, dueAt: wait.deadline });
    const { ports, order, feed } = await given({ history: PAID, position });
    const { outcome, order: changed } = done(await refuse(ports, { actor: MARIO, orderId: order.id }));
    expect(outcome).toBe('refund_due');
    expect(await feed.pull(10)).toEqual([
      {
        id: `${order.id}@${order.revision + 1}`,
        orderId: order.id,
        revision: order.revision + 1,
        events: eventsAfter(changed, order.sequence),
        start: {
          at: NOON + 60_000,
          job: {
            orderId: order.id,
            state: 'RefundPayment',
            attempt: 0,
            revision: order.revision + 1,
            correlationId: 'request-1',
          },
        },
      },
    ]);
    expect(changed.timeline.at(-1)).toMatchObject({ reason: 'restaurant-refused', at: NOON + 60_000 });
  });

  const waitIn = (state: string): Position => ({
    ...aPosition({ state, dueAt: NOON + 300_000 }),
    wait: { id: `${state}@2`, deadline: NOON + 300_000, since: NOON, alerted: false },
  });

  it.each([
    ['an approval', approve, OLGA, AWAITING, waitIn('RequireApproval'), 'OpenPayment'],
    ['a refused approval', reject, OLGA, AWAITING, waitIn('RequireApproval'), undefined],
    ['a confirmation', confirm, MARIO, PAID, waitIn('WaitForRestaurantConfirmation'), undefined],
    ['a refusal', refuse, MARIO, PAID, waitIn('WaitForRestaurantConfirmation'), 'RefundPayment'],
    ['a cancellation before the charge', cancel, ALICE, PENDING, aPosition(), undefined],
    [
      'a cancellation under way',
      cancel,
      ALICE,
      CHARGING,
      aPosition({ state: 'ProcessPayment', handOff: false }),
      'ProcessPayment',
    ],
    ['a cancellation after the charge', cancel, ALICE, PAID, waitIn('WaitForRestaurantConfirmation'), 'RefundPayment'],
    ['a cancellation after the confirmation', cancel, ALICE, CONFIRMED, undefined, 'RefundPayment'],
    ['another address', move, ALICE, PAID, waitIn('WaitForRestaurantConfirmation'), 'WaitForRestaurantConfirmation'],
    ['a status', prepare, MARIO, CONFIRMED, undefined, undefined],
    ['a delivery', deliver, OLGA, SHIPPED, undefined, undefined],
    ['a refund', refund, OLGA, SHIPPED, undefined, 'RefundPayment'],
    [
      'a settlement in the middle of a charge',
      settle,
      OLGA,
      CHARGING,
      aPosition({ state: 'ProcessPayment', handOff: false }),
      'SettlePayment',
    ],
  ] as const)('%s leaves the workflow where it belongs', async (_, act, actor, history, position, expected) => {
    const { ports, order, stored } = await given({ history, ...(position && { position }) });
    const { order: changed } = done(await act(ports, { actor, orderId: order.id }));
    expect(changed.position?.state).toBe(expected);
    expect(changed.position).toEqual((await stored())?.position);
    if (expected !== undefined && expected === position?.state) expect(changed.position).toEqual(position);
  });

  it('writes nothing when it has nothing to change', async () => {
    const { ports, order, feed, stored } = await given({ history: CONFIRMED });
    expect(await confirm(ports, { actor: MARIO, orderId: order.id })).toEqual({
      kind: 'done',
      order,
      outcome: 'confirmed',
    });
    expect(await stored()).toEqual(order);
    expect(await feed.pull(10)).toEqual([]);
  });

  it('passes on why the domain refuses', async () => {
    const late = await given({ history: [...PAID, TIMEOUT] });
    expect(await confirm(late.ports, { actor: MARIO, orderId: late.order.id })).toMatchObject({ code: 'too-late' });
    const early = await given();
    expect(await confirm(early.ports, { actor: MARIO, orderId: early.order.id })).toMatchObject({
      code: 'illegal-transition',
    });
    expect(await late.stored()).toEqual(late.order);
  });
});

describe('If-Match', () => {
  it.each([
    ['the present version', 0, 'done'],
    ['an older version', -1, 'precondition-failed'],
    ['a later version', 1, 'precondition-failed'],
  ])('with %s', async (_, offset, expected) => {
    const { ports, order } = await given({ history: PAID });
    const result = await confirm(ports, {
      actor: MARIO,
      orderId: order.id,
      expectedVersion: order.version + offset,
    });
    expect(result.kind === 'done' ? 'done' : result.code).toBe(expected);
  });

  it('is looked at before the command is', async () => {
    const { ports, order } = await given({ history: CONFIRMED });
    const repeat = await confirm(ports, { actor: MARIO, orderId: order.id, expectedVersion: 1 });
    expect(repeat).toMatchObject({ code: 'precondition-failed', field: 'If-Match' });
    const illegal = await deliver(ports, { actor: OLGA, orderId: order.id, expectedVersion: 1 });
    expect(illegal).toMatchObject({ code: 'precondition-failed' });
  });

  it('is refused at once when somebody else changes the order in between', async () => {
    const { ports, order, counted } = await meanwhile((inner, stored) =>
      inner.save(
        ...written(stored, { type: 'change-address', deliveryAddress: '3 Third Street', by: 'customer:alice' }),
      ),
    );
    const result = await confirm(ports, { actor: MARIO, orderId: order.id, expectedVersion: order.version });
    expect(result).toMatchObject({ code: 'precondition-failed' });
    expect(counted.saves).toBe(1);
  });

  it('holds through a write that clients cannot see', async () => {
    const { ports, order, counted } = await meanwhile((inner, stored) =>
      inner.save(...written(stored, { type: 'park' })),
    );
    const result = await confirm(ports, { actor: MARIO, orderId: order.id, expectedVersion: order.version });
    expect(done(result).order).toMatchObject({
      status: 'confirmed',
      version: order.version + 1,
      revision: order.revision + 2,
    });
    expect(counted.saves).toBe(2);
  });
});

describe('a conflict', () => {
  it('is decided anew with what the other wrote', async () => {
    const { ports, order, counted } = await meanwhile((inner, stored) =>
      inner.save(...written(stored, { type: 'cancel', by: 'customer:alice' })),
    );
    const result = await confirm(ports, { actor: MARIO, orderId: order.id });
    expect(result).toMatchObject({ kind: 'refused', code: 'too-late' });
    expect(counted.saves).toBe(1);
  });

  it('is tried five times more, and then refused as busy', async () => {
    const { ports, order, stored, counted } = await meanwhile(async () => {
      throw new PortError('conflict', 'OrderStore.save');
    }, Number.POSITIVE_INFINITY);
    expect(await confirm(ports, { actor: MARIO, orderId: order.id })).toMatchObject({
      kind: 'refused',
      code: 'busy',
    });
    expect(counted).toEqual({ saves: 6, gets: 6 });
    expect(await stored()).toEqual(order);
  });

  it('succeeds with the last try', async () => {
    const { ports, order, counted } = await meanwhile(async () => {
      throw new PortError('conflict', 'OrderStore.save');
    }, 5);
    expect(done(await confirm(ports, { actor: MARIO, orderId: order.id })).order.status).toBe('confirmed');
    expect(counted.saves).toBe(6);
  });

  it.each(['unavailable', 'deadline-exceeded', 'permission-denied'] as const)(
    'is nothing like %s, which is thrown at once',
    async (code) => {
      const { ports, order, counted } = await meanwhile(async () => {
        throw new PortError(code, 'OrderStore.save');
      }, Number.POSITIVE_INFINITY);
      await expect(confirm(ports, { actor: MARIO, orderId: order.id })).rejects.toMatchObject({ code });
      expect(counted.saves).toBe(1);
    },
  );

  it('of many operators who ask for one settlement makes one change', async () => {
    const { ports, order, stored } = await given({
      history: CHARGING,
      position: aPosition({ state: 'ProcessPayment' }),
    });
    const others = ['otto', 'oda', 'olaf'].map((subject) => ({ ...OLGA, subject }));
    const all = await Promise.all([OLGA, ...others].map((actor) => settle(ports, { actor, orderId: order.id })));
    expect(all.map((result) => done(result).outcome)).toEqual(all.map(() => 'settlement_due'));
    expect(await stored()).toMatchObject({ revision: order.revision + 1, sequence: order.sequence + 1 });
  });

  it('asked for one settlement by a machine whose clock is behind makes one change, too', async () => {
    const { ports, order, stored } = await given({
      history: CHARGING,
      position: aPosition({ state: 'ProcessPayment' }),
    });
    const behind = { ...ports, clock: manualClock(order.updatedAt - 5_000) };
    for (let times = 0; times < 3; times += 1) await settle(behind, { actor: OLGA, orderId: order.id });
    expect(await stored()).toMatchObject({ revision: order.revision + 1, sequence: order.sequence + 1 });
  });

  it('of two people who want the same makes one change', async () => {
    const { ports, order, stored } = await given({ history: PAID });
    const both = await Promise.all([
      confirm(ports, { actor: MARIO, orderId: order.id }),
      confirm(ports, { actor: OLGA, orderId: order.id }),
    ]);
    expect(both.map((result) => done(result).order.status)).toEqual(['confirmed', 'confirmed']);
    expect(await stored()).toMatchObject({ revision: order.revision + 1, sequence: order.sequence + 1 });
  });
});

type Save = Parameters<OrderStore['save']>;

/** A paid order, of which somebody else does something just before each of the first `times` saves. */
async function meanwhile(act: (inner: OrderStore, stored: Order) => Promise<void>, times = 1) {
  const counted = { saves: 0, gets: 0 };
  const wrap = (inner: OrderStore): OrderStore => ({
    ...inner,
    async get(id) {
      counted.gets += 1;
      return inner.get(id);
    },
    async save(...save) {
      counted.saves += 1;
      const stored = await inner.get(save[0].id);
      if (stored && counted.saves <= times) await act(inner, stored);
      await inner.save(...save);
    },
  });
  return { ...(await given({ history: PAID, wrap })), counted };
}

function written(stored: Order, step: Command): Save {
  const { order, events } = command(stored, step);
  return [order, events, stored.revision];
}
