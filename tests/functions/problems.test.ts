import { describe, expect, it } from 'vitest';
import { PROBLEMS, type ProblemCode } from '../../functions/http/problem-codes.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryReceiptStore } from '../../shared/adapters/memory/memory-receipt-store.ts';
import { memoryRestaurantCatalog } from '../../shared/adapters/memory/memory-restaurant-catalog.ts';
import { PortError, type PortErrorCode } from '../../shared/ports/port-error.ts';
import { type Api, expectProblem, ORDER, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

/** The promise to clients, in words of its own: changing the table must be meant. */
const STATUSES: Readonly<Record<ProblemCode, number>> = {
  'already-decided': 409,
  busy: 503,
  'dead-letter-not-found': 404,
  forbidden: 403,
  'payment-disputed': 409,
  'idempotency-key-required': 400,
  'idempotency-key-reused': 422,
  'illegal-transition': 409,
  internal: 500,
  'invalid-cursor': 400,
  'invalid-idempotency-key': 400,
  'invalid-request': 400,
  'malformed-json': 400,
  'method-not-allowed': 405,
  'mixed-currencies': 422,
  'not-found': 404,
  'order-not-found': 404,
  'payload-too-large': 413,
  'precondition-failed': 412,
  'price-changed': 409,
  'receipt-not-ready': 404,
  'restaurant-closed': 409,
  'restaurant-not-found': 404,
  'too-late': 409,
  'too-many-changes': 409,
  'total-too-large': 422,
  'total-too-small': 422,
  unauthenticated: 401,
  unavailable: 503,
  'unknown-menu-item': 422,
  'unknown-restaurant': 422,
  'unsupported-media-type': 415,
  'webhook-refused': 400,
};

const fails = (error: unknown) => async () => {
  throw error;
};

describe('problem documents', () => {
  it('have the status that their code promises', () => {
    const statuses = Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
    expect(statuses).toEqual(STATUSES);
  });

  it('have all that RFC 9457 asks for, and what is at fault', async () => {
    const api = await startApi();
    const answer = await api.send('GET', '/v1/orders?limit=x', { headers: { 'X-Request-Id': 'r-1' } });
    expect(answer.json).toEqual({
      type: 'urn:tricloud-orders:problem:invalid-request',
      title: 'The request is not valid',
      status: 400,
      code: 'invalid-request',
      detail: 'the query is not valid: see errors',
      instance: 'urn:tricloud-orders:request:r-1',
      errors: [{ field: 'limit', message: 'must be a whole number from 1 to 100' }],
    });
  });
});

describe('a port that fails', () => {
  const PASSING: readonly PortErrorCode[] = ['unavailable', 'deadline-exceeded', 'resource-exhausted'];
  const LASTING: readonly PortErrorCode[] = [
    'conflict',
    'internal',
    'invalid-argument',
    'not-found',
    'permission-denied',
    'unknown',
  ];

  it.each(PASSING)('with %s is answered with 503, and when to come back', async (code) => {
    const { orders } = memoryOrderStore();
    const get = fails(new PortError(code, 'OrderStore.get', { cause: new Error('10.0.0.7 refused') }));
    const api = await startApi({ orders: { ...orders, get } });
    const answer = await api.place();
    expectProblem(answer, 503, 'unavailable');
    expect(answer.headers.get('Retry-After')).toBe('1');
    expect(answer.text).not.toMatch(/OrderStore|10\.0\.0\.7/);
    expect(api.writes()).toBe(0);
    const correlationId = answer.headers.get('X-Request-Id');
    expect(answer.json).toMatchObject({ correlationId });
    expect(api.logs[0]).toMatchObject({ level: 'warn', correlationId, code, operation: 'OrderStore.get' });
  });

  it.each(LASTING)('with %s is answered with 500', async (code) => {
    const { orders } = memoryOrderStore();
    const get = fails(new PortError(code, 'OrderStore.get', { message: 'role orders-writer lacks a right' }));
    const api = await startApi({ orders: { ...orders, get } });
    const answer = await api.place();
    expectProblem(answer, 500, 'internal');
    expect(answer.headers.has('Retry-After')).toBe(false);
    expect(answer.text).not.toMatch(/OrderStore|orders-writer/);
    expect(api.logs[0]).toMatchObject({ level: 'error', code, correlationId: answer.headers.get('X-Request-Id') });
  });

  const unavailable = fails(new PortError('unavailable', 'test'));
  const catalog = memoryRestaurantCatalog();
  const restaurants = { ...catalog, get: unavailable, list: unavailable, search: unavailable };
  const orders = { ...memoryOrderStore().orders, list: unavailable };
  const broken = { restaurants, orders, receipts: { ...memoryReceiptStore(), get: unavailable } };
  const REQUESTS: readonly [string, (api: Api) => ReturnType<Api['send']>][] = [
    ['an order', (api) => api.place()],
    ['a list', (api) => api.send('GET', '/v1/orders')],
    ['restaurants', (api) => api.send('GET', '/v1/restaurants')],
    ['a restaurant', (api) => api.send('GET', '/v1/restaurants/rest-1')],
    ['a search', (api) => api.send('POST', '/v1/restaurants/search', { body: { cuisine: 'thai' } })],
    ['a receipt', async (api) => api.send('GET', `/v1/orders/${(await givenOrder(api.orders, 'paid')).id}/receipt`)],
  ];

  it.each(REQUESTS)('is 503 for %s, whichever port it is', async (_, ask) => {
    expectProblem(await ask(await startApi(broken)), 503, 'unavailable');
  });
});

describe('a defect', () => {
  it.each([
    ['an error', new Error('SELECT * FROM secrets')],
    ['a type error', new TypeError('secrets is undefined')],
  ])('is answered with 500 and nothing of %s', async (_, error) => {
    const { orders } = memoryOrderStore();
    const api = await startApi({ orders: { ...orders, get: fails(error) } });
    const answer = await api.place({ headers: { 'X-Request-Id': 'find-me' } });
    expectProblem(answer, 500, 'internal');
    expect(answer.json).toMatchObject({ correlationId: 'find-me' });
    expect(answer.text).not.toMatch(/secrets|Error|\.ts/);
    expect(api.logs[0]).toMatchObject({ level: 'error', correlationId: 'find-me', error: error.name });
    expect(api.logs[0]?.['stack']).toContainEqual(expect.stringContaining('problems.test.ts'));
    expect(api.logs[1]).toMatchObject({ message: 'request', status: 500, code: 'internal', requestId: 'find-me' });
  });
});

describe('the log', () => {
  const CANARIES = {
    address: 'canary-street 17',
    email: 'canary-mail@example.com',
    phone: '+4917012345678',
    reason: 'canary-reason',
    key: 'canary-key',
    paymentMethod: 'pm_canary',
  };
  const body = {
    ...ORDER,
    deliveryAddress: CANARIES.address,
    paymentMethod: CANARIES.paymentMethod,
    contact: { email: CANARIES.email, phone: CANARIES.phone },
  };

  /** Everything that people do, good and bad. */
  async function useApi(api: Api): Promise<void> {
    const placed = await api.place({ body, key: CANARIES.key });
    const { id } = placed.json as { id?: string };
    const reason = { reason: CANARIES.reason };
    await api.place({ body, key: CANARIES.key });
    await api.place({ body: { ...body, deliveryAddress: `${CANARIES.address}\u0000` } });
    await api.place({ body: { ...body, [CANARIES.email]: 1 } });
    await api.place({ raw: `{"deliveryAddress":"${CANARIES.address}` });
    await api.place({ body, headers: { 'Content-Type': 'text/plain' } });
    await api.send('GET', `/v1/orders/${id}`);
    await api.send('GET', `/v1/orders?customerId=${encodeURIComponent(CANARIES.email)}`);
    await api.send('GET', `/v1/restaurants/${encodeURIComponent(CANARIES.email)}`);
    await api.send('PATCH', `/v1/orders/${id}`, { body: { deliveryAddress: `${CANARIES.address}b` } });
    await api.send('POST', `/v1/orders/${id}/refund`, { body: reason });
    await api.send('POST', `/v1/orders/${id}/cancellation`, { body: reason });
    await api.send('GET', `/${CANARIES.address}`);
  }

  async function expectNoCanary(api: Api): Promise<void> {
    const logged = JSON.stringify(api.logs);
    expect(api.logs.length).toBeGreaterThan(10);
    for (const canary of Object.values(CANARIES)) expect(logged).not.toContain(canary);
    const token = await api.token('alice');
    // The header of every token is the same; the payload holds the subject.
    for (const part of token.split('.')) expect(logged).not.toContain(part);
    expect(logged).not.toMatch(/Bearer|alice/);
  }

  it('never holds a token, an address, a contact, a key or a subject', async () => {
    const api = await startApi();
    await useApi(api);
    await expectNoCanary(api);
  });

  it('holds none of them when things break, whatever the error says', async () => {
    const { orders } = memoryOrderStore();
    const create = fails(new Error(`cannot save ${JSON.stringify(CANARIES)} of alice`));
    const api = await startApi({ orders: { ...orders, create } });
    await useApi(api);
    expect(api.logs).toContainEqual(expect.objectContaining({ level: 'error', message: 'a request failed' }));
    await expectNoCanary(api);
  });
});
