import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Command, Outcome } from '../../shared/domain/commands.ts';
import { decide } from '../../shared/domain/decide.ts';
import type { Order, Position } from '../../shared/domain/order.ts';
import type { RetryAfterState, TaskOutcome } from '../../shared/workflow/definition.ts';
import {
  afterTask,
  backoffMs,
  definitionFor,
  firstPosition,
  givenUp,
  needsAlert,
  positionAfterSignal,
  positionAtTarget,
  resolve,
  resume,
  SEGMENT_LEASE_MS,
} from '../../shared/workflow/interpreter.ts';
import { orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';
import { after, anOrder, aPosition, NOON } from '../fixtures.ts';

const MINUTE = 60_000;
const TIMES = { approvalTimeoutMs: 24 * 60 * MINUTE, confirmationTimeoutMs: 5 * MINUTE };

const REVIEW = { type: 'review', thresholds: { approval: { default: 1 }, highValue: {} } } as const;
const BEGIN = { type: 'begin-charge', reference: 'pay_1' } as const;
const CHARGED = { type: 'record-charge', transactionId: 'txn_1' } as const;
const ACCEPT = { type: 'confirm', accepted: true, by: 'restaurant:rest-1' } as const;
const REFUSE = { type: 'confirm', accepted: false, by: 'restaurant:rest-1' } as const;
const CANCEL = { type: 'cancel', by: 'customer:alice' } as const;
const APPROVE = { type: 'approve', accepted: true, by: 'operator:olga' } as const;
const REJECT = { type: 'approve', accepted: false, by: 'operator:olga' } as const;
const MOVE = { type: 'change-address', deliveryAddress: '2 Side Street', by: 'customer:alice' } as const;
const REFUND = { type: 'request-refund', by: 'operator:olga', note: 'arrived cold' } as const;
const SETTLE = { type: 'request-settlement', by: 'operator:olga', note: 'the provider is back' } as const;
const status = (to: 'processing' | 'shipped' | 'delivered') =>
  ({ type: 'set-status', status: to, by: 'operator:olga' }) as const;

function orderAfter(...commands: readonly Command[]): Order {
  return commands.reduce((order, command) => after(order, command).order, anOrder());
}

function resting(state: string, overrides: Partial<Position> = {}): Position {
  const wait = { id: `${state}@2`, deadline: NOON + MINUTE, since: NOON, alerted: false };
  return aPosition({ state, wait, dueAt: wait.deadline, ...overrides });
}

function retryState(name: string): RetryAfterState {
  const state = orderWorkflowV1.states[name];
  if (state?.type !== 'retryAfter') throw new Error(`${name} is no retryAfter`);
  return state;
}

describe('where an outcome leads', () => {
  const cases: readonly (readonly [task: string, outcome: TaskOutcome, target: string])[] = [
    ['ValidateOrder', 'ready', 'OpenPayment'],
    ['ValidateOrder', 'approval_required', 'RequireApproval'],
    ['ExpireApproval', 'stopped', 'OrderFailed'],
    ['OpenPayment', 'opened', 'ProcessPayment'],
    ['GiveUpOpening', 'stopped', 'OrderFailed'],
    ['ProcessPayment', 'charged', 'WaitForRestaurantConfirmation'],
    ['ProcessPayment', 'refund_due', 'RefundPayment'],
    ['ProcessPayment', 'declined', 'SettlePayment'],
    ['ProcessPayment', 'unsettled', 'SettlePayment'],
    ['SettlePayment', 'charged', 'WaitForRestaurantConfirmation'],
    ['SettlePayment', 'refund_due', 'RefundPayment'],
    ['SettlePayment', 'failed', 'OrderFailed'],
    ['SettlePayment', 'unsettled', 'RetrySettlement'],
    ['RestaurantTimeout', 'refund_due', 'RefundPayment'],
    ['RefundPayment', 'refunded', 'OrderFailed'],
    ['RefundPayment', 'refund_failed', 'OperatorsQueue'],
    ['RefundPayment', 'unsettled', 'RetryRefund'],
  ];

  it.each(cases)('%s goes on %s to %s, and never stops at a choice', (task, outcome, target) => {
    const found = afterTask(orderWorkflowV1, task, outcome);
    expect(found).toEqual({ name: target, state: orderWorkflowV1.states[target] });
  });

  it('resolves a state that is no choice to itself, whatever the outcome', () => {
    expect(resolve(orderWorkflowV1, 'OpenPayment').name).toBe('OpenPayment');
    expect(resolve(orderWorkflowV1, 'OpenPayment', 'declined').name).toBe('OpenPayment');
  });

  it.each([
    [
      'a choice without a case for the outcome',
      () => afterTask(orderWorkflowV1, 'ProcessPayment', 'refunded'),
      /no choice for refunded/,
    ],
    ['a choice without an outcome', () => resolve(orderWorkflowV1, 'CheckOrderTotal'), /no choice for undefined/],
    ['a state that does not exist', () => resolve(orderWorkflowV1, 'Nowhere'), /definition 1 has no state Nowhere/],
    [
      'a task that is no task',
      () => afterTask(orderWorkflowV1, 'RequireApproval', 'approved'),
      /RequireApproval is not a task/,
    ],
  ])('says what is wrong with %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('where a job runs an order on', () => {
  const wait = resting('WaitForRestaurantConfirmation');
  const round = (attempt: number) => resting('RetryOpening', { attempt });
  const due = NOON + MINUTE;

  it.each<readonly [name: string, Position | undefined, waitId: string | undefined, now: number, string | undefined]>([
    ['an order that has ended stays', undefined, undefined, due, undefined],
    ['an order that has ended stays, also for a timer', undefined, 'RetryOpening@2', due, undefined],
    ['a task is run', aPosition({ state: 'OpenPayment' }), undefined, due, 'OpenPayment'],
    [
      'a task is run under its lease, too',
      aPosition({ state: 'SettlePayment', handOff: false, dueAt: due }),
      undefined,
      NOON,
      'SettlePayment',
    ],
    ['a wait is left alone by a job that is no timer', wait, undefined, due, undefined],
    ['a wait is left alone by the timer of another wait', wait, 'WaitForRestaurantConfirmation@1', due, undefined],
    ['a wait ends by its own timer', wait, 'WaitForRestaurantConfirmation@2', due, 'RestaurantTimeout'],
    [
      'a wait ends by its own timer, however late',
      wait,
      'WaitForRestaurantConfirmation@2',
      due + 99 * MINUTE,
      'RestaurantTimeout',
    ],
    ['a timer may be early by a second', wait, 'WaitForRestaurantConfirmation@2', due - 1_000, 'RestaurantTimeout'],
    ['a timer that is earlier than that does nothing', wait, 'WaitForRestaurantConfirmation@2', due - 1_001, undefined],
    ['an approval ends in its own way', resting('RequireApproval'), 'RequireApproval@2', due, 'ExpireApproval'],
    ['a long retry goes on', round(1), 'RetryOpening@2', due, 'OpenPayment'],
    ['the last round goes on, too: it is given up when it has failed', round(5), 'RetryOpening@2', due, 'OpenPayment'],
    [
      'a settlement is never given up',
      resting('RetrySettlement', { attempt: 99 }),
      'RetrySettlement@2',
      due,
      'SettlePayment',
    ],
    ['a refund is never given up', resting('RetryRefund', { attempt: 99 }), 'RetryRefund@2', due, 'RefundPayment'],
    ['no timer of a long retry comes before its time', round(1), 'RetryOpening@2', NOON, undefined],
  ])('%s', (_, position, waitId, now, expected) => {
    const order = anOrder(position && { position });
    expect(resume(order, waitId === undefined ? {} : { waitId }, now)).toBe(expected);
  });

  it('takes a wait at a task for the defect that it is', () => {
    const order = anOrder({ position: resting('OpenPayment') });
    expect(() => resume(order, { waitId: 'OpenPayment@2' }, due)).toThrow(/OpenPayment is not a place to wait/);
  });
});

describe('the position after a signal', () => {
  const CHARGING = orderAfter(BEGIN);
  const PAID = orderAfter(BEGIN, CHARGED);
  const AWAITING = orderAfter(REVIEW);
  const CONFIRMED = orderAfter(BEGIN, CHARGED, ACCEPT);
  const SHIPPED = orderAfter(BEGIN, CHARGED, ACCEPT, status('processing'), status('shipped'));
  const REFUNDING = orderAfter(BEGIN, CHARGED, REFUSE);
  const REFUND_FAILED = orderAfter(BEGIN, CHARGED, REFUSE, { type: 'record-refund-failure', code: 'refund_refused' });
  const lease = aPosition({ state: 'ProcessPayment', handOff: false, dueAt: NOON + SEGMENT_LEASE_MS });

  const cases: readonly (readonly [
    name: string,
    before: Order,
    Position | undefined,
    Command,
    expected: string | undefined,
  ])[] = [
    ['an approval goes on to the payment', AWAITING, resting('RequireApproval'), APPROVE, 'OpenPayment'],
    ['a refused approval ends', AWAITING, resting('RequireApproval'), REJECT, undefined],
    ['a cancellation ends the wait for an approval', AWAITING, resting('RequireApproval'), CANCEL, undefined],
    ['a confirmation ends', PAID, resting('WaitForRestaurantConfirmation'), ACCEPT, undefined],
    ['a refusal goes on to the refund', PAID, resting('WaitForRestaurantConfirmation'), REFUSE, 'RefundPayment'],
    [
      'a cancellation of a paid order goes on to the refund',
      PAID,
      resting('WaitForRestaurantConfirmation'),
      CANCEL,
      'RefundPayment',
    ],
    ['a cancellation enters at the refund when the workflow has ended', CONFIRMED, undefined, CANCEL, 'RefundPayment'],
    ['a refund is entered from a shipped order', SHIPPED, undefined, REFUND, 'RefundPayment'],
    ['a refund is entered again after one that failed', REFUND_FAILED, undefined, REFUND, 'RefundPayment'],
    ['a settlement is entered in the middle of a charge', CHARGING, lease, SETTLE, 'SettlePayment'],
    ['a settlement is entered where no position is left', CHARGING, undefined, SETTLE, 'SettlePayment'],
    [
      'the settlement of a refund is entered in the middle of it',
      REFUNDING,
      aPosition({ state: 'RefundPayment', handOff: false }),
      SETTLE,
      'RefundPayment',
    ],
    ['a cancellation before anything has run ends', anOrder(), aPosition(), CANCEL, undefined],
    [
      'a cancellation ends a long retry before the payment',
      anOrder(),
      resting('RetryOpening', { attempt: 3 }),
      CANCEL,
      undefined,
    ],
  ];

  it.each(cases)('%s', (_, order, position, command, expected) => {
    const before = position ? { ...order, position } : order;
    const found = signalled(before, command);
    expect(found?.state).toBe(expected);
    if (found)
      expect(found).toEqual({ definitionVersion: 1, state: expected, attempt: 0, dueAt: NOON + 7, handOff: true });
  });

  it.each([
    ['RetrySettlement', CHARGING, 'SettlePayment'],
    ['RetryRefund', REFUNDING, 'RefundPayment'],
  ] as const)('a settlement ends the rest in %s now, and leaves the series what it is', (name, order, next) => {
    const wait = { id: `${name}@2`, deadline: NOON + 60 * MINUTE, since: NOON - 99 * MINUTE, alerted: true };
    const before = { ...order, revision: 7, position: resting(name, { attempt: 7, wait, sweeps: 2 }) };
    const position = signalled(before, SETTLE);
    expect(position).toEqual({
      definitionVersion: 1,
      state: name,
      attempt: 0,
      wait: { id: `${name}@8`, deadline: NOON - 99 * MINUTE, since: NOON - 99 * MINUTE, alerted: true },
      dueAt: NOON + 7,
      handOff: true,
    });
    if (!position) throw new Error('it rests still');
    const after = { ...before, revision: 8, position };
    expect(resume(after, { waitId: `${name}@8` }, NOON + 7)).toBe(next);
    expect(resume(after, { waitId: `${name}@8` }, NOON - 5 * MINUTE), 'by a clock that is behind').toBe(next);
    expect(resume(after, { waitId: `${name}@2` }, NOON + 60 * MINUTE)).toBeUndefined();
    const rest = positionAtTarget(after, orderWorkflowV1, resolve(orderWorkflowV1, name), TIMES, NOON + MINUTE);
    expect(rest).toMatchObject({
      attempt: 1,
      dueAt: NOON + 2 * MINUTE,
      wait: { id: `${name}@9`, since: NOON - 99 * MINUTE, alerted: true },
    });
  });

  it.each([
    ['a wish to cancel while the charge is under way', CHARGING, lease, CANCEL],
    ['a wish to cancel while the settlement waits', CHARGING, resting('RetrySettlement', { attempt: 2 }), CANCEL],
    ['another address before anything has run', anOrder(), aPosition(), MOVE],
    ['another address while the restaurant has the order', PAID, resting('WaitForRestaurantConfirmation'), MOVE],
    ['another address while an approval is waited for', AWAITING, resting('RequireApproval'), MOVE],
  ] as const)('%s leaves the position as it is', (_, order, position, command) => {
    expect(signalled({ ...order, position }, command)).toEqual(position);
  });

  it.each([
    ['a status of a confirmed order', CONFIRMED, status('processing')],
    ['a delivery', SHIPPED, status('delivered')],
    ['another address of a confirmed order', CONFIRMED, MOVE],
  ] as const)('%s makes no position where there was none', (_, order, command) => {
    expect(signalled(order, command)).toBeUndefined();
  });

  it('does not take the signal of another wait for its own', () => {
    const before = { ...PAID, position: resting('RequireApproval') };
    const outcome: Outcome = 'confirmed';
    expect(positionAfterSignal(before, before, outcome, NOON)).toEqual(before.position);
  });

  function signalled(before: Order, command: Command): Position | undefined {
    const decision = decide(before, command, NOON);
    if (decision.kind !== 'changed') throw new Error(`${command.type} was ${decision.kind}`);
    return positionAfterSignal(before, decision.order, decision.outcome, NOON + 7);
  }
});

describe('the position at a target', () => {
  const at = (order: Order, name: string, now = NOON) =>
    positionAtTarget(order, orderWorkflowV1, resolve(orderWorkflowV1, name), TIMES, now);

  it('begins with a hand-over to the relay for a new order', () => {
    expect(firstPosition(NOON)).toEqual({
      definitionVersion: 1,
      state: 'ValidateOrder',
      attempt: 0,
      dueAt: NOON,
      handOff: true,
    });
  });

  it('gives a task to the segment that saved it, for as long as a segment may take', () => {
    expect(at(anOrder(), 'ProcessPayment')).toEqual({
      definitionVersion: 1,
      state: 'ProcessPayment',
      attempt: 0,
      dueAt: NOON + SEGMENT_LEASE_MS,
      handOff: false,
    });
  });

  it.each([
    ['RequireApproval', TIMES.approvalTimeoutMs],
    ['WaitForRestaurantConfirmation', TIMES.confirmationTimeoutMs],
  ])('hands the deadline of %s to the relay', (name, lasts) => {
    const order = anOrder({ revision: 6 });
    expect(at(order, name)).toEqual({
      definitionVersion: 1,
      state: name,
      attempt: 0,
      wait: { id: `${name}@7`, deadline: NOON + lasts, since: NOON, alerted: false },
      dueAt: NOON + lasts,
      handOff: true,
    });
  });

  it.each(['OrderSuccessful', 'OrderFailed', 'OperatorsQueue'])('is none at %s', (name) => {
    expect(at(anOrder({ position: aPosition() }), name)).toBeUndefined();
  });

  it.each([
    ['RetryOpening', [1, 2, 4, 8, 15, 15]],
    ['RetrySettlement', [1, 2, 4, 8, 16, 32, 60, 60]],
    ['RetryRefund', [1, 2, 4, 8, 16, 32, 60, 60]],
  ])('%s rests longer each round, up to its cap', (name, minutes) => {
    const rounds = series(name, minutes.length);
    expect(rounds.map(({ attempt }) => attempt)).toEqual(minutes.map((_, index) => index + 1));
    expect(rounds.map(({ dueAt, from }) => (dueAt - from) / MINUTE)).toEqual(minutes);
    expect(rounds.every(({ wait, dueAt, handOff }) => wait?.deadline === dueAt && handOff)).toBe(true);
  });

  it('does not overflow in a series that lasts for years', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (attempt) => {
        const state = retryState('RetrySettlement');
        expect(backoffMs(state, attempt)).toBeLessThanOrEqual(state.capMs);
        expect(backoffMs(state, attempt + 1)).toBeGreaterThanOrEqual(backoffMs(state, attempt));
      }),
    );
  });

  it('keeps since when a series began, and counts it as told to the operators once it has lasted too long', () => {
    const rounds = series('RetrySettlement', 7);
    expect(rounds.every(({ wait }) => wait?.since === NOON)).toBe(true);
    // Rests of 1, 2, 4 and 8 minutes: the fifth begins after 15.
    expect(rounds.map(({ wait }) => wait?.alerted)).toEqual([false, false, false, false, true, true, true]);
  });

  it('starts over when another series begins', () => {
    const earlier = at(anOrder({ position: resting('RetryOpening', { attempt: 4 }) }), 'RetrySettlement', NOON + 5);
    expect(earlier).toMatchObject({ attempt: 1, dueAt: NOON + 5 + MINUTE, wait: { since: NOON + 5, alerted: false } });
    const between = at(anOrder({ position: aPosition({ state: 'RefundPayment' }) }), 'RetryRefund');
    expect(between).toMatchObject({ attempt: 1, wait: { since: NOON, alerted: false } });
  });

  it('never gives two waits of an order the same id', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('RequireApproval', 'RetryOpening', 'WaitForRestaurantConfirmation'), {
          maxLength: 20,
        }),
        (names) => {
          let order = anOrder();
          const ids = names.map((name) => {
            const position = at(order, name);
            order = { ...order, revision: order.revision + 1, ...(position && { position }) };
            return position?.wait?.id;
          });
          expect(new Set(ids).size).toBe(names.length);
        },
      ),
    );
  });

  /** The positions of a series, each parked when the one before falls due. */
  function series(name: string, length: number): readonly (Position & { readonly from: number })[] {
    const rounds: (Position & { from: number })[] = [];
    let order = anOrder();
    for (let now = NOON; rounds.length < length; ) {
      const position = at(order, name, now);
      if (!position) throw new Error('a long retry always has a position');
      rounds.push({ ...position, from: now });
      order = { ...order, revision: order.revision + 1, position };
      now = position.dueAt;
    }
    return rounds;
  }
});

