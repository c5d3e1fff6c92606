import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, invalid, serverError } from './errors.ts';
import type { StripeFault, stripeFaults } from './faults.ts';
import { type Params, parseForm } from './form.ts';
import { bodyOf, checkKey, errorAnswer, headerOf, send } from './http.ts';
import { type Answer, idempotencyKeys } from './idempotency.ts';
import type { Books } from './objects.ts';
import { LOST } from './payment-intents.ts';
import { ROUTES, type Route } from './routes.ts';
import type { webhookSender } from './webhooks.ts';

export const API_VERSION = '2026-10-28.endive';

export interface StripeRequest {
  readonly operation: string;
  /** The API version that it asked for. */
  readonly version: string | undefined;
}

export interface StripeApiParts {
  readonly books: Books;
  readonly keys: ReadonlySet<string>;
  readonly faults: ReturnType<typeof stripeFaults>;
  readonly webhooks: ReturnType<typeof webhookSender>;
  readonly requests: StripeRequest[];
}

interface Call {
  readonly route: Route;
  readonly objectId: string;
  readonly text: string;
  readonly fault: StripeFault | undefined;
}

/** The API's own side: who asks, for what, and whether it was asked before. */
export function stripeApi({ books, keys, faults, webhooks, requests }: StripeApiParts) {
  const remembered = idempotencyKeys(books.now);
  const attempts = new Map<string, number>();
  const inTurn = turns();

  async function carryOut({ route, objectId, text, fault }: Call): Promise<Answer> {
    const params = readParams(route, text);
    await faults.pass(route.operation);
    if (fault?.kind === 'slow') await pause(fault.ms ?? 0);
    failBefore(fault);
    const { result, told } = await inTurn(route.locks ? objectId : undefined, () =>
      webhooks.during(() => route.act(books, params, objectId, attempts)),
    );
    const lost = result === LOST || fault?.kind === 'drop-after';
    const body = JSON.stringify(result === LOST ? books.intents.get(objectId) : result);
    await told();
    if (fault?.kind === '500-after') throw serverError();
    return { status: 200, body, lost };
  }

  async function answer(request: IncomingMessage, url: URL): Promise<Answer | 'cut' | 'silent'> {
    const route = ROUTES.find(({ method, path }) => method === request.method && path.test(url.pathname));
    if (!route) throw new ApiError(404, { type: 'invalid_request_error', message: `unknown URL ${url.pathname}` });
    checkKey(request, keys);
    const version = headerOf(request, 'stripe-version');
    requests.push({ operation: route.operation, version });
    if (version !== API_VERSION) throw invalid('parameter_invalid_version', 'stripe-version');
    const text = request.method === 'POST' ? await bodyOf(request) : url.search.slice(1);
    const fault = faults.next(route.operation);
    if (fault?.kind === 'hang') return 'silent';
    if (fault?.kind === 'drop-before') return 'cut';
    const objectId = decodeURIComponent(route.path.exec(url.pathname)?.[1] ?? '');
    const key = request.method === 'POST' ? headerOf(request, 'idempotency-key') : undefined;
    return remembered(key, `${route.operation} ${objectId} ${text}`, () =>
      carryOut({ route, objectId, text, fault }).catch(errorAnswer),
    );
  }

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const given = await answer(request, url).catch(errorAnswer);
    if (given === 'silent') return;
    if (given === 'cut') return void request.socket.destroy();
    send(response, given, books.id('req'));
  };
}

/** Like Stripe, it takes no parameter that it does not know. */
function readParams(route: Route, text: string): Params {
  const params = parseForm(text);
  const unknown = Object.keys(params).find((name) => !route.takes.includes(name));
  if (unknown !== undefined) throw invalid('parameter_unknown', unknown);
  return params;
}

function failBefore(fault: StripeFault | undefined): void {
  const type = 'invalid_request_error';
  if (fault?.kind === '500') throw serverError();
  if (fault?.kind === '429') throw new ApiError(429, { type, code: 'rate_limit', message: 'slow down' });
  if (fault?.kind === 'lock') throw new ApiError(429, { type, code: 'lock_timeout', message: 'locked' });
}

/** Calls of one object are carried out one after the other. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string | undefined, act: () => T): Promise<T> => {
    if (key === undefined) return act();
    const turn = (last.get(key) ?? Promise.resolve()).then(act);
    last.set(
      key,
      turn.catch(() => undefined),
    );
    return turn;
  };
}
