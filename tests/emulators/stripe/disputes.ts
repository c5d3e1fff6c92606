import { missing } from './errors.ts';
import { type Books, type Dispute, moved, seconds } from './objects.ts';

/** A customer's bank takes a charge back. */
export function openDispute(books: Books, reference: string): Dispute {
  const intent = books.intents.get(reference);
  const charge = books.charges.get(intent?.latest_charge ?? '');
  if (!intent || charge?.status !== 'succeeded' || charge.disputed) throw missing('charge');
  charge.disputed = true;
  const dispute: Dispute = {
    id: books.id('du'),
    object: 'dispute',
    payment_intent: reference,
    charge: charge.id,
    amount: charge.amount_captured - charge.amount_refunded,
    currency: charge.currency,
    created: seconds(books),
    status: 'needs_response',
  };
  books.disputes.set(dispute.id, dispute);
  moved(books, 'dispute-withdrawn', intent, dispute.amount);
  books.tell('charge.dispute.created', dispute);
  books.tell('charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

/** The bank has decided. */
export function closeDispute(books: Books, id: string, status: 'lost' | 'won'): void {
  const dispute = books.disputes.get(id);
  const intent = books.intents.get(dispute?.payment_intent ?? '');
  if (!dispute || !intent || dispute.status !== 'needs_response') throw missing('dispute');
  dispute.status = status;
  books.tell('charge.dispute.closed', dispute);
  if (status === 'lost') return;
  moved(books, 'dispute-returned', intent, dispute.amount);
  books.tell('charge.dispute.funds_reinstated', dispute);
}
