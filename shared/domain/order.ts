import type { Money } from './money.ts';
import type { Dispute } from './payment-record.ts';

export const ORDER_STATUSES = [
  'pending',
  'awaiting_approval',
  'charging',
  'paid',
  'payment_failed',
  'confirmed',
  'processing',
  'shipped',
  'delivered',
  'cancelled',
  'rejected',
  'refunding',
  'refunded',
  'refund_failed',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export const PAYMENT_STATUSES = [
  'none',
  'charging',
  'charged',
  'declined',
  'failed',
  'refunding',
  'refunded',
  'refund_failed',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export interface LineItem {
  readonly menuItemId: string;
  readonly name: string;
  readonly unitPrice: Money;
  /** 1 to 1000. */
  readonly quantity: number;
}

export interface Contact {
  readonly email?: string;
  /** E.164. */
  readonly phone?: string;
  /** BCP 47 language tag. */
  readonly locale?: string;
}

export interface Payment {
  readonly status: PaymentStatus;
  /** The gateway's name for the one payment this order may ever confirm. */
  readonly reference?: string;
  readonly transactionId?: string;
  readonly chargedAt?: number;
  readonly declineCode?: string;
  readonly refundId?: string;
  /** A refund that was refused, or went through and came back later: news of it are old. */
  readonly failedRefundId?: string;
  /** While it is open or lost, nothing is refunded: the customer would have the money twice. */
  readonly dispute?: Dispute;
}

/** Who acted: `customer:<subject>`, `restaurant:<id>`, `operator:<subject>` or `system`. */
export type ActorName = string;

/** What somebody decided, and when. `note` is their own words. */
export interface Ruling {
  readonly by: ActorName;
  readonly at: number;
  readonly accepted: boolean;
  readonly note?: string;
}

/** One event of the order's life. Together with the order's identity it holds all that its event says. */
export interface TimelineEntry {
  /** 1 for the creation, then one more each time. */
  readonly sequence: number;
  readonly name: EventName;
  readonly at: number;
  readonly status: OrderStatus;
  readonly previousStatus?: OrderStatus;
  readonly version: number;
  readonly by: ActorName;
  /** A short code such as `restaurant-timeout`, never free text: it leaves the system in the event. */
  readonly reason?: string;
  /** Free text that somebody typed; stays with the order. */
  readonly note?: string;
}

export const EVENT_NAMES = [
  'created',
  'updated',
  'status_changed',
  'approval_requested',
  'payment_charged',
  'payment_declined',
  'payment_refunded',
  'cancelled',
  'restaurant_timeout',
  'refund_failed',
  'needs_attention',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** Where the order's workflow stands, and who goes on with it. Absent on an order that has nothing left to run. */
export interface Position {
  /** The workflow definition the order started with, and finishes with. */
  readonly definitionVersion: number;
  /** The state to run next, or the wait the order rests in. */
  readonly state: string;
  /** Rounds of a long retry so far. */
  readonly attempt: number;
  readonly wait?: Wait;
  /** From when on the sweeper may start this position again. */
  readonly dueAt: number;
  /** True: the relay starts this position at `dueAt`. False: the segment that saved it goes on by itself. */
  readonly handOff: boolean;
  /** How often the sweeper has started this position again; absent while it never had to. */
  readonly sweeps?: number;
}

export interface Wait {
  /** Unique within the order. A timer that carries another id is stale. */
  readonly id: string;
  /** When the wait ends by itself. */
  readonly deadline: number;
  /** When the first of a series of waits (a long retry) began. */
  readonly since: number;
  /** Whether the operators were told about this series. */
  readonly alerted: boolean;
}

/** All instants are epoch milliseconds. */
export interface Order {
  readonly id: string;
  readonly customerId: string;
  readonly restaurantId: string;
  readonly items: readonly LineItem[];
  readonly total: Money;
  readonly deliveryAddress: string;
  readonly paymentMethod: string;
  readonly contact?: Contact;
  readonly status: OrderStatus;
  readonly payment: Payment;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Grows with every write; the store's token. */
  readonly revision: number;
  /** Grows with every change that a client can see; the ETag. */
  readonly version: number;
  /** Grows with every event. */
  readonly sequence: number;
  readonly timeline: readonly TimelineEntry[];
  /** The id of the request that placed the order: it goes with every event, job and log line that follows from it. */
  readonly correlationId: string;
  /** SHA-256 (hex) of the canonical request body, to tell a repeat from a reused key. */
  readonly requestHash: string;
  readonly addressChanges: number;
  readonly approval?: Ruling;
  readonly confirmation?: Ruling;
  /** The wish to cancel, kept while a charge is under way. */
  readonly cancellation?: Ruling;
  readonly position?: Position;
}
