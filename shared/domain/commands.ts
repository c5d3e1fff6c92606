import type { Money } from './money.ts';
import type { ActorName, Contact, LineItem, Order } from './order.ts';
import type { Dispute } from './payment-record.ts';
import type { Thresholds } from './rules.ts';

/** Everything that can happen to an order once it exists. Times and identities come from outside. */
export type Command =
  | Approve
  | BeginCharge
  | Cancel
  | ChangeAddress
  | Confirm
  | ExpireApproval
  | ExpireConfirmation
  | GiveUpOpening
  | Park
  | RaiseAttention
  | RecordCharge
  | RecordDispute
  | RecordRefund
  | RecordRefundFailure
  | RecordSealed
  | RequestRefund
  | RequestSettlement
  | Review
  | SetStatus;

/** What a new order is made of; prices and the total come from the restaurant's menu. */
export interface NewOrder {
  readonly id: string;
  readonly customerId: string;
  readonly restaurantId: string;
  readonly items: readonly LineItem[];
  readonly total: Money;
  readonly deliveryAddress: string;
  readonly paymentMethod: string;
  readonly contact?: Contact;
  readonly requestHash: string;
  readonly correlationId: string;
  readonly by: ActorName;
}

/** What people ask for. */
export interface Approve {
  readonly type: 'approve';
  readonly accepted: boolean;
  readonly by: ActorName;
  readonly note?: string;
}
export interface Confirm {
  readonly type: 'confirm';
  readonly accepted: boolean;
  readonly by: ActorName;
  readonly note?: string;
}
export interface Cancel {
  readonly type: 'cancel';
  readonly by: ActorName;
  readonly note?: string;
}
export interface RequestRefund {
  readonly type: 'request-refund';
  readonly by: ActorName;
  readonly note: string;
}
/** Asks the provider now what became of the charge or the refund under way, whatever the workflow is resting for. */
export interface RequestSettlement {
  readonly type: 'request-settlement';
  readonly by: ActorName;
  readonly note: string;
}
export interface ChangeAddress {
  readonly type: 'change-address';
  readonly deliveryAddress: string;
  readonly by: ActorName;
}
export interface SetStatus {
  readonly type: 'set-status';
  readonly status: FulfilmentStatus;
  readonly by: ActorName;
}
export const FULFILMENT_STATUSES = ['processing', 'shipped', 'delivered'] as const;
export type FulfilmentStatus = (typeof FULFILMENT_STATUSES)[number];

/** What the workflow reports. */
export interface Review {
  readonly type: 'review';
  readonly thresholds: Thresholds;
}
export interface ExpireApproval {
  readonly type: 'expire-approval';
}
export interface GiveUpOpening {
  readonly type: 'give-up-opening';
}
export interface BeginCharge {
  readonly type: 'begin-charge';
  readonly reference: string;
}
export interface RecordCharge {
  readonly type: 'record-charge';
  readonly transactionId: string;
}
/** The payment can never be charged any more. `declineCode` is there when the issuer said no. */
export interface RecordSealed {
  readonly type: 'record-sealed';
  readonly declineCode?: string;
}
export interface ExpireConfirmation {
  readonly type: 'expire-confirmation';
}
export interface RecordRefund {
  readonly type: 'record-refund';
  readonly refundId: string;
}
export interface RecordRefundFailure {
  readonly type: 'record-refund-failure';
  readonly code: string;
  /** Which refund failed, where the provider says so: only then may it be one that had gone through. */
  readonly refundId?: string;
}
/** The customer's bank has taken the charge back, or has decided about it. */
export interface RecordDispute {
  readonly type: 'record-dispute';
  readonly dispute: Dispute;
}
/** Tells the operators that an order does not get on by itself. */
export interface RaiseAttention {
  readonly type: 'raise-attention';
  readonly reason: string;
}
/** A write of the position alone: no event, and nothing that a client can see. */
export interface Park {
  readonly type: 'park';
}

/** What came of a command, in the words that the workflow's choices branch on. */
export type Outcome =
  | 'approval_required'
  | 'approved'
  | 'cancel_requested'
  | 'charged'
  | 'confirmed'
  | 'failed'
  | 'opened'
  | 'ready'
  | 'refund_due'
  | 'refund_failed'
  | 'refunded'
  | 'settlement_due'
  | 'stopped'
  | 'updated'
  /** The order is somewhere this command no longer speaks to; whoever brought it there goes on with it. */
  | 'superseded';

export type RefusalCode =
  | 'already-decided'
  | 'illegal-transition'
  | 'payment-disputed'
  | 'too-late'
  | 'too-many-changes';

export type Decision =
  | { readonly kind: 'changed'; readonly order: Order; readonly outcome: Outcome }
  /** The command was carried out before, or has nothing to do: nothing to save. */
  | { readonly kind: 'unchanged'; readonly order: Order; readonly outcome: Outcome }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string };
