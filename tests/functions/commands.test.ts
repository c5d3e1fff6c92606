import { describe, expect, it } from 'vitest';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import type { OrderStatus } from '../../shared/domain/order.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { expectProblem, type Person, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

interface Wish {
  readonly method: 'PATCH' | 'POST' | 'PUT';
  readonly path: string;
  readonly body: object;
}

const post = (path: string, body: object): Wish => ({ method: 'POST', path, body });
const ADDRESS: Wish = { method: 'PATCH', path: '', body: { deliveryAddress: '2 Side Street' } };
const status = (value: string): Wish => ({ method: 'PUT', path: '/status', body: { status: value } });
const CANCEL = post('/cancellation', {});
const APPROVE = post('/approval', { approved: true });
const REJECT = post('/approval', { approved: false, reason: 'too much' });
const ACCEPT = post('/confirmation', { accepted: true });
const REFUSE = post('/confirmation', { accepted: false, reason: 'no flour' });
const REFUND = post('/refund', { reason: 'cold' });
const SETTLE = post('/settlement', { reason: 'the provider is back' });

async function wish(from: OrderStatus, as: Person, { method, path, body }: Wish, headers = {}) {
  const api = await startApi();
  const order = await givenOrder(api.orders, from);
  const before = api.writes();
  const answer = await api.send(method, `/v1/orders/${order.id}${path}`, { as, body, headers });
  return { api, order, answer, written: api.writes() - before };
}

describe('what people may do with an order', () => {
  const ROWS: readonly [string, OrderStatus, Person, Wish, OrderStatus][] = [
    ['the owner sends it elsewhere', 'pending', 'alice', ADDRESS, 'pending'],
    ['the owner sends it elsewhere', 'confirmed', 'alice', ADDRESS, 'confirmed'],
    ['the restaurant prepares it', 'confirmed', 'mario', status('processing'), 'processing'],
    ['the restaurant ships it', 'processing', 'mario', status('shipped'), 'shipped'],
    ['an operator ships it', 'processing', 'olga', status('shipped'), 'shipped'],
    ['an operator says it was delivered', 'shipped', 'olga', status('delivered'), 'delivered'],
    ['the owner cancels it', 'pending', 'alice', CANCEL, 'cancelled'],
    ['the owner cancels it', 'awaiting_approval', 'alice', CANCEL, 'cancelled'],
    ['the owner cancels it', 'paid', 'alice', CANCEL, 'refunding'],
    ['an operator cancels it', 'processing', 'olga', CANCEL, 'refunding'],
    ['an operator approves it', 'awaiting_approval', 'olga', APPROVE, 'awaiting_approval'],
    ['an operator rejects it', 'awaiting_approval', 'olga', REJECT, 'rejected'],
    ['the restaurant takes it on', 'paid', 'mario', ACCEPT, 'confirmed'],
    ['the restaurant refuses it', 'paid', 'mario', REFUSE, 'refunding'],
    ['an operator takes it on for the restaurant', 'paid', 'olga', ACCEPT, 'confirmed'],
    ['an operator refunds it', 'shipped', 'olga', REFUND, 'refunding'],
    ['an operator refunds it', 'delivered', 'olga', REFUND, 'refunding'],
    ['an operator refunds it again', 'refund_failed', 'olga', REFUND, 'refunding'],
  ];

  it.each(ROWS)('%s (%s)', async (_, from, as, wished, to) => {
    const { api, order, answer, written } = await wish(from, as, wished);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ id: order.id, status: to, version: order.version + 1 });
    expect(answer.headers.get('ETag')).toBe(`"${order.version + 1}"`);
    expect((await api.orders.get(order.id))?.status).toBe(to);
    expect(written).toBe(1);
  });

  it('keeps the new address', async () => {
    const { answer } = await wish('pending', 'alice', ADDRESS);
    expect(answer.json).toMatchObject({ deliveryAddress: '2 Side Street' });
  });

  it('only records the wish to cancel while a charge is under way', async () => {
    const { answer, order } = await wish('charging', 'alice', post('/cancellation', { reason: 'changed my mind' }));
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: 'charging', version: order.version + 1 });
    expect(answer.headers.get('ETag')).toBe(`"${order.version + 1}"`);
  });

  it.each(['charging', 'refunding'] as const)('records that an operator has a payment settled (%s)', async (from) => {
    const { api, answer, order, written } = await wish(from, 'olga', SETTLE);
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: from, version: order.version + 1 });
    expect(answer.headers.get('ETag')).toBe(`"${order.version + 1}"`);
    expect(written).toBe(1);
    const { json } = await api.send('GET', `/v1/orders/${order.id}/timeline`, { as: 'olga' });
    expect((json as { events: object[] }).events.at(-1)).toMatchObject({
      type: 'orders.updated.v1',
      status: from,
      by: 'operator:olga',
      code: 'settlement-requested',
      reason: 'the provider is back',
    });
    const seen = await api.send('GET', `/v1/orders/${order.id}/timeline`, { as: 'alice' });
    expect(seen.text).not.toMatch(/olga|provider is back/);
  });

  it('answers a repeat of a settlement with the order, and writes nothing', async () => {
    const { api, order } = await wish('charging', 'olga', SETTLE);
    const before = api.writes();
    const repeat = await api.send('POST', `/v1/orders/${order.id}/settlement`, { as: 'olga', body: SETTLE.body });
    expect(repeat.status).toBe(202);
    expect(repeat.json).toMatchObject({ version: order.version + 1 });
    expect(api.writes()).toBe(before);
  });

  it('takes a cancellation without a body', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'pending');
    expect((await api.send('POST', `/v1/orders/${id}/cancellation`)).json).toMatchObject({ status: 'cancelled' });
  });

  it('puts the words of whoever acted into the timeline', async () => {
    const { api, order } = await wish('paid', 'mario', REFUSE);
    const { json } = await api.send('GET', `/v1/orders/${order.id}/timeline`);
    expect((json as { events: object[] }).events.at(-1)).toMatchObject({ by: 'restaurant:rest-1', reason: 'no flour' });
  });

  const REPEATS: readonly [string, OrderStatus, Person, Wish][] = [
    ['a cancellation', 'cancelled', 'alice', CANCEL],
    ['a confirmation', 'confirmed', 'mario', ACCEPT],
    ['a status', 'shipped', 'mario', status('shipped')],
    ['a rejection', 'rejected', 'olga', REJECT],
    ['a refund', 'refunding', 'olga', REFUND],
  ];

  it.each(REPEATS)('answers a repeat of %s with the order, and writes nothing', async (_, from, as, wished) => {
    const { answer, order, written } = await wish(from, as, wished);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ status: from, version: order.version });
    expect(written).toBe(0);
  });
});

