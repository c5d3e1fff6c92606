import { describe, expect, test } from 'vitest';
import type { Command } from '../../shared/domain/commands.ts';
import { decide } from '../../shared/domain/decide.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import { changed } from '../../shared/domain/history.ts';
import { ORDER_STATUSES, type Order, type OrderStatus, type PaymentStatus } from '../../shared/domain/order.ts';
import { DEFAULT_THRESHOLDS, LIMITS } from '../../shared/domain/rules.ts';
import type { TaskName } from '../../shared/workflow/definition.ts';
import { DEFINITIONS } from '../../shared/workflow/order-workflow.ts';
import { anOrder, aPosition, NOON, after as written } from '../fixtures.ts';

const MINUTE = 60_000;
const OPERATOR = 'operator:olga';
const CUSTOMER = 'customer:alice';
const RESTAURANT = 'restaurant:rest-1';

const COMMANDS = {
  'review below the threshold': { type: 'review', thresholds: DEFAULT_THRESHOLDS },
  'review at the threshold': { type: 'review', thresholds: { ...DEFAULT_THRESHOLDS, approval: { default: 1599 } } },
  approve: { type: 'approve', accepted: true, by: OPERATOR },
  reject: { type: 'approve', accepted: false, by: OPERATOR, note: 'too much' },
  'expire approval': { type: 'expire-approval' },
  'give up opening': { type: 'give-up-opening' },
  'begin charge': { type: 'begin-charge', reference: 'pay_1' },
  'record charge': { type: 'record-charge', transactionId: 'txn_1' },
  'record sealed': { type: 'record-sealed' },
  'record decline': { type: 'record-sealed', declineCode: 'insufficient_funds' },
  'confirm as accepted': { type: 'confirm', accepted: true, by: RESTAURANT },
  'confirm as refused': { type: 'confirm', accepted: false, by: RESTAURANT, note: 'no dough' },
  'expire confirmation': { type: 'expire-confirmation' },
  cancel: { type: 'cancel', by: CUSTOMER, note: 'changed my mind' },
  'request refund': { type: 'request-refund', by: OPERATOR, note: 'arrived cold' },
  'request settlement': { type: 'request-settlement', by: OPERATOR, note: 'the provider is back' },
  'record refund': { type: 'record-refund', refundId: 're_1' },
  'record refund failure': { type: 'record-refund-failure', code: 'refund_refused' },
  'change address': { type: 'change-address', deliveryAddress: '2 Side Street', by: CUSTOMER },
  'change address to the same': { type: 'change-address', deliveryAddress: '1 Main Street', by: CUSTOMER },
  'set processing': { type: 'set-status', status: 'processing', by: RESTAURANT },
  'set shipped': { type: 'set-status', status: 'shipped', by: RESTAURANT },
  'set delivered': { type: 'set-status', status: 'delivered', by: OPERATOR },
  'raise attention': { type: 'raise-attention', reason: 'payment-unsettled' },
  park: { type: 'park' },
} as const satisfies Record<string, Command>;
type CommandName = keyof typeof COMMANDS;

/** An order after these commands, one a minute. Each has to change it. */
function orderAfter(...names: readonly CommandName[]): Order {
  return names.reduce((order, name) => written(order, COMMANDS[name], order.updatedAt + MINUTE).order, anOrder());
}

/** An order in each status, by the shortest way there. */
const IN: Readonly<Record<OrderStatus, Order>> = {
  pending: orderAfter(),
  awaiting_approval: orderAfter('review at the threshold'),
  charging: orderAfter('begin charge'),
  paid: orderAfter('begin charge', 'record charge'),
  payment_failed: orderAfter('begin charge', 'record sealed'),
  confirmed: orderAfter('begin charge', 'record charge', 'confirm as accepted'),
  processing: orderAfter('begin charge', 'record charge', 'confirm as accepted', 'set processing'),
  shipped: orderAfter('begin charge', 'record charge', 'confirm as accepted', 'set processing', 'set shipped'),
  delivered: orderAfter(
    'begin charge',
    'record charge',
    'confirm as accepted',
    'set processing',
    'set shipped',
    'set delivered',
  ),
  cancelled: orderAfter('cancel'),
  rejected: orderAfter('review at the threshold', 'reject'),
  refunding: orderAfter('begin charge', 'record charge', 'expire confirmation'),
  refunded: orderAfter('begin charge', 'record charge', 'expire confirmation', 'record refund'),
  refund_failed: orderAfter('begin charge', 'record charge', 'expire confirmation', 'record refund failure'),
};

