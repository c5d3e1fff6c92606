/** Stripe's objects, with those of their fields that the platform or its tests look at. Times are in seconds. */
export interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly currency: string;
  readonly created: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly customer: string | null;
  payment_method: string | null;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'succeeded'
    | 'canceled';
  latest_charge: string | null;
  last_payment_error: PaymentError | null;
}

export interface PaymentError {
  readonly type: 'card_error';
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
}

export interface Charge {
  readonly id: string;
  readonly object: 'charge';
  readonly payment_intent: string;
  readonly amount: number;
  readonly amount_captured: number;
  readonly currency: string;
  readonly created: number;
  readonly status: 'succeeded' | 'failed';
  readonly failure_code: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  amount_refunded: number;
  refunded: boolean;
  disputed: boolean;
}

export interface Refund {
  readonly id: string;
  readonly object: 'refund';
  readonly payment_intent: string;
  readonly charge: string;
  readonly amount: number;
  readonly currency: string;
  readonly created: number;
  readonly metadata: Readonly<Record<string, string>>;
  status: 'pending' | 'succeeded' | 'failed';
  failure_reason?: string;
}

export interface Dispute {
  readonly id: string;
  readonly object: 'dispute';
  readonly payment_intent: string;
  readonly charge: string;
  readonly amount: number;
  readonly currency: string;
  readonly created: number;
  status: 'needs_response' | 'won' | 'lost';
}

/** Money that really moved: the judge's books. */
export interface StripeMovement {
  readonly kind: 'charge' | 'refund' | 'refund-returned' | 'dispute-withdrawn' | 'dispute-returned';
  readonly reference: string;
  readonly orderId: string | undefined;
  /** In Stripe's minor units. */
  readonly amount: number;
  readonly currency: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Books {
  readonly intents: Map<string, Intent>;
  readonly charges: Map<string, Charge>;
  readonly refunds: Map<string, Refund>;
  readonly disputes: Map<string, Dispute>;
  /** Saved payment methods, with the customer that they belong to. */
  readonly saved: Map<string, { readonly card: string; readonly customer: string }>;
  readonly customers: Map<string, Readonly<Record<string, string>>>;
  readonly movements: StripeMovement[];
  readonly searchLagMs: number;
  readonly refundsSettleAfterMs: number;
  /** Epoch milliseconds. */
  now(): number;
  id(prefix: string): string;
  /** Has something happen by itself after a while. */
  later(ms: number, act: () => void): void;
  /** Something happened: news go out. */
  tell(type: string, object: object): void;
}

export function seconds(books: Pick<Books, 'now'>): number {
  return Math.floor(books.now() / 1_000);
}

export function moved(
  books: Books,
  kind: StripeMovement['kind'],
  { id, metadata, currency }: Intent,
  amount: number,
): void {
  const orderId = metadata['order_id'];
  books.movements.push({ kind, reference: id, orderId, amount, currency, at: books.now() });
}
