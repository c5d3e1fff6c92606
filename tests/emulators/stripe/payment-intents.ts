import { CARDS, type Card } from './cards.ts';
import { openDispute } from './disputes.ts';
import { ApiError, invalid, missing, serverError, unexpectedState } from './errors.ts';
import { type Params, partsOf, textOf } from './form.ts';
import { type Books, type Charge, type Intent, moved, type PaymentError, seconds } from './objects.ts';

const MOST = 99_999_999;

/** The answer is made and never arrives. */
export const LOST = Symbol('lost');

export function createIntent(books: Books, params: Params): Intent {
  const amount = Number(textOf(params, 'amount'));
  const currency = textOf(params, 'currency') ?? '';
  if (!Number.isInteger(amount) || amount < 1) throw invalid('parameter_invalid_integer', 'amount');
  if (amount > MOST) throw invalid('amount_too_large', 'amount');
  if (!/^[a-z]{3}$/.test(currency)) throw invalid('parameter_missing', 'currency');
  const method = textOf(params, 'payment_method') ?? null;
  if (method !== null) checkMethod(books, method, textOf(params, 'customer'));
  const metadata = Object.entries(partsOf(params, 'metadata')).map(([key, value]) => [key, String(value)]);
  const intent: Intent = {
    id: books.id('pi'),
    object: 'payment_intent',
    amount,
    currency,
    created: seconds(books),
    metadata: Object.fromEntries(metadata),
    customer: textOf(params, 'customer') ?? null,
    payment_method: method,
    status: method === null ? 'requires_payment_method' : 'requires_confirmation',
    latest_charge: null,
    last_payment_error: null,
  };
  books.intents.set(intent.id, intent);
  books.tell('payment_intent.created', intent);
  return intent;
}

/** As Stripe has it, a saved method can only be used together with the customer that it belongs to. */
function checkMethod(books: Books, method: string, customer: string | undefined): void {
  const saved = books.saved.get(method);
  if (!saved && !CARDS[method]) throw missing('payment_method');
  if (saved && saved.customer !== customer) throw invalid('payment_method_unexpected_state', 'payment_method');
}

export function intentOf(books: Books, id: string): Intent {
  const intent = books.intents.get(id);
  if (!intent) throw missing('intent');
  return intent;
}

/** `attempts` counts the confirmations of each intent that could not reach the issuer, or whose answer was lost. */
export function confirmIntent(
  books: Books,
  id: string,
  params: Params,
  attempts: Map<string, number>,
): Intent | typeof LOST {
  const intent = intentOf(books, id);
  takeMethod(books, intent, textOf(params, 'payment_method'));
  if (intent.status !== 'requires_confirmation' || intent.payment_method === null) throw unexpectedState(intent);
  const method = intent.payment_method;
  const card = CARDS[books.saved.get(method)?.card ?? method];
  if (!card) throw invalid('payment_method_unexpected_state', 'payment_method');
  const { charge } = card;
  switch (charge.kind) {
    case 'unreachable': {
      const failed = attempts.get(id) ?? 0;
      if (charge.times !== undefined && failed >= charge.times) return approve(books, intent, card);
      attempts.set(id, failed + 1);
      throw serverError();
    }
    case 'approved':
      approve(books, intent, card);
      return charge.lost ? LOST : intent;
    case 'processing':
      intent.status = 'processing';
      books.tell('payment_intent.processing', intent);
      return intent;
    case 'needs-action':
      if (textOf(params, 'error_on_requires_action') !== 'true') {
        intent.status = 'requires_action';
        books.tell('payment_intent.requires_action', intent);
        return intent;
      }
      throw decline(books, intent, { code: 'authentication_required', decline_code: 'authentication_required' });
    case 'declined': {
      const { code, declineCode } = charge;
      intent.latest_charge = addCharge(books, intent, { status: 'failed', failure_code: code }).id;
      throw decline(books, intent, { code, ...(declineCode !== undefined && { decline_code: declineCode }) });
    }
  }
}

/** After a decline, only another method lets an intent be confirmed again. */
function takeMethod(books: Books, intent: Intent, method: string | undefined): void {
  if (method === undefined || !['requires_confirmation', 'requires_payment_method'].includes(intent.status)) return;
  checkMethod(books, method, intent.customer ?? undefined);
  intent.payment_method = method;
  intent.status = 'requires_confirmation';
}

function approve(books: Books, intent: Intent, card: Card): Intent {
  const charge = addCharge(books, intent, { status: 'succeeded', failure_code: null });
  intent.status = 'succeeded';
  intent.latest_charge = charge.id;
  intent.last_payment_error = null;
  moved(books, 'charge', intent, intent.amount);
  books.tell('charge.succeeded', charge);
  books.tell('payment_intent.succeeded', intent);
  if (card.disputed) openDispute(books, intent.id);
  return intent;
}

/** The issuer has made up its mind about an intent that is processing. */
export function endProcessing(books: Books, id: string, approved: boolean): void {
  const intent = intentOf(books, id);
  if (intent.status !== 'processing') throw unexpectedState(intent);
  if (approved) approve(books, intent, { charge: { kind: 'approved' } });
  else decline(books, intent, { code: 'card_declined', decline_code: 'generic_decline' });
}

/** A declined intent forgets its payment method: it can only be confirmed with another one. */
function decline(
  books: Books,
  intent: Intent,
  said: { readonly code: string; readonly decline_code?: string },
): ApiError {
  const error: PaymentError = { type: 'card_error', message: 'Your card was declined.', ...said };
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.last_payment_error = error;
  books.tell('payment_intent.payment_failed', intent);
  return new ApiError(402, { ...error, payment_intent: intent });
}

export function cancelIntent(books: Books, id: string): Intent {
  const intent = intentOf(books, id);
  if (['canceled', 'processing', 'succeeded'].includes(intent.status)) throw unexpectedState(intent);
  intent.status = 'canceled';
  books.tell('payment_intent.canceled', intent);
  return intent;
}

function addCharge(books: Books, intent: Intent, outcome: Pick<Charge, 'status' | 'failure_code'>): Charge {
  const { id, amount, currency, metadata } = intent;
  const charge: Charge = {
    id: books.id('ch'),
    object: 'charge',
    payment_intent: id,
    amount,
    amount_captured: outcome.status === 'succeeded' ? amount : 0,
    currency,
    created: seconds(books),
    metadata,
    amount_refunded: 0,
    refunded: false,
    disputed: false,
    ...outcome,
  };
  books.charges.set(charge.id, charge);
  return charge;
}
