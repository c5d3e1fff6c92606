import type { Command } from '../../shared/domain/commands.ts';
import type { Order, OrderStatus } from '../../shared/domain/order.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { after, anOrder, aPosition } from '../fixtures.ts';

const by = 'system';
const CHARGE: readonly Command[] = [
  { type: 'begin-charge', reference: 'pay_secret_reference' },
  { type: 'record-charge', transactionId: 'txn_1' },
];
const CONFIRM: readonly Command[] = [...CHARGE, { type: 'confirm', accepted: true, by: 'restaurant:rest-1' }];
const PROCESS: readonly Command[] = [...CONFIRM, { type: 'set-status', status: 'processing', by }];
const SHIP: readonly Command[] = [...PROCESS, { type: 'set-status', status: 'shipped', by }];
const EXPIRE: readonly Command[] = [...CHARGE, { type: 'expire-confirmation' }];

/** How an order comes into each status. */
const WAYS: Readonly<Record<OrderStatus, readonly Command[]>> = {
  pending: [],
  awaiting_approval: [{ type: 'review', thresholds: { ...DEFAULT_THRESHOLDS, approval: { default: 1 } } }],
  charging: CHARGE.slice(0, 1),
  paid: CHARGE,
  payment_failed: [...CHARGE.slice(0, 1), { type: 'record-sealed', declineCode: 'card_declined' }],
  confirmed: CONFIRM,
  processing: PROCESS,
  shipped: SHIP,
  delivered: [...SHIP, { type: 'set-status', status: 'delivered', by }],
  cancelled: [{ type: 'cancel', by: 'customer:alice' }],
  rejected: [
    { type: 'review', thresholds: { ...DEFAULT_THRESHOLDS, approval: { default: 1 } } },
    { type: 'approve', accepted: false, by: 'operator:olga', note: 'not today' },
  ],
  refunding: EXPIRE,
  refunded: [...EXPIRE, { type: 'record-refund', refundId: 're_1' }],
  refund_failed: [...EXPIRE, { type: 'record-refund-failure', code: 'refund_refused' }],
};

/** An order of alice's at rest-1 in `status`, with the history that led there; `overrides` are of the order as it was placed. */
export async function givenOrder(
  orders: OrderStore,
  status: OrderStatus,
  overrides: Partial<Order> = {},
): Promise<Order> {
  const placed = anOrder({ position: aPosition(), ...overrides });
  const order = WAYS[status].reduce((before, command) => after(before, command).order, placed);
  await orders.create(order, []);
  return order;
}