/** What comes of a command, for example `-> paid (charged)`, `same (superseded)`, `illegal-transition`. */
function told(order: Order, name: CommandName): string {
  const decision = decide(order, COMMANDS[name], order.updatedAt + MINUTE);
  switch (decision.kind) {
    case 'changed':
      return `-> ${decision.order.status} (${decision.outcome})`;
    case 'unchanged':
      return `same (${decision.outcome})`;
    case 'refused':
      return decision.code;
  }
}

type Row = { readonly otherwise: string } & { readonly [status in OrderStatus]?: string };

const ILLEGAL = { otherwise: 'illegal-transition' };
const SUPERSEDED = { otherwise: 'same (superseded)' };

const TABLE: Readonly<Record<CommandName, Row>> = {
  'review below the threshold': { ...SUPERSEDED, pending: 'same (ready)' },
  'review at the threshold': { ...SUPERSEDED, pending: '-> awaiting_approval (approval_required)' },
  approve: { ...ILLEGAL, awaiting_approval: '-> awaiting_approval (approved)', rejected: 'already-decided' },
  reject: { ...ILLEGAL, awaiting_approval: '-> rejected (stopped)', rejected: 'same (updated)' },
  'expire approval': { ...SUPERSEDED, awaiting_approval: '-> rejected (stopped)' },
  'give up opening': { ...SUPERSEDED, pending: '-> cancelled (stopped)' },
  'begin charge': { ...SUPERSEDED, pending: '-> charging (opened)', charging: 'same (opened)' },
  'record charge': {
    ...SUPERSEDED,
    charging: '-> paid (charged)',
    paid: 'same (charged)',
    confirmed: 'same (charged)',
    refunding: 'same (refund_due)',
  },
  'record sealed': { ...SUPERSEDED, charging: '-> payment_failed (failed)' },
  'record decline': { ...SUPERSEDED, charging: '-> payment_failed (failed)' },
  'confirm as accepted': {
    ...ILLEGAL,
    paid: '-> confirmed (confirmed)',
    confirmed: 'same (confirmed)',
    processing: 'same (confirmed)',
    shipped: 'same (confirmed)',
    delivered: 'same (confirmed)',
    refunding: 'too-late',
    refunded: 'too-late',
    refund_failed: 'too-late',
  },
  'confirm as refused': {
    ...ILLEGAL,
    paid: '-> refunding (refund_due)',
    confirmed: 'already-decided',
    processing: 'already-decided',
    shipped: 'already-decided',
    delivered: 'already-decided',
    refunding: 'too-late',
    refunded: 'too-late',
    refund_failed: 'too-late',
  },
  'expire confirmation': { ...SUPERSEDED, paid: '-> refunding (refund_due)', refunding: 'same (refund_due)' },
  cancel: {
    ...ILLEGAL,
    pending: '-> cancelled (stopped)',
    awaiting_approval: '-> cancelled (stopped)',
    charging: '-> charging (cancel_requested)',
    paid: '-> refunding (refund_due)',
    confirmed: '-> refunding (refund_due)',
    processing: '-> refunding (refund_due)',
    cancelled: 'same (updated)',
  },
  'request refund': {
    ...ILLEGAL,
    shipped: '-> refunding (refund_due)',
    delivered: '-> refunding (refund_due)',
    refund_failed: '-> refunding (refund_due)',
    refunding: 'same (refund_due)',
  },
  'request settlement': {
    ...ILLEGAL,
    charging: '-> charging (settlement_due)',
    refunding: '-> refunding (refund_due)',
  },
  'record refund': {
    ...SUPERSEDED,
    refunding: '-> refunded (refunded)',
    refund_failed: '-> refunded (refunded)',
    refunded: 'same (refunded)',
  },
  'record refund failure': {
    ...SUPERSEDED,
    refunding: '-> refund_failed (refund_failed)',
    refund_failed: 'same (refund_failed)',
  },
  'change address': {
    ...ILLEGAL,
    pending: '-> pending (updated)',
    awaiting_approval: '-> awaiting_approval (updated)',
    charging: '-> charging (updated)',
    paid: '-> paid (updated)',
    confirmed: '-> confirmed (updated)',
  },
  'change address to the same': {
    ...ILLEGAL,
    pending: 'same (updated)',
    awaiting_approval: 'same (updated)',
    charging: 'same (updated)',
    paid: 'same (updated)',
    confirmed: 'same (updated)',
  },
  'set processing': { ...ILLEGAL, confirmed: '-> processing (updated)', processing: 'same (updated)' },
  'set shipped': { ...ILLEGAL, processing: '-> shipped (updated)', shipped: 'same (updated)' },
  'set delivered': { ...ILLEGAL, shipped: '-> delivered (updated)', delivered: 'same (updated)' },
  'raise attention': anywhere(),
  park: anywhere(),
};