describe('what people may not do with an order', () => {
  const FORBIDDEN: readonly [Person, OrderStatus, Wish][] = [
    ['mario', 'pending', ADDRESS],
    ['olga', 'pending', ADDRESS],
    ['alice', 'confirmed', status('processing')],
    ['mario', 'shipped', status('delivered')],
    ['mario', 'paid', CANCEL],
    ['alice', 'awaiting_approval', APPROVE],
    ['mario', 'awaiting_approval', APPROVE],
    ['alice', 'paid', ACCEPT],
    ['alice', 'delivered', REFUND],
    ['mario', 'delivered', REFUND],
    ['alice', 'charging', SETTLE],
    ['mario', 'refunding', SETTLE],
  ];

  it.each(FORBIDDEN)('refuses %s, in the wrong role, on a %s order: %j', async (as, from, wished) => {
    const { answer, written } = await wish(from, as, wished);
    expectProblem(answer, 403, 'forbidden');
    expect(written).toBe(0);
  });

  it.each([ADDRESS, status('shipped'), CANCEL, APPROVE, ACCEPT, REFUND, SETTLE])(
    'hides the order of somebody else from %j',
    async (wished) => {
      for (const as of ['bob', 'luigi'] as const) {
        const { answer, written } = await wish('paid', as, wished, { 'If-Match': '"99"' });
        expectProblem(answer, 404, 'order-not-found');
        expect(written).toBe(0);
      }
    },
  );

  const CONFLICTS: readonly [string, OrderStatus, Person, Wish][] = [
    ['illegal-transition', 'processing', 'alice', ADDRESS],
    ['illegal-transition', 'cancelled', 'alice', ADDRESS],
    ['illegal-transition', 'paid', 'mario', status('processing')],
    ['illegal-transition', 'confirmed', 'mario', status('shipped')],
    ['illegal-transition', 'delivered', 'olga', status('shipped')],
    ['illegal-transition', 'shipped', 'alice', CANCEL],
    ['illegal-transition', 'refunded', 'alice', CANCEL],
    ['illegal-transition', 'payment_failed', 'olga', CANCEL],
    ['illegal-transition', 'pending', 'olga', APPROVE],
    ['illegal-transition', 'charging', 'mario', ACCEPT],
    ['illegal-transition', 'paid', 'olga', REFUND],
    ['illegal-transition', 'refunded', 'olga', REFUND],
    ['illegal-transition', 'pending', 'olga', SETTLE],
    ['illegal-transition', 'paid', 'olga', SETTLE],
    ['illegal-transition', 'payment_failed', 'olga', SETTLE],
    ['illegal-transition', 'refund_failed', 'olga', SETTLE],
    ['already-decided', 'rejected', 'olga', APPROVE],
    ['already-decided', 'confirmed', 'mario', REFUSE],
    ['too-late', 'refunding', 'mario', ACCEPT],
    ['too-late', 'refunded', 'mario', REFUSE],
  ];

  it.each(CONFLICTS)('answers %s on a %s order, for %s: %j', async (code, from, as, wished) => {
    const { answer, written } = await wish(from, as, wished);
    expectProblem(answer, 409, code);
    expect(written).toBe(0);
  });

  it('lets the owner change the address ten times', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'pending');
    const move = (to: number) =>
      api.send('PATCH', `/v1/orders/${id}`, { body: { deliveryAddress: `${to} Main Street` } });
    for (let change = 2; change <= 11; change += 1) expect((await move(change)).status).toBe(200);
    expectProblem(await move(12), 409, 'too-many-changes');
    expect(await api.orders.get(id)).toMatchObject({ deliveryAddress: '11 Main Street' });
  });
});

