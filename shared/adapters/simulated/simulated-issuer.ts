/** What the card's issuer does with an attempt to charge. */
export type IssuerAnswer =
  | { readonly kind: 'approved' /** The answer never reaches the caller. */; readonly lost: boolean }
  | { readonly kind: 'declined'; readonly code: string }
  | { readonly kind: 'needs-action' }
  | { readonly kind: 'unreachable' };

/** Who decides on charges and refunds behind a simulated gateway. */
export interface Issuer {
  /** @param earlierAttempts Attempts to charge this payment that had reached the issuer before. */
  charge(paymentMethod: string, earlierAttempts: number): IssuerAnswer;
  refusesRefund(paymentMethod: string): boolean;
}

/** How often a flaky card cannot be reached before it can. */
const FLAKY_FAILURES = 2;

/** The issuer of the test cards: the same payment method and number of earlier attempts always get the same answer. */
export const testCards: Issuer = {
  charge: askIssuer,
  refusesRefund: (paymentMethod) => paymentMethod === 'pm_card_refundFails',
};

function askIssuer(paymentMethod: string, earlierAttempts: number): IssuerAnswer {
  switch (paymentMethod) {
    case 'pm_card_visa':
    case 'pm_card_refundFails':
      return { kind: 'approved', lost: false };
    case 'pm_card_timeoutAfterCommit':
      return { kind: 'approved', lost: true };
    case 'pm_card_flaky':
      return earlierAttempts < FLAKY_FAILURES ? { kind: 'unreachable' } : { kind: 'approved', lost: false };
    case 'pm_card_outage':
      return { kind: 'unreachable' };
    case 'pm_card_authenticationRequired':
      return { kind: 'needs-action' };
    case 'pm_card_chargeDeclined':
      return { kind: 'declined', code: 'card_declined' };
    default:
      return { kind: 'declined', code: 'invalid_payment_method' };
  }
}
