import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeDispute, openDispute } from './disputes.ts';
import { ApiError, serverError } from './errors.ts';
import { type Stall, type StripeFault, stripeFaults } from './faults.ts';
import { type Params, parseForm } from './form.ts';
import { type Answer, idempotencyKeys } from './idempotency.ts';
import type { Books, StripeMovement } from './objects.ts';
import { endProcessing, LOST } from './payment-intents.ts';
import { createRefund, endRefund } from './refunds.ts';
import { ROUTES, type Route } from './routes.ts';
import { type WebhookEndpoint, webhookSender } from './webhooks.ts';

export interface StripeOptions {
  /** Epoch milliseconds; the machine's own time when left out. */
  readonly now?: () => number;
  readonly port?: number;
  readonly secretKey?: string;
  readonly webhooks?: WebhookEndpoint;
}

export interface StripeStandIn {
  readonly url: string;
  /** Keys that are accepted; change it to rotate them. */
  readonly keys: Set<string>;
  readonly books: Books;
  readonly webhooks: ReturnType<typeof webhookSender>;
  /** Every request: its operation and the API version that it asked for. */
  readonly requests: readonly { readonly operation: string; readonly version: string | undefined }[];
  movements(orderId?: string): readonly StripeMovement[];
  fault(fault: StripeFault): void;
  stallNext(operation: string): Stall;
  /** What happens at Stripe without a call of the platform. */
  readonly happens: {
    openDispute(reference: string): string;
    closeDispute(id: string, status: 'lost' | 'won'): void;
    endRefund(id: string, status: 'failed' | 'succeeded'): void;
    endProcessing(reference: string, approved: boolean): void;
    /** Somebody gives back a part, or all, by hand. */
    refund(reference: string, amount?: number): string;
    saveCard(method: string, card: string, ourCustomerId: string): void;
  };
  close(): Promise<void>;
}

export const SECRET_KEY = 'sk_test_standin';
const API_VERSION = '2026-10-28.endive';

/**
 * A stateful stand-in for the parts of Stripe's API that the platform uses, for the official SDK over HTTP. It keeps its state in
 * memory, and its own books of the money that moved.
 */
export async function startStripe(options: StripeOptions = {}): Promise<StripeStandIn> {
  const { now = () => Date.now(), port = 0, secretKey = SECRET_KEY } = options;
  let numbered = 0;
  const id = (prefix: string): string => `${prefix}_standin${String(++numbered).padStart(8, '0')}`;
  const webhooks = webhookSender(now, () => id('evt'));
  webhooks.to(options.webhooks);
  const books: Books = {
    intents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    saved: new Map(),
    customers: new Map(),
    movements: [],
    now,
    id,
    tell: (type, object) => webhooks.tell(type, object, API_VERSION),
  };
  const keys = new Set([secretKey]);
  const faults = stripeFaults();
  const requests: { operation: string; version: string | undefined }[] = [];
  const remembered = idempotencyKeys(now);
  const attempts = new Map<string, number>();
  const locks = new Map<string, Promise<unknown>>();
  const movements = (orderId?: string) =>
    books.movements.filter((movement) => orderId === undefined || movement.orderId === orderId);

  async function locked<T>(key: string | undefined, act: () => Promise<T>): Promise<T> {
    if (key === undefined) return act();
    const turn = (locks.get(key) ?? Promise.resolve()).then(act);
    locks.set(
      key,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async function carryOut(route: Route, params: Params, objectId: string, fault: StripeFault['kind'] | undefined) {
    await faults.pass(route.operation);
    if (fault === '500') throw serverError();
    if (fault === '429')
      throw new ApiError(429, { type: 'invalid_request_error', code: 'rate_limit', message: 'slow down' });
    if (fault === 'lock')
      throw new ApiError(429, { type: 'invalid_request_error', code: 'lock_timeout', message: 'locked' });
    const result = await locked(route.locks ? objectId : undefined, async () =>
      route.act(books, params, objectId, attempts),
    );
    await webhooks.beforeAnswer();
    if (fault === '500-after') throw serverError();
    return result;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    if (url.pathname === '/_standin/movements') {
      send(response, { status: 200, body: JSON.stringify(movements(url.searchParams.get('orderId') ?? undefined)) });
      return;
    }
    const text = request.method === 'POST' ? await bodyOf(request) : url.search.slice(1);
    const route = ROUTES.find(({ method, path }) => method === request.method && path.test(url.pathname));
    if (!route) throw new ApiError(404, { type: 'invalid_request_error', message: `unknown URL ${url.pathname}` });
    checkKey(request, keys);
    const version = headerOf(request, 'stripe-version');
    requests.push({ operation: route.operation, version });
    const fault = faults.next(route.operation);
    if (fault === 'hang') return;
    if (fault === 'drop-before') return void request.socket.destroy();
    const objectId = decodeURIComponent(route.path.exec(url.pathname)?.[1] ?? '');
    const key = request.method === 'POST' ? headerOf(request, 'idempotency-key') : undefined;
    const given = await remembered(key, `${route.operation} ${objectId} ${text}`, () =>
      answerOf(() => carryOut(route, parseForm(text), objectId, fault)),
    );
    if (given.body === '' || fault === 'drop-after') return void request.socket.destroy();
    send(response, given);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => send(response, errorAnswer(error)));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    books,
    webhooks,
    requests,
    movements,
    fault: faults.add,
    stallNext: faults.stall,
    happens: {
      openDispute: (reference) => openDispute(books, reference).id,
      closeDispute: (dispute, status) => closeDispute(books, dispute, status),
      endRefund: (refund, status) => endRefund(books, refund, status),
      endProcessing: (reference, approved) => endProcessing(books, reference, approved),
      refund: (reference, amount) =>
        createRefund(books, { payment_intent: reference, ...(amount !== undefined && { amount: String(amount) }) }).id,
      saveCard(method, card, ourCustomerId) {
        const customer = id('cus');
        books.customers.set(customer, { customer_id: ourCustomerId });
        books.saved.set(method, { card, customer });
      },
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await webhooks.close();
    },
  };
}

/** An answer that is lost has no body. */
async function answerOf(act: () => Promise<object | typeof LOST>): Promise<Answer> {
  try {
    const result = await act();
    return result === LOST ? { status: 200, body: '' } : { status: 200, body: JSON.stringify(result) };
  } catch (error) {
    return errorAnswer(error);
  }
}

function errorAnswer(error: unknown): Answer {
  if (error instanceof ApiError) return { status: error.status, body: JSON.stringify({ error: error.fields }) };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 500, body: JSON.stringify({ error: { type: 'api_error', message } }) };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_standin' });
  response.end(body);
}

function checkKey(request: IncomingMessage, keys: ReadonlySet<string>): void {
  const key = /^Bearer (.+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (key === undefined || !keys.has(key)) {
    throw new ApiError(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' });
  }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
