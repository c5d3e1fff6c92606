import { closeDispute, openDispute } from './disputes.ts';
import type { Books } from './objects.ts';
import { endProcessing } from './payment-intents.ts';
import { createRefund, endRefund } from './refunds.ts';

/** What happens at Stripe without a call of the platform. */
export interface Happenings {
  openDispute(reference: string): string;
  closeDispute(id: string, status: 'lost' | 'won'): void;
  endRefund(id: string, status: 'failed' | 'succeeded'): void;
  endProcessing(reference: string, approved: boolean): void;
  /** Somebody gives back a part, or all, by hand. */
  refund(reference: string, amount?: number): string;
  saveCard(method: string, card: string, ourCustomerId: string): void;
}

export function happenings(books: Books): Happenings {
  return {
    openDispute: (reference) => openDispute(books, reference).id,
    closeDispute: (dispute, status) => closeDispute(books, dispute, status),
    endRefund: (refund, status) => endRefund(books, refund, status),
    endProcessing: (reference, approved) => endProcessing(books, reference, approved),
    refund: (reference, amount) =>
      createRefund(books, { payment_intent: reference, ...(amount !== undefined && { amount: String(amount) }) }).id,
    saveCard(method, card, ourCustomerId) {
      const customer = books.id('cus');
      books.customers.set(customer, { customer_id: ourCustomerId });
      books.saved.set(method, { card, customer });
    },
  };
}
