import type { Money } from './money.ts';

/** A customer's bank takes a charge back until it is decided who is right. */
export interface Dispute {
  readonly id: string;
  /** `open`: the money is with the bank. `won`: it came back to us. `lost`: the customer has it for good. */
  readonly status: 'open' | 'won' | 'lost';
}

/** One payment as the provider's own books have it. */
export interface PaymentRecord {
  readonly reference: string;
  /** The order that it was opened for; absent on one that was not opened by this platform. */
  readonly orderId?: string;
  /** What was to be charged. */
  readonly amount: Money;
  /** `pending`: the provider does not know yet. A refund or a dispute leaves a payment `charged`. */
  readonly state: 'open' | 'pending' | 'charged' | 'sealed';
  /** Epoch milliseconds, here and below. */
  readonly openedAt: number;
  readonly charge?: Charge;
  /** Why nothing was charged, when the issuer said no or the customer had to act. */
  readonly declineCode?: string;
}

/** Money that was taken, and what was given back of it. Amounts are in the payment's currency, in minor units. */
export interface Charge {
  readonly transactionId: string;
  readonly amount: number;
  readonly at: number;
  /** Given back for certain. */
  readonly refunded: number;
  /** On its way back. */
  readonly refundPending: number;
  /** The last refund that went through; absent where none did. */
  readonly refundId?: string;
  /** The last refund, when that is one that was refused or came back. */
  readonly refundFailure?: { readonly refundId: string; readonly code: string };
  readonly dispute?: Dispute;
}
