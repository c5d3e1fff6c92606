import { CARDS, type Card } from './cards.ts';
import { invalid, missing } from './errors.ts';
import { type Params, partsOf, textOf } from './form.ts';
import { type Books, type Charge, type Intent, moved, type Refund, seconds } from './objects.ts';
import { intentOf } from './payment-intents.ts';

/** Which card each intent was charged to; Stripe's intent keeps its payment method after a charge. */
function cardOf(books: Books, { payment_method: method }: Intent) {
  return method === null ? undefined : CARDS[books.saved.get(method)?.card ?? method];
}

function chargeOf(books: Books, intent: Intent): Charge {
  const charge = books.charges.get(intent.latest_charge ?? '');
  if (charge?.status !== 'succeeded') throw invalid('charge_not_refundable', 'payment_intent');
  return charge;
}

export function createRefund(books: Books, params: Params): Refund {
  const id = textOf(params, 'payment_intent');
  if (id === undefined || !books.intents.has(id)) throw missing('payment_intent');
  const intent = intentOf(books, id);
  const charge = chargeOf(books, intent);
  const open = [...books.disputes.values()].some((one) => one.charge === charge.id && one.status !== 'won');
  if (open) throw invalid('charge_disputed');
  const left = charge.amount_captured - charge.amount_refunded;
  if (left <= 0) throw invalid('charge_already_refunded');
  const asked = textOf(params, 'amount');
  const amount = asked === undefined ? left : Number(asked);
  if (!Number.isInteger(amount) || amount < 1 || amount > left) throw invalid('parameter_invalid_integer', 'amount');
  return addRefund(books, intent, amount, cardOf(books, intent)?.refund, partsOf(params, 'metadata'));
}

function addRefund(books: Books, intent: Intent, amount: number, behaviour: Card['refund'], metadata: Params): Refund {
  const charge = chargeOf(books, intent);
  const refund: Refund = {
    id: books.id('re'),
    object: 'refund',
    payment_intent: intent.id,
    charge: charge.id,
    amount,
    currency: intent.currency,
    created: seconds(books),
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
    status: behaviour === 'fails' ? 'failed' : behaviour === 'pending' ? 'pending' : 'succeeded',
    ...(behaviour === 'fails' && { failure_reason: 'lost_or_stolen_card' }),
  };
  books.refunds.set(refund.id, refund);
  if (refund.status !== 'failed') setRefunded(charge, charge.amount_refunded + amount);
  books.tell('refund.created', refund);
  if (refund.status === 'failed') books.tell('refund.failed', refund);
  if (refund.status === 'succeeded') {
    moved(books, 'refund', intent, amount);
    books.tell('charge.refunded', charge);
  }
  if (behaviour === 'comes-back' || behaviour === 'pending') settleLater(books, refund);
  return refund;
}

/** Unless somebody has ended it before. */
function settleLater(books: Books, refund: Refund): void {
  const from = refund.status;
  books.later(books.refundsSettleAfterMs, () => {
    if (refund.status === from) endRefund(books, refund.id, from === 'pending' ? 'succeeded' : 'failed');
  });
}

/** A refund that was pending goes through, or one that was pending or had gone through comes back. */
export function endRefund(books: Books, id: string, status: 'failed' | 'succeeded'): void {
  const refund = books.refunds.get(id);
  if (!refund || refund.status === 'failed' || refund.status === status) throw missing('refund');
  const intent = intentOf(books, refund.payment_intent);
  const charge = chargeOf(books, intent);
  if (status === 'succeeded') moved(books, 'refund', intent, refund.amount);
  else {
    if (refund.status === 'succeeded') moved(books, 'refund-returned', intent, refund.amount);
    setRefunded(charge, charge.amount_refunded - refund.amount);
    refund.failure_reason = 'expired_or_canceled_card';
  }
  refund.status = status;
  books.tell('refund.updated', refund);
  books.tell(status === 'failed' ? 'refund.failed' : 'charge.refunded', status === 'failed' ? refund : charge);
}

function setRefunded(charge: Charge, amount: number): void {
  charge.amount_refunded = amount;
  charge.refunded = amount >= charge.amount_captured;
}
