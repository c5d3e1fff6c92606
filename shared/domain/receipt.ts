import type { Money } from './money.ts';
import type { LineItem, Order } from './order.ts';

/** Proof of a charge. It stays what it was when the order was paid. */
export interface Receipt {
  readonly orderId: string;
  readonly lines: readonly LineItem[];
  readonly total: Money;
  readonly transactionId: string;
  /** Epoch milliseconds. */
  readonly paidAt: number;
}

/** Undefined while the order was never charged. */
export function receiptFor(order: Order): Receipt | undefined {
  const { transactionId, chargedAt } = order.payment;
  if (transactionId === undefined || chargedAt === undefined) return undefined;
  return { orderId: order.id, lines: order.items, total: order.total, transactionId, paidAt: chargedAt };
}
