import { describe, expect, it } from 'vitest';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { TASKS, type TaskPorts } from '../../shared/application/tasks.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import { ORDER_STATUSES, type Order, type OrderStatus } from '../../shared/domain/order.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import type { TaskName } from '../../shared/workflow/definition.ts';
import { orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';
import { anOrder, after as command, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const BEGIN: Command = { type: 'begin-charge', reference: 'pay_1' };
const REVIEW: Command = { type: 'review', thresholds: { approval: { default: 1 }, highValue: {} } };
const PAID: readonly Command[] = [BEGIN, { type: 'record-charge', transactionId: 'txn_1' }];
const CONFIRMED: readonly Command[] = [...PAID, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' }];
const REFUNDING: readonly Command[] = [...PAID, { type: 'expire-confirmation' }];
const status = (to: 'processing' | 'shipped' | 'delivered'): Command => ({
  type: 'set-status',
  status: to,
  by: 'operator:olga',
});

/** The shortest way into each status. */
const WAYS: Readonly<Record<OrderStatus, readonly Command[]>> = {
  pending: [],
  awaiting_approval: [REVIEW],
  charging: [BEGIN],
  paid: PAID,
  payment_failed: [BEGIN, { type: 'record-sealed' }],
  confirmed: CONFIRMED,
  processing: [...CONFIRMED, status('processing')],
  shipped: [...CONFIRMED, status('processing'), status('shipped')],
  delivered: [...CONFIRMED, status('processing'), status('shipped'), status('delivered')],
  cancelled: [{ type: 'cancel', by: 'customer:alice' }],
  rejected: [REVIEW, { type: 'expire-approval' }],
  refunding: REFUNDING,
  refunded: [...REFUNDING, { type: 'record-refund', refundId: 're_1' }],
  refund_failed: [...REFUNDING, { type: 'record-refund-failure', code: 'refund_refused' }],
};

/** The state of the workflow that runs each task. */
const STATE: Readonly<Record<TaskName, string>> = {
  validateOrder: 'ValidateOrder',
  openPayment: 'OpenPayment',
  confirmPayment: 'ProcessPayment',
  settlePayment: 'SettlePayment',
  expireApproval: 'ExpireApproval',
  expireConfirmation: 'RestaurantTimeout',
  giveUpOpening: 'GiveUpOpening',
  refundPayment: 'RefundPayment',
};

/** Where each task still has something to do, or something to tell. Anywhere else it comes too late. */
const SPEAKS_TO: Readonly<Record<TaskName, readonly OrderStatus[]>> = {
  validateOrder: ['pending'],
  openPayment: ['pending', 'awaiting_approval', 'charging'],
  confirmPayment: ['charging'],
  settlePayment: ['charging'],
  expireApproval: ['awaiting_approval'],
  expireConfirmation: ['paid', 'refunding'],
  giveUpOpening: ['pending'],
  refundPayment: ['refunding'],
};

const TASK_NAMES = Object.keys(STATE) as readonly TaskName[];

async function given(history: readonly Command[], wrap: (inner: OrderStore) => OrderStore = (same) => same) {
  const { orders } = memoryOrderStore();
  const order = history.reduce<Order>((before, step) => command(before, step).order, anOrder());
  await orders.create(order, eventsAfter(order, 0));
  const asked: string[] = [];
  const call = (name: string) => async (): Promise<never> => {
    asked.push(name);
    throw new PortError('permission-denied', `PaymentGateway.${name}`);
  };
  const payments: PaymentGateway = {
    open: call('open'),
    confirm: call('confirm'),
    settle: call('settle'),
    refund: call('refund'),
    status: call('status'),
  };
  const ports: TaskPorts = {
    orders: wrap(orders),
    payments,
    clock: manualClock(NOON),
    thresholds: DEFAULT_THRESHOLDS,
    times: { approvalTimeoutMs: 1, confirmationTimeoutMs: 1 },
  };
  const run = (task: TaskName) =>
    TASKS[task](ports, { orderId: order.id, definition: orderWorkflowV1, state: STATE[task] });
  return { order, asked, ports, run, stored: () => orders.get(order.id) };
}

describe('a task that comes too late', () => {
  const late = TASK_NAMES.flatMap((task) =>
    ORDER_STATUSES.filter((one) => !SPEAKS_TO[task].includes(one)).map((one) => ({ task, status: one })),
  );

  it.each(late)('$task leaves an order that is $status alone, and the gateway too', async ({ task, status: one }) => {
    const { order, asked, run, stored } = await given(WAYS[one]);
    expect(await run(task)).toBe('superseded');
    expect(asked).toEqual([]);
    expect(await stored()).toEqual(order);
  });

  it.each([
    [
      'expireApproval',
      'an approval that was given',
      [REVIEW, { type: 'approve', accepted: true, by: 'operator:olga' }],
    ],
    ['giveUpOpening', 'an order that awaits its approval', [REVIEW]],
    ['openPayment', 'an order that awaits its approval', [REVIEW]],
  ] as const)('%s leaves %s alone', async (task, _, history) => {
    const { order, asked, run, stored } = await given(history);
    expect(await run(task)).toBe('superseded');
    expect(asked).toEqual([]);
    expect(await stored()).toEqual(order);
  });
});

describe('a task that was done before', () => {
  it.each([
    ['openPayment', 'charging', 'opened'],
    ['expireConfirmation', 'refunding', 'refund_due'],
  ] as const)('%s tells what is true of an order that is %s, and does nothing', async (task, one, outcome) => {
    const { order, asked, run, stored } = await given(WAYS[one]);
    expect(await run(task)).toBe(outcome);
    expect(asked).toEqual([]);
    expect(await stored()).toEqual(order);
  });
});

describe('a task whose order others keep changing', () => {
  it('decides anew five times, and is then unavailable', async () => {
    let saves = 0;
    const { run } = await given(WAYS.paid, (inner) => ({
      ...inner,
      async save() {
        saves += 1;
        throw new PortError('conflict', 'OrderStore.save');
      },
    }));
    await expect(run('expireConfirmation')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(saves).toBe(6);
  });

  it('speaks to the order that the other has left', async () => {
    let saves = 0;
    const { order, run, stored } = await given(WAYS.paid, (inner) => ({
      ...inner,
      async save(saved, events, expectedRevision) {
        saves += 1;
        if (saves === 1) {
          const other = command(order, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' });
          await inner.save(other.order, other.events, order.revision);
        }
        await inner.save(saved, events, expectedRevision);
      },
    }));
    expect(await run('expireConfirmation')).toBe('superseded');
    expect(await stored()).toMatchObject({ status: 'confirmed' });
  });
});