/** Changes the order, and never its status. */
function anywhere(): Row {
  const cells = ORDER_STATUSES.map((status) => [status, `-> ${status} (updated)`] as const);
  return { otherwise: 'missing', ...Object.fromEntries(cells) };
}

/** The events of each command, wherever it changes something: name and reason. */
const EVENTS: Readonly<Record<CommandName, readonly string[]>> = {
  'review below the threshold': [],
  'review at the threshold': ['approval_requested'],
  approve: ['updated approved'],
  reject: ['status_changed approval-refused'],
  'expire approval': ['status_changed approval-expired'],
  'give up opening': ['cancelled gateway-unavailable'],
  'begin charge': ['status_changed'],
  'record charge': ['payment_charged'],
  'record sealed': ['payment_declined gateway-unavailable'],
  'record decline': ['payment_declined insufficient_funds'],
  'confirm as accepted': ['status_changed'],
  'confirm as refused': ['status_changed restaurant-refused'],
  'expire confirmation': ['restaurant_timeout restaurant-timeout'],
  cancel: [
    'cancelled cancellation-requested',
    'updated cancellation-requested',
    'status_changed cancellation-requested',
  ],
  'request refund': ['status_changed refund-requested'],
  'request settlement': ['updated settlement-requested'],
  'record refund': ['payment_refunded'],
  'record refund failure': ['refund_failed refund_refused'],
  'change address': ['updated address-changed'],
  'change address to the same': [],
  'set processing': ['status_changed'],
  'set shipped': ['status_changed'],
  'set delivered': ['status_changed'],
  'raise attention': ['needs_attention payment-unsettled'],
  park: [],
};

describe('what each command makes of an order in each status', () => {
  const names = Object.keys(COMMANDS) as CommandName[];

  test.each(names)('%s', (name) => {
    const { otherwise, ...cells } = TABLE[name];
    const expected = ORDER_STATUSES.map((status) => `${status}: ${cells[status] ?? otherwise}`);
    expect(ORDER_STATUSES.map((status) => `${status}: ${told(IN[status], name)}`)).toEqual(expected);
  });

  test.each(names)('%s is told by an event of its own', (name) => {
    const events = Object.values(IN).flatMap((order) => {
      const decision = decide(order, COMMANDS[name], order.updatedAt);
      return decision.kind === 'changed' ? eventsAfter(decision.order, order.sequence) : [];
    });
    const spoken = events.map(({ name: event, reason }) => (reason === undefined ? event : `${event} ${reason}`));
    expect([...new Set(spoken)]).toEqual(EVENTS[name]);
  });

  test('keeps the payment in step with the status', () => {
    const payments = Object.fromEntries(ORDER_STATUSES.map((status) => [status, IN[status].payment.status]));
    expect(payments).toEqual({
      pending: 'none',
      awaiting_approval: 'none',
      charging: 'charging',
      paid: 'charged',
      payment_failed: 'failed',
      confirmed: 'charged',
      processing: 'charged',
      shipped: 'charged',
      delivered: 'charged',
      cancelled: 'none',
      rejected: 'none',
      refunding: 'refunding',
      refunded: 'refunded',
      refund_failed: 'refund_failed',
    } satisfies Record<OrderStatus, PaymentStatus>);
  });
});

