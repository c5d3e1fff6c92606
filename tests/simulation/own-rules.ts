import type { Order, OrderStatus } from '../../shared/domain/order.ts';
import type { ActKind } from './plan.ts';

/** What the menus say, in cents: the judge's own figures, so that a wrong price is not believed. */
export const PRICES = { soda: 299, feast: 12_000, banquet: 150_000 } as const;

/** What somebody asked for: what their order has to be like. */
export interface Wish {
  readonly restaurant: string;
  readonly address: string;
  readonly total: number;
  readonly contact?: { readonly email?: string; readonly phone?: string };
}

/** From here on somebody has to approve an order before it is charged. */
const APPROVED_FROM = 100_000;

/** The moves that there are, once more and by hand. */
const MOVES: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['awaiting_approval', 'charging', 'cancelled'],
  awaiting_approval: ['charging', 'rejected', 'cancelled'],
  charging: ['paid', 'payment_failed', 'cancelled'],
  paid: ['confirmed', 'refunding'],
  payment_failed: [],
  confirmed: ['processing', 'refunding'],
  processing: ['shipped', 'refunding'],
  shipped: ['delivered', 'refunding'],
  delivered: ['refunding'],
  cancelled: [],
  rejected: [],
  refunding: ['refunded', 'refund_failed'],
  // A refund may come back from the customer's bank.
  refunded: ['refund_failed'],
  refund_failed: ['refunding', 'refunded'],
};

/** A customer gets the money back by cancelling, but not once the food is on its way. */
const CANCELLABLE: readonly OrderStatus[] = ['paid', 'confirmed', 'processing'];

export function isLegal(from: OrderStatus, to: OrderStatus, reason: string | undefined): boolean {
  const cancelled = to === 'refunding' && reason === 'cancellation-requested';
  return MOVES[from].includes(to) && (!cancelled || CANCELLABLE.includes(from));
}

/** Whether an order may be charged, as far as people have a say in it. */
export function mayBeCharged({ total, approval }: Pick<Order, 'total' | 'approval'>): boolean {
  return total.amount < APPROVED_FROM || approval?.accepted === true;
}

/** What of a new order is not what any of the wishes asked for. */
export function wishProblems(order: Order, wishes: readonly Wish[]): string[] {
  const asked = wishes.some(
    ({ restaurant, address, total, contact }) =>
      order.restaurantId === restaurant &&
      order.deliveryAddress === address &&
      order.total.amount === total &&
      order.contact?.email === contact?.email &&
      order.contact?.phone === contact?.phone,
  );
  return asked || wishes.length === 0 ? [] : ['it is not what was asked for'];
}

/** What has to be in the timeline of whoever is told that it was done. */
const SHOWS: Readonly<Partial<Record<ActKind, (entry: Order['timeline'][number]) => boolean>>> = {
  process: ({ status }) => status === 'processing',
  ship: ({ status }) => status === 'shipped',
  deliver: ({ status }) => status === 'delivered',
  refund: ({ status }) => status === 'refunding',
  settle: ({ reason }) => reason === 'settlement-requested',
  accept: ({ status }) => status === 'confirmed',
  refuse: ({ reason }) => reason === 'restaurant-refused',
  approve: ({ reason }) => reason === 'approved',
  reject: ({ reason }) => reason === 'approval-refused',
};

interface Shown {
  readonly kind: ActKind;
  readonly order: Order;
  /** Of a placement: what was asked for. */
  readonly wish?: Wish;
}

/** Whether an answer shows what it says was done. */
export function shows({ kind, order, wish }: Shown): boolean {
  const test = SHOWS[kind];
  if (test) return order.timeline.some(test);
  if (kind === 'cancel') return order.cancellation !== undefined;
  const moved = order.timeline.some(({ reason }) => reason === 'address-changed');
  if (!wish || moved) return true;
  return wishProblems(order, [wish]).length === 0;
}

/** Acts that whoever repeats them is told were done, wherever the order has got to since. */
export const REPEATABLE: readonly ActKind[] = ['place', 'accept', 'refuse', 'approve', 'reject', 'cancel'];

type Told = 'customer' | 'restaurant' | 'operators';

/** Who must not be left without word of an event, where they left an address. */
export function mustHear({ name, status, previousStatus, reason }: Order['timeline'][number]): readonly Told[] {
  switch (name) {
    case 'refund_failed':
      return ['customer', 'operators'];
    case 'restaurant_timeout':
      return ['customer', 'restaurant', 'operators'];
    case 'approval_requested':
      return ['customer', 'operators'];
    case 'needs_attention':
      return ['operators'];
    case 'payment_charged':
      return reason === 'cancelled-while-charging' ? ['customer'] : ['customer', 'restaurant'];
    case 'payment_declined':
    case 'payment_refunded':
    case 'cancelled':
    case 'created':
      return ['customer'];
    case 'status_changed':
      // The kitchen must not go on with what is off.
      if (status === 'refunding' && reason === 'cancellation-requested') return ['customer', 'restaurant'];
      return ['confirmed', 'processing', 'shipped', 'delivered', 'rejected'].includes(status) && previousStatus
        ? ['customer']
        : [];
    case 'updated':
      return [];
  }
}
