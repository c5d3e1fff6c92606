import type { Money } from './money.ts';
import type { EventName, OrderStatus } from './order.ts';

/** Limits of a placed order. */
export const LIMITS = {
  items: 100,
  quantity: 1000,
  addressCharacters: 500,
  noteCharacters: 500,
  addressChanges: 10,
} as const;

/**
 * Amounts in minor units from which on a rule applies, by currency; `default` serves the others.
 * The sources give 1000.00 for approval and 100.00 for high value, in USD.
 */
export interface Thresholds {
  readonly approval: Readonly<Record<string, number>>;
  readonly highValue: Readonly<Record<string, number>>;
}

export const DEFAULT_THRESHOLDS: Thresholds = {
  approval: { default: 100_000, JPY: 150_000 },
  highValue: { default: 10_000, JPY: 15_000 },
};

export function needsApproval(total: Money, { approval }: Thresholds): boolean {
  return reaches(total, approval);
}

export function isHighValue(total: Money, { highValue }: Thresholds): boolean {
  return reaches(total, highValue);
}

function reaches({ amount, currency }: Money, thresholds: Readonly<Record<string, number>>): boolean {
  const threshold = thresholds[currency] ?? thresholds['default'];
  return threshold !== undefined && amount >= threshold;
}

/** Who hears of which events. Every platform's bus, topic or queue filters by exactly these rows. */
export const SUBSCRIPTIONS = {
  notify: { names: 'all' },
  receipt: { names: ['payment_charged'] },
  operators: {
    names: ['approval_requested', 'restaurant_timeout', 'refund_failed', 'needs_attention'],
    highValueNames: ['created'],
  },
} as const satisfies Record<string, Subscription>;

export type Consumer = keyof typeof SUBSCRIPTIONS;
export const CONSUMERS = Object.keys(SUBSCRIPTIONS) as readonly Consumer[];

export interface Subscription {
  readonly names: 'all' | readonly EventName[];
  /** Names that are of interest only when the event is of high value. */
  readonly highValueNames?: readonly EventName[];
}

export function subscribes(consumer: Consumer, event: { name: EventName; highValue: boolean }): boolean {
  const { names, highValueNames }: Subscription = SUBSCRIPTIONS[consumer];
  if (names === 'all' || names.includes(event.name)) return true;
  return event.highValue && (highValueNames?.includes(event.name) ?? false);
}

/**
 * Statuses in which it is the platform's or the operators' turn. They can be listed alone, over all customers and restaurants:
 * few orders at a time are in them, so a sparse index serves that on every cloud.
 */
export const OPERATORS_STATUSES = [
  'pending',
  'awaiting_approval',
  'charging',
  'refunding',
  'refund_failed',
] as const satisfies readonly OrderStatus[];
export type OperatorsStatus = (typeof OPERATORS_STATUSES)[number];

export function isOperatorsStatus(status: OrderStatus): status is OperatorsStatus {
  return OPERATORS_STATUSES.some((one) => one === status);
}

/** Statuses in which a customer may still change where the order goes. */
export const ADDRESS_CHANGEABLE: readonly OrderStatus[] = [
  'pending',
  'awaiting_approval',
  'charging',
  'paid',
  'confirmed',
];

/** Why an order was changed by an operator who has the provider asked at once. What they write to it is for operators. */
export const SETTLEMENT_REQUESTED = 'settlement-requested';

/** Why a charge is given back that went through although its order was being cancelled: its restaurant never had the order. */
export const CANCELLED_WHILE_CHARGING = 'cancelled-while-charging';

/** Why an order counts as refunded whose money the customer's bank has given back. */
export const DISPUTE_LOST = 'dispute-lost';
