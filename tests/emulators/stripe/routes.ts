import { CARDS } from './cards.ts';
import { invalid, missing } from './errors.ts';
import { listOf, type Params, partsOf, textOf } from './form.ts';
import { type Books, type Charge, type Intent, seconds } from './objects.ts';
import { cancelIntent, confirmIntent, createIntent, intentOf, type LOST } from './payment-intents.ts';
import { createRefund } from './refunds.ts';

export interface Route {
  /** Names it for faults and stalls. */
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  /** The parameters that it knows. */
  readonly takes: readonly string[];
  /** Calls of one object are carried out one after the other. */
  readonly locks?: boolean;
  readonly act: (books: Books, params: Params, id: string, attempts: Map<string, number>) => object | typeof LOST;
}

export const ROUTES: readonly Route[] = [
  {
    operation: 'payment_intents.create',
    method: 'POST',
    path: /^\/v1\/payment_intents$/,
    takes: ['allowed_payment_method_types', 'amount', 'currency', 'customer', 'expand', 'metadata', 'payment_method'],
    act: (books, params) => createIntent(books, params),
  },
  {
    operation: 'payment_intents.list',
    method: 'GET',
    path: /^\/v1\/payment_intents$/,
    takes: ['created', 'expand', 'limit', 'starting_after'],
    act: (books, params) => listIntents(books, params),
  },
  {
    operation: 'payment_intents.search',
    method: 'GET',
    path: /^\/v1\/payment_intents\/search$/,
    takes: ['expand', 'limit', 'query'],
    act: (books, params) => searchIntents(books, params),
  },
  {
    operation: 'payment_intents.confirm',
    method: 'POST',
    path: /^\/v1\/payment_intents\/([^/]+)\/confirm$/,
    takes: ['error_on_requires_action', 'expand', 'payment_method'],
    locks: true,
    act: (books, params, id, attempts) => confirmIntent(books, id, params, attempts),
  },
  {
    operation: 'payment_intents.cancel',
    method: 'POST',
    path: /^\/v1\/payment_intents\/([^/]+)\/cancel$/,
    takes: ['cancellation_reason', 'expand'],
    locks: true,
    act: (books, _, id) => cancelIntent(books, id),
  },
  {
    operation: 'payment_intents.retrieve',
    method: 'GET',
    path: /^\/v1\/payment_intents\/([^/]+)$/,
    takes: ['expand'],
    act: (books, params, id) => shown(books, intentOf(books, id), listOf(params, 'expand')),
  },
  {
    operation: 'refunds.create',
    method: 'POST',
    path: /^\/v1\/refunds$/,
    takes: ['amount', 'expand', 'metadata', 'payment_intent'],
    act: (books, params) => createRefund(books, params),
  },
  {
    operation: 'refunds.list',
    method: 'GET',
    path: /^\/v1\/refunds$/,
    takes: ['expand', 'limit', 'payment_intent', 'starting_after'],
    act: (books, params) => list(byIntent([...books.refunds.values()], params), params),
  },
  {
    operation: 'disputes.list',
    method: 'GET',
    path: /^\/v1\/disputes$/,
    takes: ['expand', 'limit', 'payment_intent', 'starting_after'],
    act: (books, params) => list(byIntent([...books.disputes.values()], params), params),
  },
  {
    operation: 'payment_methods.retrieve',
    method: 'GET',
    path: /^\/v1\/payment_methods\/([^/]+)$/,
    takes: ['expand'],
    act: (books, params, id) => paymentMethod(books, id, listOf(params, 'expand')),
  },
  {
    operation: 'customers.retrieve',
    method: 'GET',
    path: /^\/v1\/customers\/([^/]+)$/,
    takes: ['expand'],
    act: (books, _, id) => customerOf(books, id),
  },
  {
    operation: 'refunds.retrieve',
    method: 'GET',
    path: /^\/v1\/refunds\/([^/]+)$/,
    takes: ['expand'],
    act: ({ refunds }, _, id) => known(refunds, id, 'id'),
  },
  {
    operation: 'charges.retrieve',
    method: 'GET',
    path: /^\/v1\/charges\/([^/]+)$/,
    takes: ['expand'],
    act: ({ charges }, _, id) => known(charges, id, 'id'),
  },
  {
    operation: 'disputes.retrieve',
    method: 'GET',
    path: /^\/v1\/disputes\/([^/]+)$/,
    takes: ['expand'],
    act: ({ disputes }, _, id) => known(disputes, id, 'id'),
  },
];