describe('a new order', () => {
  test('is pending, uncharged, and has begun every count', () => {
    expect(IN.pending).toMatchObject({
      status: 'pending',
      payment: { status: 'none' },
      createdAt: NOON,
      updatedAt: NOON,
      revision: 1,
      version: 1,
      sequence: 1,
      addressChanges: 0,
    });
    expect(IN.pending.timeline).toEqual([
      { sequence: 1, name: 'created', at: NOON, status: 'pending', version: 1, by: CUSTOMER },
    ]);
  });
});

describe('the timeline', () => {
  test('says who acted: people by their names, the workflow as system', () => {
    expect(IN.delivered.timeline.map(({ name, by }) => `${name} ${by}`)).toEqual([
      `created ${CUSTOMER}`,
      'status_changed system',
      'payment_charged system',
      `status_changed ${RESTAURANT}`,
      `status_changed ${RESTAURANT}`,
      `status_changed ${RESTAURANT}`,
      `status_changed ${OPERATOR}`,
    ]);
  });
});

describe('an approval', () => {
  const approved = orderAfter('review at the threshold', 'approve');

  test('lets the order be charged, and leaves it awaiting until then', () => {
    expect(approved).toMatchObject({ status: 'awaiting_approval', approval: { accepted: true, by: OPERATOR } });
    expect(told(approved, 'begin charge')).toBe('-> charging (opened)');
  });

  test('is what an order over the threshold cannot be charged or given up without', () => {
    expect(told(IN.awaiting_approval, 'begin charge')).toBe('same (superseded)');
    expect(told(IN.awaiting_approval, 'give up opening')).toBe('same (superseded)');
    expect(told(approved, 'give up opening')).toBe('-> cancelled (stopped)');
  });

  test('is not undone by its deadline', () => {
    expect(told(approved, 'expire approval')).toBe('same (superseded)');
  });

  test('stands: repeated it changes nothing, and the opposite is refused', () => {
    expect(told(approved, 'approve')).toBe('same (updated)');
    expect(decide(approved, COMMANDS.reject, NOON)).toEqual({
      kind: 'refused',
      code: 'already-decided',
      message: 'the approval was given before and stands',
    });
    expect(decide(IN.rejected, COMMANDS.approve, NOON)).toMatchObject({
      message: 'the approval was refused before and stands',
    });
  });

  test('that was refused says who, when and why, and its words stay out of the reason', () => {
    const { approval, timeline, updatedAt } = IN.rejected;
    expect(approval).toEqual({ accepted: false, by: OPERATOR, at: updatedAt, note: 'too much' });
    expect(timeline.at(-1)).toMatchObject({ by: OPERATOR, reason: 'approval-refused', note: 'too much' });
  });
});

describe('a charge', () => {
  test('is of the reference that was saved first', () => {
    const again = decide(IN.charging, { type: 'begin-charge', reference: 'pay_2' }, NOON + MINUTE);
    expect(again).toEqual({ kind: 'unchanged', order: IN.charging, outcome: 'opened' });
    expect(IN.charging.payment).toEqual({ status: 'charging', reference: 'pay_1' });
  });

  test('keeps its transaction, its time and its reference', () => {
    const { payment, updatedAt } = IN.paid;
    expect(payment).toEqual({
      status: 'charged',
      reference: 'pay_1',
      transactionId: 'txn_1',
      chargedAt: updatedAt,
    });
  });

  test('that the issuer declined says why; one that never got through says that', () => {
    const declined = orderAfter('begin charge', 'record decline');
    expect(declined.payment).toMatchObject({ status: 'declined', declineCode: 'insufficient_funds' });
    expect(declined.timeline.at(-1)).toMatchObject({ name: 'payment_declined', reason: 'insufficient_funds' });
    expect(IN.payment_failed.payment).toMatchObject({ status: 'failed', declineCode: 'gateway-unavailable' });
  });
});

