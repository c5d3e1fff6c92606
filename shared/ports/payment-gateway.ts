import type { Money } from '../domain/money.ts';

export interface PaymentRequest {
  readonly orderId: string;
  /** Whose payment method it has to be: an adapter that can tell refuses anybody else's. */
  readonly customerId: string;
  readonly amount: Money;
  readonly paymentMethod: string;
}

export type ConfirmResult =
  | { readonly outcome: 'charged'; readonly transactionId: string }
  /** The issuer said no. The payment is still open: only a settlement closes it. */
  | { readonly outcome: 'declined'; readonly declineCode: string }
  /** The customer would have to act (3-D Secure). Nothing was charged, and the payment is still open. */
  | { readonly outcome: 'requires_action' }
  /** Somebody settled the payment before: nothing was or will be charged. */
  | { readonly outcome: 'sealed' }
  /** Not decided yet; a settlement will tell. */
  | { readonly outcome: 'pending' };

export type SettleResult =
  | { readonly outcome: 'charged'; readonly transactionId: string }
  /** Nothing was charged and nothing ever can be. `declineCode` when the issuer had said no (or the customer had to act). */
  | { readonly outcome: 'sealed'; readonly declineCode?: string }
  /** The provider does not know yet. */
  | { readonly outcome: 'pending' };

export type RefundResult =
  | { readonly outcome: 'refunded'; readonly refundId: string }
  | { readonly outcome: 'pending' }
  /** Refused for good: a person has to look at it. */
  | { readonly outcome: 'failed'; readonly code: string };

export type PaymentState =
  | { readonly outcome: 'open'; readonly declineCode?: string }
  | { readonly outcome: 'pending' }
  | { readonly outcome: 'charged'; readonly transactionId: string }
  | { readonly outcome: 'sealed' }
  | { readonly outcome: 'refunded'; readonly transactionId: string; readonly refundId: string };

/**
 * Takes and gives back money, in two steps to every charge so that no crash, repeat or stalled worker can charge twice.
 *
 * - A reference is charged at most once, ever, by the provider's own rule, whoever confirms it and however often.
 * - `settle` decides atomically between `charged` and `sealed`; after `sealed` no confirm of that reference can charge,
 *   also not one that began earlier.
 * - A charge is refunded in full at most once, ever.
 * - Fails with `unavailable` or `deadline-exceeded` where the answer is unknown: the call may have taken effect, and it is
 *   safe to repeat. An unknown reference fails with `not-found`. Nothing here retries: the workflow does.
 */
export interface PaymentGateway {
  /** Prepares a payment and moves no money. A repeat may answer another reference: save one before confirming it. */
  open(request: PaymentRequest): Promise<{ readonly reference: string }>;
  confirm(reference: string): Promise<ConfirmResult>;
  settle(reference: string): Promise<SettleResult>;
  /** Gives the whole charge back. Fails with `invalid-argument` for a payment that was never charged. */
  refund(reference: string): Promise<RefundResult>;
  /** Looks, and changes nothing. */
  status(reference: string): Promise<PaymentState>;
}