function known<Item>(all: ReadonlyMap<string, Item>, id: string, param: string): Item {
  const item = all.get(id);
  if (item === undefined) throw missing(param);
  return item;
}

function customerOf(books: Books, id: string): object {
  return { id, object: 'customer', livemode: false, metadata: known(books.customers, id, 'id') };
}

function paymentMethod(books: Books, id: string, expand: readonly string[]): object {
  const saved = books.saved.get(id);
  if (!saved && !CARDS[id]) throw missing('payment_method');
  const customer = saved && customerOf(books, saved.customer);
  return {
    id,
    object: 'payment_method',
    type: 'card',
    customer: expand.includes('customer') ? (customer ?? null) : (saved?.customer ?? null),
  };
}

/** With what was asked to be in it instead of its id. */
function shown(books: Books, intent: Intent, expand: readonly string[]): object {
  const charge = books.charges.get(intent.latest_charge ?? '');
  if (!charge || !expand.some((path) => path.startsWith('latest_charge'))) return { ...intent };
  const withRefunds = expand.includes('latest_charge.refunds');
  return { ...intent, latest_charge: { ...charge, ...(withRefunds && { refunds: refundsOf(books, charge) }) } };
}

/** Ten at the most come with a charge, the newest first. */
function refundsOf(books: Books, { id }: Charge): object {
  const all = [...books.refunds.values()].filter(({ charge }) => charge === id).toReversed();
  return { object: 'list', data: all.slice(0, 10), has_more: all.length > 10, url: `/v1/charges/${id}/refunds` };
}

function listIntents(books: Books, params: Params): object {
  const created = partsOf(params, 'created');
  const from = Number(textOf(created, 'gte') ?? 0);
  const to = Number(textOf(created, 'lte') ?? Number.MAX_SAFE_INTEGER);
  const expand = listOf(params, 'expand').map((path) => path.replace(/^data\./, ''));
  const found = [...books.intents.values()].filter(({ created: at }) => from <= at && at <= to);
  const page = list(found, params);
  return { ...page, data: page.data.map((intent) => shown(books, intent, expand)) };
}

/** Newest first. */
function list<Item extends { readonly id: string }>(all: readonly Item[], params: Params) {
  const limit = Number(textOf(params, 'limit') ?? 10);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalid('parameter_invalid_integer', 'limit');
  const newest = all.toReversed();
  const after = textOf(params, 'starting_after');
  const start = after === undefined ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw missing('starting_after');
  const data = newest.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < newest.length, url: '/v1/list' };
}

function byIntent<Item extends { readonly payment_intent: string }>(
  all: readonly Item[],
  params: Params,
): readonly Item[] {
  const id = textOf(params, 'payment_intent');
  return id === undefined ? all : all.filter(({ payment_intent: of }) => of === id);
}

/** Always behind, so that nobody relies on it. */
function searchIntents(books: Books, params: Params): object {
  const [, key, value] = /^metadata\['([^']+)'\]:'([^']+)'$/.exec(textOf(params, 'query') ?? '') ?? [];
  if (key === undefined) throw invalid('parameter_invalid_string_empty', 'query');
  const known = seconds(books) - books.searchLagMs / 1_000;
  const found = [...books.intents.values()].filter(
    ({ created, metadata }) => created <= known && metadata[key] === value,
  );
  return { object: 'search_result', data: found, has_more: false, next_page: null, url: '/v1/payment_intents/search' };
}