describe('when a long retry is given up', () => {
  it.each([
    ['RetryOpening', 'RetryOpening', 4, undefined],
    ['RetryOpening', 'RetryOpening', 5, 'GiveUpOpening'],
    ['RetryOpening', 'RetryOpening', 6, 'GiveUpOpening'],
    ['RetryOpening', 'RetrySettlement', 9, undefined],
    ['RetrySettlement', 'RetrySettlement', 99, undefined],
    ['RetryRefund', 'RetryRefund', 99, undefined],
  ])('%s for an order that rests in %s for the %dth time: %s', (name, at, attempt, expected) => {
    expect(givenUp(resting(at, { attempt }), name, retryState(name))).toBe(expected);
  });

  it('is not before it has begun', () => {
    expect(givenUp(undefined, 'RetryOpening', retryState('RetryOpening'))).toBeUndefined();
  });
});

describe('when the operators are told of a long retry', () => {
  const state = retryState('RetrySettlement');
  const begun = resting('RetrySettlement');

  it.each([
    ['before it has lasted 15 minutes', begun, 15 * MINUTE - 1, false],
    ['once it has lasted 15 minutes', begun, 15 * MINUTE, true],
    [
      'a second time',
      resting('RetrySettlement', { wait: { id: 'x', deadline: NOON, since: NOON, alerted: true } }),
      60 * MINUTE,
      false,
    ],
    ['of another series', resting('RetryOpening'), 60 * MINUTE, false],
    ['of an order that rests nowhere', undefined, 60 * MINUTE, false],
  ])('%s', (_, position, lasted, expected) => {
    expect(needsAlert(position, 'RetrySettlement', state, NOON + lasted)).toBe(expected);
  });
});