describe('a cancellation while the order is being charged', () => {
  const wished = orderAfter('begin charge', 'cancel');

  test('is a wish: the order is charging still, and it is recorded whose wish it was', () => {
    expect(wished).toMatchObject({
      status: 'charging',
      cancellation: { by: CUSTOMER, accepted: true, note: 'changed my mind' },
    });
    expect(wished.timeline.at(-1)).toMatchObject({ name: 'updated', reason: 'cancellation-requested' });
  });

  test('changes nothing when it is repeated', () => {
    expect(told(wished, 'cancel')).toBe('same (cancel_requested)');
  });

  test.each(['record sealed', 'record decline'] as const)('ends cancelled on %s', (name) => {
    const order = orderAfter('begin charge', 'cancel', name);
    expect(order).toMatchObject({ status: 'cancelled', payment: { status: 'none', reference: 'pay_1' } });
    expect(order.payment).not.toHaveProperty('declineCode');
    expect(order.timeline.at(-1)).toMatchObject({
      name: 'cancelled',
      previousStatus: 'charging',
      reason: 'cancellation-requested',
      by: CUSTOMER,
      note: 'changed my mind',
    });
  });

  test('is paid and refunding in one write with two events when the charge had gone through', () => {
    const { order, events } = written(wished, COMMANDS['record charge'], NOON + 3 * MINUTE);
    expect(order).toMatchObject({
      status: 'refunding',
      payment: { status: 'refunding', transactionId: 'txn_1', chargedAt: NOON + 3 * MINUTE },
      revision: wished.revision + 1,
      version: wished.version + 2,
      sequence: wished.sequence + 2,
    });
    expect(events.map(({ name, previousStatus, status }) => ({ name, previousStatus, status }))).toEqual([
      { name: 'payment_charged', previousStatus: 'charging', status: 'paid' },
      { name: 'status_changed', previousStatus: 'paid', status: 'refunding' },
    ]);
    expect(events.map(({ reason }) => reason)).toEqual(['cancelled-while-charging', 'cancelled-while-charging']);
    expect(order.timeline.at(-1)).toMatchObject({ by: CUSTOMER });
    expect(told(wished, 'record charge')).toBe('-> refunding (refund_due)');
  });

  test('changes nothing when it is repeated once the money goes back', () => {
    const refunding = orderAfter('begin charge', 'cancel', 'record charge');
    expect(told(refunding, 'cancel')).toBe('same (updated)');
    expect(told(orderAfter('begin charge', 'cancel', 'record charge', 'record refund'), 'cancel')).toBe(
      'same (updated)',
    );
  });
});

describe("a restaurant's word", () => {
  test('that it refuses refunds the order, and is unchanged when it is repeated', () => {
    const refused = orderAfter('begin charge', 'record charge', 'confirm as refused');
    expect(refused).toMatchObject({ status: 'refunding', confirmation: { accepted: false, note: 'no dough' } });
    expect(refused.timeline.at(-1)).toMatchObject({ reason: 'restaurant-refused', by: RESTAURANT });
    expect(told(refused, 'confirm as refused')).toBe('same (refund_due)');
    expect(told(refused, 'confirm as accepted')).toBe('too-late');
  });

  test.each(['expire confirmation', 'cancel'] as const)('comes too late after %s', (name) => {
    const order = orderAfter('begin charge', 'record charge', name);
    expect(told(order, 'confirm as accepted')).toBe('too-late');
    expect(told(order, 'confirm as refused')).toBe('too-late');
  });

  test('stands: the opposite is refused', () => {
    expect(decide(IN.confirmed, COMMANDS['confirm as refused'], NOON)).toEqual({
      kind: 'refused',
      code: 'already-decided',
      message: 'the confirmation was given before and stands',
    });
  });

  test('that it accepts is not undone by a deadline', () => {
    expect(told(IN.confirmed, 'expire confirmation')).toBe('same (superseded)');
  });

  test('that it accepts, repeated after the customer cancelled, was given and changes nothing', () => {
    const cancelled = orderAfter('begin charge', 'record charge', 'confirm as accepted', 'cancel');
    expect(told(cancelled, 'confirm as accepted')).toBe('same (confirmed)');
    expect(told(cancelled, 'confirm as refused')).toBe('too-late');
  });

  test('that never came is an event of its own name', () => {
    expect(IN.refunding.timeline.at(-1)).toMatchObject({ name: 'restaurant_timeout', reason: 'restaurant-timeout' });
  });
});

