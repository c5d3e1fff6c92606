/** What a card's issuer does with an attempt to charge, and its bank with a refund. */
export interface Card {
  readonly charge:
    | { readonly kind: 'approved' /** The answer to the first confirmation is lost. */; readonly lost?: boolean }
    | { readonly kind: 'declined'; readonly code: string; readonly declineCode?: string }
    | { readonly kind: 'needs-action' }
    | { readonly kind: 'processing' }
    /** 500 so many times; without a number, always. */
    | { readonly kind: 'unreachable'; readonly times?: number };
  /** `fails`: refused at once. `comes-back`: it goes through at first, and `pending` in the end. */
  readonly refund?: 'comes-back' | 'fails' | 'pending';
  /** The bank disputes the charge at once. */
  readonly disputed?: boolean;
}

const approved: Card = { charge: { kind: 'approved' } };
const declined = (code: string, declineCode?: string): Card => ({
  charge: { kind: 'declined', code, ...(declineCode !== undefined && { declineCode }) },
});

/** Stripe's own test payment methods (docs.stripe.com/testing), and those of the platform's demo that Stripe has none for. */
export const CARDS: Readonly<Record<string, Card>> = {
  pm_card_visa: approved,
  pm_card_mastercard: approved,
  pm_card_chargeDeclined: declined('card_declined', 'generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: declined('card_declined', 'insufficient_funds'),
  pm_card_chargeDeclinedExpiredCard: declined('expired_card'),
  pm_card_chargeDeclinedProcessingError: declined('processing_error'),
  pm_card_authenticationRequired: { charge: { kind: 'needs-action' } },
  pm_card_createDispute: { ...approved, disputed: true },
  pm_card_refundFail: { ...approved, refund: 'comes-back' },
  pm_card_pendingRefund: { ...approved, refund: 'pending' },
  pm_card_processing: { charge: { kind: 'processing' } },
  pm_card_flaky: { charge: { kind: 'unreachable', times: 2 } },
  pm_card_outage: { charge: { kind: 'unreachable' } },
  pm_card_timeoutAfterCommit: { charge: { kind: 'approved', lost: true } },
  pm_card_refundFails: { ...approved, refund: 'fails' },
};