describe('If-Match', () => {
  const WISHES: readonly [OrderStatus, Person, Wish][] = [
    ['pending', 'alice', ADDRESS],
    ['confirmed', 'mario', status('processing')],
    ['pending', 'alice', CANCEL],
    ['awaiting_approval', 'olga', APPROVE],
    ['paid', 'mario', ACCEPT],
    ['shipped', 'olga', REFUND],
  ];

  it.each(WISHES)('holds off every change of another version (%s, %s, %j)', async (from, as, wished) => {
    const { answer, written } = await wish(from, as, wished, { 'If-Match': '"99"' });
    expectProblem(answer, 412, 'precondition-failed', 'If-Match');
    expect(written).toBe(0);
  });

  it.each(WISHES)('lets every change of this version through (%s, %s, %j)', async (from, as, wished) => {
    const api = await startApi();
    const order = await givenOrder(api.orders, from);
    const headers = { 'If-Match': `"${order.version}"` };
    const answer = await api.send(wished.method, `/v1/orders/${order.id}${wished.path}`, {
      as,
      body: wished.body,
      headers,
    });
    expect(answer.status).toBe(200);
  });

  // The order is at version 3.
  it.each(['*', '"3"', '"1", "3"', '"3" ,\t"x"', 'W/"1", "3"', '"a,b", "3"'])('matches with %s', async (tags) => {
    const { answer } = await wish('paid', 'mario', ACCEPT, { 'If-Match': tags });
    expect(answer.status).toBe(200);
  });

  it.each(['"2"', 'W/"3"', '"03"', '""', '"1", "2"', 'W/"3", W/"4"', '"three"', `"${'3'.repeat(99)}"`, '"-3"'])(
    'does not match with %s',
    async (tags) => {
      const { answer, written } = await wish('paid', 'mario', ACCEPT, { 'If-Match': tags });
      expectProblem(answer, 412, 'precondition-failed', 'If-Match');
      expect(written).toBe(0);
    },
  );

  it.each(['', '3', '"3 "', '"3', '3"', '"3""4"', '"3",', ',', '*, "3"', 'w/"3"', "'3'", `"${'x'.repeat(1024)}"`])(
    'refuses %j, which is no list of tags',
    async (tags) => {
      const { answer, written } = await wish('paid', 'mario', ACCEPT, { 'If-Match': tags });
      expectProblem(answer, 400, 'invalid-request', 'If-Match');
      expect(written).toBe(0);
    },
  );

  it('refuses a wrong role before it looks at the version', async () => {
    const { answer } = await wish('paid', 'alice', ACCEPT, { 'If-Match': '"99"' });
    expectProblem(answer, 403, 'forbidden');
  });

  it('lets one of two changes of the same version through', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'pending');
    const headers = { 'If-Match': '"1"' };
    const move = (to: string) => api.send('PATCH', `/v1/orders/${id}`, { body: { deliveryAddress: to }, headers });
    const answers = await Promise.all([move('2 Main Street'), move('3 Main Street')]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412]);
  });
});

describe('changes by others at the same time', () => {
  it('are decided anew', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'pending');
    const move = (to: number) =>
      api.send('PATCH', `/v1/orders/${id}`, { body: { deliveryAddress: `${to} Main Street` } });
    const answers = await Promise.all([move(2), move(3), move(4)]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(await api.orders.get(id)).toMatchObject({ version: 4, addressChanges: 3 });
  });

  it('that never end are answered with busy, and when to come back', async () => {
    const { orders } = memoryOrderStore();
    const save = async () => {
      throw new PortError('conflict', 'OrderStore.save');
    };
    const api = await startApi({ orders: { ...orders, save } });
    const { id } = await givenOrder(api.orders, 'pending');
    const answer = await api.send('POST', `/v1/orders/${id}/cancellation`, { body: {} });
    expectProblem(answer, 503, 'busy');
    expect(answer.headers.get('Retry-After')).toBe('1');
  });
});