describe('the delivery address', () => {
  const moves = (order: Order, from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${from + index} Side Street`).reduce(
      (current, deliveryAddress) => written(current, { type: 'change-address', deliveryAddress, by: CUSTOMER }).order,
      order,
    );

  test(`may change ${LIMITS.addressChanges} times, whatever happens in between, and not once more`, () => {
    const paid = written(
      written(moves(IN.pending, 1, 4), COMMANDS['begin charge']).order,
      COMMANDS['record charge'],
    ).order;
    const settled = moves(paid, 5, 6);
    expect(settled).toMatchObject({ addressChanges: 10, deliveryAddress: '10 Side Street' });
    const eleventh = decide(settled, { type: 'change-address', deliveryAddress: 'Elsewhere', by: CUSTOMER }, NOON);
    expect(eleventh).toMatchObject({ kind: 'refused', code: 'too-many-changes' });
  });

  test('that stays the same is no change, also when no more are left', () => {
    const settled = moves(IN.pending, 1, LIMITS.addressChanges);
    const same = { type: 'change-address', deliveryAddress: settled.deliveryAddress, by: CUSTOMER } as const;
    expect(decide(settled, same, NOON)).toEqual({ kind: 'unchanged', order: settled, outcome: 'updated' });
  });

  test('is on the order and nowhere in its history', () => {
    const { order, events } = written(IN.paid, COMMANDS['change address']);
    expect(order.deliveryAddress).toBe('2 Side Street');
    expect(JSON.stringify([order.timeline, events])).not.toMatch(/Street/);
  });
});

describe('a refund', () => {
  test('that failed may be asked for again', () => {
    const again = written(IN.refund_failed, COMMANDS['request refund']).order;
    expect(again).toMatchObject({ status: 'refunding', payment: { status: 'refunding', transactionId: 'txn_1' } });
    expect(told(again, 'record refund')).toBe('-> refunded (refunded)');
  });

  test('that failed says why in a code', () => {
    expect(IN.refund_failed.timeline.at(-1)).toMatchObject({ name: 'refund_failed', reason: 'refund_refused' });
  });

  test('keeps what was charged', () => {
    expect(IN.refunded.payment).toMatchObject({ status: 'refunded', refundId: 're_1', transactionId: 'txn_1' });
  });
});

describe('a settlement that somebody asks for', () => {
  const AGAIN = { type: 'request-settlement', by: 'operator:otto', note: 'me, too' } as const;
  const now = NOON + 9 * MINUTE;
  const due = (order: Order, dueAt: number) => ({ ...order, position: aPosition({ state: 'SettlePayment', dueAt }) });

  test.each(['charging', 'refunding'] as const)(
    'of an order that is %s changes neither status nor payment',
    (status) => {
      const { order, events } = written(IN[status], COMMANDS['request settlement'], now);
      expect(order).toMatchObject({ status, payment: IN[status].payment, version: IN[status].version + 1 });
      expect(order.timeline.at(-1)).toMatchObject({
        by: OPERATOR,
        reason: 'settlement-requested',
        note: 'the provider is back',
      });
      expect(JSON.stringify(events)).not.toContain('the provider is back');
    },
  );

  test.each(['charging', 'refunding'] as const)(
    'once more changes nothing while the order is due for it (%s)',
    (status) => {
      const asked = due(written(IN[status], COMMANDS['request settlement'], now).order, now);
      const outcome = status === 'charging' ? 'settlement_due' : 'refund_due';
      expect(decide(asked, AGAIN, now + MINUTE)).toEqual({ kind: 'unchanged', order: asked, outcome });
    },
  );

  test('once more changes nothing while the order is due for it, also when something else has happened since', () => {
    const asked = written(IN.charging, COMMANDS['request settlement'], now).order;
    const cancelled = due(written(asked, COMMANDS.cancel, now + 1).order, now);
    expect(decide(cancelled, AGAIN, now + 2)).toMatchObject({ kind: 'unchanged', outcome: 'settlement_due' });
  });

  test('once more is an act of its own when the workflow has gone on', () => {
    const rested = due(written(IN.charging, COMMANDS['request settlement'], now).order, now + MINUTE);
    expect(decide(rested, AGAIN, now + 2 * MINUTE)).toMatchObject({ kind: 'changed', outcome: 'settlement_due' });
  });
});

describe('a write of the position alone', () => {
  test('grows the revision and changes nothing that a client can see', () => {
    const { order, events } = written(IN.charging, { type: 'park' }, NOON + 9 * MINUTE);
    expect(order).toEqual({ ...IN.charging, revision: IN.charging.revision + 1 });
    expect(events).toEqual([]);
  });
});

describe('a call for attention', () => {
  test('is an event that leaves status and payment alone', () => {
    const { order, events } = written(IN.charging, COMMANDS['raise attention']);
    expect(order).toMatchObject({ status: 'charging', payment: IN.charging.payment });
    expect(events).toMatchObject([{ name: 'needs_attention', reason: 'payment-unsettled', status: 'charging' }]);
  });
});

describe('time', () => {
  test('does not go back where a clock does', () => {
    const { order } = written(IN.paid, COMMANDS.cancel, NOON - MINUTE);
    expect(order.updatedAt).toBe(IN.paid.updatedAt);
    expect(order.timeline.at(-1)?.at).toBe(IN.paid.updatedAt);
  });
});

describe('a step that the table of moves does not allow', () => {
  test('is a defect, and cannot be made', () => {
    const step = { name: 'status_changed', status: 'delivered', by: OPERATOR } as const;
    expect(() => changed(IN.pending, NOON, 'updated', [step])).toThrow('defect: pending may not become delivered');
  });
});

describe('the outcomes of what the workflow reports', () => {
  const REPORTS: readonly (readonly [TaskName, readonly CommandName[]])[] = [
    ['validateOrder', ['review below the threshold', 'review at the threshold']],
    ['openPayment', ['begin charge']],
    ['confirmPayment', ['record charge']],
    ['settlePayment', ['record charge', 'record sealed', 'record decline']],
    ['expireApproval', ['expire approval']],
    ['expireConfirmation', ['expire confirmation']],
    ['giveUpOpening', ['give up opening']],
    ['refundPayment', ['record refund', 'record refund failure']],
  ];
  const orders = [
    ...Object.values(IN),
    orderAfter('begin charge', 'cancel'),
    orderAfter('review at the threshold', 'approve'),
  ];

  test.each(REPORTS)('of %s are listed in every definition, but for superseded', (task, names) => {
    const outcomes = orders.flatMap((order) =>
      names.map((name) => {
        const decision = decide(order, COMMANDS[name], NOON);
        return decision.kind === 'refused' ? `refused: ${decision.message}` : decision.outcome;
      }),
    );
    const possible = new Set(outcomes.filter((outcome) => outcome !== 'superseded'));
    for (const { states } of DEFINITIONS) {
      const calling = Object.values(states).filter((state) => state.type === 'task' && state.task === task);
      expect(calling.length).toBeGreaterThan(0);
      for (const state of calling) {
        if (state.type === 'task') expect(Object.keys(state.outcomes)).toEqual(expect.arrayContaining([...possible]));
      }
    }
  });
});

describe('what comes from outside', () => {
  const charging = orderAfter('begin charge');

  test('a clock that goes back does not take the times of an order with it', () => {
    const { order } = written(charging, COMMANDS['record charge'], NOON - 60 * MINUTE);
    expect(order.updatedAt).toBe(charging.updatedAt);
    expect(order.payment.chargedAt).toBe(charging.updatedAt);
    expect(order.timeline.at(-1)?.at).toBe(charging.updatedAt);
  });

  test.each(['no money, honey', 'x'.repeat(65), ''])('a code that is no code is not passed on: %j', (declineCode) => {
    const { order } = written(charging, { type: 'record-sealed', declineCode }, NOON);
    expect(order.payment.declineCode).toBe('other');
    expect(order.timeline.at(-1)?.reason).toBe('other');
  });
});
