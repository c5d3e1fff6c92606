import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Stall, type StripeFault, stripeFaults } from './faults.ts';
import { type Happenings, happenings } from './happenings.ts';
import { bodyOf, errorAnswer, send } from './http.ts';
import { inspection } from './inspection.ts';
import type { Books, Intent, StripeMovement } from './objects.ts';
import { API_VERSION, type StripeRequest, stripeApi } from './stripe-api.ts';
import { timetable } from './timetable.ts';
import { type WebhookEndpoint, webhookSender } from './webhooks.ts';

export interface StripeOptions {
  /** Epoch milliseconds; the machine's own time when left out. */
  readonly now?: () => number;
  readonly port?: number;
  readonly secretKey?: string;
  readonly webhooks?: WebhookEndpoint;
  /** How far the search is behind. An hour, as Stripe's may be in an outage, so that nobody relies on it. */
  readonly searchLagMs?: number;
  /** After how long a refund of `pm_card_refundFail` comes back and one of `pm_card_pendingRefund` goes through. A minute. */
  readonly refundsSettleAfterMs?: number;
}

export interface StripeStandIn {
  readonly url: string;
  /** The key that was there first. */
  readonly secretKey: string;
  /** Keys that are accepted; change it to rotate them. */
  readonly keys: Set<string>;
  readonly books: Books;
  readonly webhooks: ReturnType<typeof webhookSender>;
  /** Every request of the API that had a key, the oldest first. */
  readonly requests: readonly StripeRequest[];
  movements(orderId?: string): readonly StripeMovement[];
  intents(): readonly Intent[];
  fault(fault: StripeFault): void;
  stallNext(operation: string): Stall;
  readonly happens: Happenings;
  /** Carries out what is due by the stand-in's clock; every request does so first. */
  wake(): void;
  close(): Promise<void>;
}

export const SECRET_KEY = 'sk_test_standin';
export const WEBHOOK_SECRET = 'whsec_standin';

/** How often the machine's time is looked at. A clock that a test owns is only looked at with a request, or by `wake`. */
const WAKE_MS = 500;

/**
 * A stateful stand-in for the parts of Stripe's API that the platform uses, for the official SDK over HTTP. It keeps its state in
 * memory, and its own books of the money that moved.
 */
export async function startStripe(options: StripeOptions = {}): Promise<StripeStandIn> {
  const { secretKey = SECRET_KEY } = options;
  const { books, webhooks, wake } = emptyBooks(options);
  const keys = new Set([secretKey]);
  const faults = stripeFaults();
  const requests: StripeRequest[] = [];
  const happens = happenings(books);
  const movements = (orderId?: string) =>
    books.movements.filter((movement) => orderId === undefined || movement.orderId === orderId);
  const api = stripeApi({ books, keys, faults, webhooks, requests });
  const inspect = inspection({ books, happens, movements, fault: faults.add, subscribe: webhooks.to });
  const { url, close } = await serve(options.port ?? 0, async (request, response, at) => {
    wake();
    if (!at.pathname.startsWith('/_standin/')) return api(request, response, at);
    const shown = inspect(request.method, at, await bodyOf(request));
    send(response, { status: 200, body: JSON.stringify(shown) }, books.id('req'));
  });
  const timer = options.now ? undefined : setInterval(wake, WAKE_MS).unref();
  return {
    url,
    secretKey,
    keys,
    books,
    webhooks,
    requests,
    movements,
    intents: () => [...books.intents.values()],
    fault: faults.add,
    stallNext: faults.stall,
    happens,
    wake,
    async close() {
      clearInterval(timer);
      await close();
      await webhooks.close();
    },
  };
}

function emptyBooks({
  now = () => Date.now(),
  webhooks: endpoint,
  searchLagMs = 3_600_000,
  refundsSettleAfterMs = 60_000,
}: StripeOptions) {
  let numbered = 0;
  const id = (prefix: string): string => {
    numbered += 1;
    return `${prefix}_standin${String(numbered).padStart(8, '0')}`;
  };
  const webhooks = webhookSender(now, () => id('evt'));
  webhooks.to(endpoint);
  const { later, wake } = timetable(now);
  const books: Books = {
    intents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    saved: new Map(),
    customers: new Map(),
    movements: [],
    searchLagMs,
    refundsSettleAfterMs,
    now,
    id,
    later,
    tell: (type, object) => webhooks.tell(type, object, API_VERSION),
  };
  return { books, webhooks, wake };
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

async function serve(port: number, handle: Handler): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    handle(request, response, new URL(request.url ?? '/', 'http://stand-in')).catch((error: unknown) =>
      send(response, errorAnswer(error), 'req_standin'),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
