import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import { expect } from 'vitest';
import { createApp } from '../../functions/http/app.ts';
import type { App, AppDeps } from '../../functions/http/app-context.ts';
import { jwtAuthenticator } from '../../functions/http/auth.ts';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { hmacIds } from '../../shared/adapters/in-process/hmac-ids.ts';
import { queuedPublisher } from '../../shared/adapters/in-process/queued-publisher.ts';
import { memoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { memoryMessageQueue } from '../../shared/adapters/memory/memory-message-queue.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import { memoryReceiptStore } from '../../shared/adapters/memory/memory-receipt-store.ts';
import { memoryRestaurantCatalog } from '../../shared/adapters/memory/memory-restaurant-catalog.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import { stripeNewsReader } from '../../shared/adapters/stripe/stripe-news-reader.ts';
import type { Restaurant } from '../../shared/domain/restaurant.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { LogFields } from '../../shared/ports/logger.ts';
import type { MessageQueue } from '../../shared/ports/message-queue.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { ReceiptStore } from '../../shared/ports/receipt-store.ts';
import type { RestaurantCatalog } from '../../shared/ports/restaurant-catalog.ts';
import { aRestaurant, NOON } from '../fixtures.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { expectDocumented, type Received } from './documented.ts';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'tricloud-orders';
export const ORIGIN = 'https://shop.example';

/** Who takes part in the tests, by subject, with their groups. */
const PEOPLE = {
  alice: [],
  bob: [],
  mario: ['restaurant:rest-1'],
  luigi: ['restaurant:rest-2'],
  franchisee: ['restaurant:rest-1', 'restaurant:rest-2'],
  olga: ['operator'],
} as const;
export type Person = keyof typeof PEOPLE;

export interface Sent {
  /** Default: alice. Null sends no token. */
  readonly as?: Person | null;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  readonly app: App;
  readonly clock: ManualClock;
  readonly orders: OrderStore;
  readonly restaurants: RestaurantCatalog;
  readonly receipts: ReceiptStore;
  /** Where operators' republished events and redriven messages go. */
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
  /** Every line that was logged, its fields with the message. */
  readonly logs: LogFields[];
  /** How many writes of orders have succeeded. */
  writes(): number;
  token(person: Person): Promise<string>;
  /** Asks the app, and holds the answer against the document. */
  send(method: string, path: string, sent?: Sent): Promise<Received>;
  /** Places an order and answers it; `key` defaults to one of its own. */
  place(sent?: Sent & { readonly key?: string }): Promise<Received>;
}

const RESTAURANTS: readonly Restaurant[] = [
  aRestaurant({
    menu: [
      { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' } },
      { menuItemId: 'soda', name: 'Soda', unitPrice: { amount: 299, currency: 'USD' } },
      { menuItemId: 'napkin', name: 'Napkin', unitPrice: { amount: 0, currency: 'USD' } },
    ],
    contact: { email: 'kitchen@rest-1.example' },
  }),
  aRestaurant({ id: 'rest-2', name: 'Da Luigi', rating: 4.9 }),
  aRestaurant({ id: 'rest-closed', name: 'Closed', rating: 3, acceptingOrders: false }),
  aRestaurant({
    id: 'rest-absurd',
    name: 'Absurd',
    cuisine: 'absurd',
    menu: [
      { menuItemId: 'moon', name: 'The Moon', unitPrice: { amount: Number.MAX_SAFE_INTEGER, currency: 'USD' } },
      { menuItemId: 'sun', name: 'The Sun', unitPrice: { amount: Number.MAX_SAFE_INTEGER - 1, currency: 'USD' } },
    ],
  }),
  aRestaurant({
    id: 'rest-mixed',
    name: 'Border Diner',
    cuisine: 'mixed',
    menu: [
      { menuItemId: 'taco', name: 'Taco', unitPrice: { amount: 500, currency: 'USD' } },
      { menuItemId: 'torta', name: 'Torta', unitPrice: { amount: 9000, currency: 'MXN' } },
    ],
  }),
];

export const ORDER = {
  restaurantId: 'rest-1',
  items: [{ menuItemId: 'pizza', quantity: 2 }],
  deliveryAddress: '1 Main Street',
  paymentMethod: 'pm_card_visa',
} as const;

const ALGORITHM = 'ES256';
const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
export const PUBLIC_JWK = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: ALGORITHM };

/** An API of its own over memory; `overrides` replaces what a platform would give it. Without `docs` it has no docs page. */
export async function startApi(overrides: Partial<AppDeps> = {}, { docs = true } = {}): Promise<Api> {
  const clock = manualClock(NOON);
  const counted = countWrites(overrides.orders ?? memoryOrderStore().orders);
  const restaurants = memoryRestaurantCatalog();
  await restaurants.put(RESTAURANTS);
  const receipts = memoryReceiptStore();
  const { queue, deadLetters } = memoryMessageQueue();
  const logs: LogFields[] = [];
  const app = createApp({
    restaurants,
    receipts,
    clock,
    ids: hmacIds({ pepper: 'p'.repeat(32), environment: 'test' }),
    authenticate: testAuthenticator(clock),
    logger: recordingLogger(logs),
    newRequestId: sequence('request'),
    corsOrigins: [ORIGIN],
    operations: { deadLetters, publisher: queuedPublisher({ queue, clock }), thresholds: DEFAULT_THRESHOLDS },
    metrics: countingMetrics(),
    provider: aProvider(clock),
    ...(docs && { docsAsset: (name: string) => readFile(join(getAbsoluteFSPath(), name)) }),
    ...overrides,
    orders: counted.orders,
  });
  const nextKey = sequence('key');
  const send = sender(app, clock);
  return {
    app,
    clock,
    orders: counted.orders,
    restaurants,
    receipts,
    queue,
    deadLetters,
    logs,
    writes: counted.writes,
    token: (person) => tokenFor(person, clock),
    send,
    place: ({ key, headers, ...sent } = {}) =>
      send('POST', '/v1/orders', {
        body: ORDER,
        ...sent,
        headers: { 'Idempotency-Key': key ?? nextKey(), ...headers },
      }),
  };
}

export const WEBHOOK_SECRET = 'whsec_test';

/** Simulated payments, whose provider posts news as Stripe would; with what looks inside. */
export function aProvider(clock: ManualClock) {
  const ledger = memoryPaymentLedger();
  const secrets = environmentSecrets({ STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET });
  return {
    news: stripeNewsReader({ secrets, secretName: 'STRIPE_WEBHOOK_SECRET', clock }),
    records: simulatedPaymentRecords({ ledger }),
    payments: simulatedPaymentGateway({ ledger, clock }),
    inbox: memoryInbox(),
    times: { approvalTimeoutMs: 86_400_000, confirmationTimeoutMs: 300_000 },
  };
}

export function testAuthenticator(clock: Pick<ManualClock, 'now'>) {
  return jwtAuthenticator({
    issuer: ISSUER,
    audience: AUDIENCE,
    audienceClaim: 'aud',
    keys: createLocalJWKSet({ keys: [PUBLIC_JWK] }),
    algorithms: [ALGORITHM],
    groupsClaim: 'groups',
    clock,
  });
}

/** A token as the test issuer signs it, good for an hour from `now`; `claims` overrides what it says. */
export function signToken(
  now: number,
  claims: Readonly<Record<string, unknown>> = {},
  key: CryptoKey = privateKey,
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  return new SignJWT({
    sub: 'alice',
    iss: ISSUER,
    aud: AUDIENCE,
    iat: seconds,
    exp: seconds + 3600,
    ...claims,
  })
    .setProtectedHeader({ alg: ALGORITHM, kid: 'key-1' })
    .sign(key);
}

function tokenFor(person: Person, clock: ManualClock): Promise<string> {
  return signToken(clock.now(), { sub: person, groups: [...PEOPLE[person]] });
}

function sender(app: App, clock: ManualClock): Api['send'] {
  return async (method, path, { as = 'alice', body, raw, headers = {} } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const request = new Request(`http://api.test${path}`, {
      method,
      headers: {
        ...(as && { Authorization: `Bearer ${await tokenFor(as, clock)}` }),
        ...(content !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(content !== undefined && { body: content, duplex: 'half' }),
    });
    const received = await receive(await app.fetch(request));
    expectDocumented(app, method, new URL(request.url).pathname, received);
    return received;
  };
}

async function receive(response: Response): Promise<Received> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('Content-Type') ?? '') && text !== '';
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

interface ProblemBody {
  readonly code: string;
  readonly status: number;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** Asserts that `received` is the problem `code` with `status`, naming `field` where one is given. */
export function expectProblem(received: Received, status: number, code: string, field?: string): void {
  expect({ status: received.status, body: received.text }).toMatchObject({ status });
  expect(received.headers.get('Content-Type')).toBe('application/problem+json');
  const problem = received.json as ProblemBody;
  expect(problem).toMatchObject({ code, status, type: `urn:tricloud-orders:problem:${code}` });
  if (field !== undefined) expect(problem.errors?.map((error) => error.field)).toContain(field);
}

function countWrites(inner: OrderStore): { orders: OrderStore; writes: () => number } {
  let written = 0;
  const orders: OrderStore = {
    ...inner,
    async create(order, events) {
      await inner.create(order, events);
      written += 1;
    },
    async save(order, events, expectedRevision) {
      await inner.save(order, events, expectedRevision);
      written += 1;
    },
  };
  return { orders, writes: () => written };
}

function recordingLogger(logs: LogFields[]): AppDeps['logger'] {
  const at = (level: string) => (fields: LogFields, message: string) => void logs.push({ level, message, ...fields });
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function sequence(name: string): () => string {
  let number = 0;
  return () => {
    number += 1;
    return `${name}-${number}`;
  };
}
