import type { OrderStatus } from './order.ts';

/** Every status an order may move to, by the status it is in. Nothing else is a legal move. */
export const TRANSITIONS: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['awaiting_approval', 'charging', 'cancelled'],
  awaiting_approval: ['charging', 'rejected', 'cancelled'],
  charging: ['paid', 'payment_failed', 'cancelled'],
  paid: ['confirmed', 'refunding'],
  confirmed: ['processing', 'refunding'],
  processing: ['shipped', 'refunding'],
  shipped: ['delivered', 'refunding'],
  delivered: ['refunding'],
  refunding: ['refunded', 'refund_failed'],
  // A refund that went through may be sent back by the customer's bank, also days later.
  refunded: ['refund_failed'],
  // Straight to refunded when the provider's refusal is overtaken by a refund that went through all the same.
  refund_failed: ['refunding', 'refunded'],
  cancelled: [],
  rejected: [],
  payment_failed: [],
};

export function mayMove(from: OrderStatus, to: OrderStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** The workflow has nothing left to run for an order here: whatever moves it on comes from outside. */
export const ENDS: readonly OrderStatus[] = ['cancelled', 'payment_failed', 'refunded', 'rejected'];
