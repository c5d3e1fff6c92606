import type { OrderStatus } from '../shared/domain/order.ts';
import type { Movement } from '../shared/ports/payment-ledger.ts';

/** What the gateway has to have moved for an order that has come to an end. */
export const MOVED_AT_END: Readonly<Partial<Record<OrderStatus, readonly Movement['kind'][]>>> = {
  payment_failed: [],
  cancelled: [],
  rejected: [],
  confirmed: ['charge'],
  processing: ['charge'],
  shipped: ['charge'],
  delivered: ['charge'],
  refunded: ['charge', 'refund'],
  // With the operators, who were told.
  refund_failed: ['charge'],
};