describe('the versions of a definition', () => {
  afterEach(() => {
    vi.doUnmock('../../shared/workflow/order-workflow.ts');
    vi.resetModules();
  });

  it('refuses an order of a version that this release does not have', () => {
    const message = /workflow definition 7 is not part of this release/;
    expect(() => definitionFor({ definitionVersion: 7 })).toThrow(message);
    const order = anOrder({ position: resting('RetryOpening', { definitionVersion: 7 }) });
    expect(() => resume(order, { waitId: 'RetryOpening@2' }, NOON + MINUTE)).toThrow(message);
    expect(() => positionAfterSignal(order, order, 'updated', NOON)).toThrow(message);
  });

  it('lets an order that runs on version 1 go on by it when there is a version 2', async () => {
    const { interpreter, v2 } = await withVersion2();
    const running = anOrder({ position: resting('RequireApproval') });
    const approved = orderAfter(REVIEW, APPROVE);
    expect(interpreter.definitionFor(running.position)).toEqual(orderWorkflowV1);
    expect(interpreter.resume(running, { waitId: 'RequireApproval@2' }, NOON + MINUTE)).toBe('ExpireApproval');
    expect(interpreter.positionAfterSignal(running, approved, 'approved', NOON)).toMatchObject({
      definitionVersion: 1,
      state: 'OpenPayment',
    });
    expect(interpreter.firstPosition(NOON)).toMatchObject({ definitionVersion: 2, state: 'ScreenOrder' });
    expect(interpreter.definitionFor(undefined)).toEqual(v2);
  });

  it('starts an order whose workflow has ended on the current version', async () => {
    const { interpreter } = await withVersion2();
    const confirmed = orderAfter(BEGIN, CHARGED, ACCEPT);
    const cancelled = orderAfter(BEGIN, CHARGED, ACCEPT, CANCEL);
    expect(interpreter.positionAfterSignal(confirmed, cancelled, 'refund_due', NOON)).toMatchObject({
      definitionVersion: 2,
      state: 'GiveBack',
    });
  });

  async function withVersion2() {
    const { OpenPayment, RefundPayment, ...same } = orderWorkflowV1.states;
    if (!OpenPayment || !RefundPayment) throw new Error('version 1 has these states');
    const v2 = {
      ...orderWorkflowV1,
      version: 2,
      startAt: 'ScreenOrder',
      entries: { refund_due: { next: 'GiveBack', money: 'held' } },
      states: {
        ...same,
        ScreenOrder: { ...orderWorkflowV1.states['ValidateOrder'] },
        Pay: OpenPayment,
        GiveBack: RefundPayment,
      },
    };
    vi.resetModules();
    vi.doMock('../../shared/workflow/order-workflow.ts', () => ({
      orderWorkflowV1,
      DEFINITIONS: [orderWorkflowV1, v2],
      CURRENT: v2,
    }));
    return { interpreter: await import('../../shared/workflow/interpreter.ts'), v2 };
  }
});
