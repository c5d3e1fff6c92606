import { describe, expect, it } from 'vitest';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { aLineItem, anOrder, aPosition, aReceipt, NOON } from '../fixtures.ts';
import { expectProblem, ORDER, type Person, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

interface OrderBody {
  readonly id: string;
  readonly total: object;
}

describe('placing an order', () => {
  it('answers 201 with the order, its path and its version', async () => {
    const api = await startApi();
    const contact = { email: 'alice@example.com', phone: '+4930123456', locale: 'de-CH' };
    const placed = await api.place({ body: { ...ORDER, contact } });
    const { id } = placed.json as OrderBody;
    expect(placed.status).toBe(201);
    expect(id).toMatch(/^ord_[a-z2-7]{32}$/);
    expect(placed.headers.get('Location')).toBe(`/v1/orders/${id}`);
    expect(placed.headers.get('ETag')).toBe('"1"');
    expect(placed.headers.has('Idempotency-Replayed')).toBe(false);
    expect(placed.json).toEqual({
      id,
      customerId: 'alice',
      restaurantId: 'rest-1',
      items: [
        { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' }, quantity: 2 },
      ],
      total: { amount: 3198, currency: 'USD' },
      deliveryAddress: '1 Main Street',
      paymentMethod: 'pm_card_visa',
      contact,
      status: 'pending',
      payment: { status: 'none' },
      createdAt: new Date(NOON).toISOString(),
      updatedAt: new Date(NOON).toISOString(),
      version: 1,
    });
  });

  it('keeps what it answered, for the customer of the token', async () => {
    const api = await startApi();
    const placed = await api.place({ as: 'bob' });
    const { id } = placed.json as OrderBody;
    expect((await api.send('GET', `/v1/orders/${id}`, { as: 'bob' })).json).toEqual(placed.json);
    expect((await api.orders.get(id))?.customerId).toBe('bob');
  });

  it('keeps the id of the request that placed it, for everything that follows from it', async () => {
    const api = await startApi();
    const placed = await api.place({ key: 'k', headers: { 'X-Request-Id': 'dinner-17' } });
    await api.place({ key: 'k', headers: { 'X-Request-Id': 'another' } });
    const { id } = placed.json as OrderBody;
    const order = await api.orders.get(id);
    expect(order).toMatchObject({ correlationId: 'dinner-17' });
    expect(JSON.stringify(placed.json)).not.toContain('dinner-17');
  });

  it('adds up several items', async () => {
    const api = await startApi();
    const items = [
      { menuItemId: 'pizza', quantity: 3 },
      { menuItemId: 'soda', quantity: 10 },
      { menuItemId: 'napkin', quantity: 1000 },
    ];
    expect((await api.place({ body: { ...ORDER, items } })).json).toMatchObject({ total: { amount: 7787 } });
  });

  it('trims the address, and takes unicode and lines in it', async () => {
    const api = await startApi();
    const deliveryAddress = '  Große Straße 5\n3. Stock 🍕 ';
    const placed = await api.place({ body: { ...ORDER, deliveryAddress } });
    expect(placed.json).toMatchObject({ deliveryAddress: deliveryAddress.trim() });
  });

  it('takes the largest order that it documents', async () => {
    const api = await startApi();
    const body = {
      ...ORDER,
      items: Array.from({ length: 100 }, () => ({ menuItemId: 'soda', quantity: 1000 })),
      deliveryAddress: '🍕'.repeat(500),
      paymentMethod: 'p'.repeat(255),
    };
    const placed = await api.place({ body, key: '~ '.repeat(127).trim() });
    expect(placed.json).toMatchObject({ total: { amount: 29_900_000 } });
  });

  it('takes the price that the customer saw when the menu still says so', async () => {
    const api = await startApi();
    const items = [{ menuItemId: 'pizza', quantity: 1, expectedUnitPrice: { amount: 1599, currency: 'USD' } }];
    expect((await api.place({ body: { ...ORDER, items } })).status).toBe(201);
  });

  it.each([[{ amount: 1598, currency: 'USD' }], [{ amount: 1599, currency: 'EUR' }]])(
    'refuses with price-changed when the customer saw %j',
    async (expectedUnitPrice) => {
      const api = await startApi();
      const items = [
        { menuItemId: 'soda', quantity: 1 },
        { menuItemId: 'pizza', quantity: 1, expectedUnitPrice },
      ];
      const refused = await api.place({ body: { ...ORDER, items } });
      expectProblem(refused, 409, 'price-changed', 'items[1].expectedUnitPrice');
      expect(api.writes()).toBe(0);
    },
  );
});

describe('repeating an order with its key', () => {
  it('answers 200 with the same order and says that it is a repeat', async () => {
    const api = await startApi();
    const first = await api.place({ key: 'k' });
    const second = await api.place({ key: 'k' });
    expect(second.status).toBe(200);
    expect(second.headers.get('Idempotency-Replayed')).toBe('true');
    expect(second.headers.get('Location')).toBe(first.headers.get('Location'));
    expect(second.headers.get('ETag')).toBe('"1"');
    expect(second.json).toEqual(first.json);
    expect(api.writes()).toBe(1);
  });

  it('places one order for 200 concurrent requests', async () => {
    const api = await startApi();
    const answers = await Promise.all(Array.from({ length: 200 }, () => api.place({ key: 'k' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const repeats = answers.filter(({ status }) => status === 200);
    expect(repeats).toHaveLength(199);
    expect(repeats.every(({ headers }) => headers.get('Idempotency-Replayed') === 'true')).toBe(true);
    expect(new Set(answers.map(({ json }) => (json as OrderBody).id)).size).toBe(1);
    const page = await api.orders.list({ customerId: 'alice' }, { limit: 100 });
    expect(page.items).toHaveLength(1);
    expect(api.writes()).toBe(1);
  });

  it('places another order for another customer', async () => {
    const api = await startApi();
    const alices = await api.place({ key: 'k' });
    const bobs = await api.place({ key: 'k', as: 'bob' });
    expect(bobs.status).toBe(201);
    expect((bobs.json as OrderBody).id).not.toBe((alices.json as OrderBody).id);
  });

  it.each([
    ['another address', { ...ORDER, deliveryAddress: '2 Side Street' }],
    ['another quantity', { ...ORDER, items: [{ menuItemId: 'pizza', quantity: 3 }] }],
    ['a contact', { ...ORDER, contact: { email: 'a@example.com' } }],
    ['another restaurant', { ...ORDER, restaurantId: 'rest-2' }],
  ])('refuses the key for %s', async (_, body) => {
    const api = await startApi();
    await api.place({ key: 'k' });
    const reused = await api.place({ key: 'k', body });
    expectProblem(reused, 422, 'idempotency-key-reused', 'Idempotency-Key');
    expect(api.writes()).toBe(1);
  });

  it('does not mind another order of keys, or white space', async () => {
    const api = await startApi();
    const first = await api.place({ key: 'k' });
    const raw = `
      { "paymentMethod": "pm_card_visa",   "deliveryAddress": "1 Main Street ",
        "items": [ { "quantity": 2.0, "menuItemId": "pizza" } ], "restaurantId": "rest-1" }`;
    const second = await api.place({ key: 'k', raw });
    expect(second.status).toBe(200);
    expect(second.json).toEqual(first.json);
  });

  it('works after the restaurant has closed, changed its prices or gone from the menu', async () => {
    const api = await startApi();
    const first = await api.place({ key: 'k' });
    const restaurant = await api.restaurants.get('rest-1');
    if (!restaurant) throw new Error('rest-1 is missing');
    await api.restaurants.put([{ ...restaurant, acceptingOrders: false, menu: [] }]);
    const second = await api.place({ key: 'k' });
    expect(second.status).toBe(200);
    expect(second.json).toEqual(first.json);
    expectProblem(await api.place({ key: 'another' }), 409, 'restaurant-closed');
  });

  it('answers the order as it is now', async () => {
    const api = await startApi();
    const { id } = (await api.place({ key: 'k' })).json as OrderBody;
    await api.send('POST', `/v1/orders/${id}/cancellation`, { body: {} });
    const repeat = await api.place({ key: 'k' });
    expect(repeat.json).toMatchObject({ id, status: 'cancelled', version: 2 });
    expect(repeat.headers.get('ETag')).toBe('"2"');
  });

  it('is answered with the order when the store had lost its first answer', async () => {
    const { orders } = memoryOrderStore();
    let lose = true;
    const api = await startApi({
      orders: {
        ...orders,
        async create(order, events) {
          await orders.create(order, events);
          if (lose) throw new PortError('deadline-exceeded', 'OrderStore.create');
        },
      },
    });
    expectProblem(await api.place({ key: 'k' }), 503, 'unavailable');
    lose = false;
    const repeat = await api.place({ key: 'k' });
    expect(repeat.status).toBe(200);
    expect(repeat.headers.get('Idempotency-Replayed')).toBe('true');
  });
});

describe('looking at an order', () => {
  it.each<Person>(['alice', 'mario', 'franchisee', 'olga'])('%s may, with its version', async (person) => {
    const api = await startApi();
    const order = await givenOrder(api.orders, 'paid');
    const seen = await api.send('GET', `/v1/orders/${order.id}`, { as: person });
    expect(seen.status).toBe(200);
    expect(seen.headers.get('ETag')).toBe(`"${order.version}"`);
    expect(seen.json).toMatchObject({ status: 'paid', payment: { status: 'charged', transactionId: 'txn_1' } });
  });

  it.each<Person>(['bob', 'luigi'])('for %s it does not exist', async (person) => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'paid');
    const hidden = await api.send('GET', `/v1/orders/${id}`, { as: person });
    expectProblem(hidden, 404, 'order-not-found');
    const missing = await api.send('GET', `/v1/orders/ord_${'z'.repeat(32)}`, { as: person });
    const { detail, title } = missing.json as { detail: string; title: string };
    expect(hidden.json).toMatchObject({ detail, title });
  });

  it('shows nothing of what is inside', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'refunded', { requestHash: 'f'.repeat(64) });
    const { text } = await api.send('GET', `/v1/orders/${id}`, { as: 'olga' });
    expect(text).not.toMatch(
      /requestHash|ffff|position|revision|reference|pay_secret|addressChanges|refundId|chargedAt/,
    );
  });

  it.each([
    ['alice', 'pm_card_visa'],
    ['olga', 'pm_card_visa'],
    ['mario', undefined],
  ] as const)('tells %s how it is paid for: %s', async (person, paymentMethod) => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'paid');
    const { json } = await api.send('GET', `/v1/orders/${id}`, { as: person });
    expect((json as { paymentMethod?: string }).paymentMethod).toBe(paymentMethod);
    const list = person === 'olga' ? '/v1/orders?restaurantId=rest-1' : '/v1/orders';
    const { json: listed } = await api.send('GET', list, { as: person });
    expect((listed as { orders: { paymentMethod?: string }[] }).orders[0]?.paymentMethod).toBe(paymentMethod);
  });

  const WAIT = { id: 'RetrySettlement@7', deadline: NOON + 240_000, since: NOON - 60_000, alerted: false };
  const RESTING = aPosition({ state: 'RetrySettlement', attempt: 3, wait: WAIT, dueAt: NOON + 240_000, sweeps: 1 });
  const at = (ms: number) => new Date(ms).toISOString();

  it('tells operators where its workflow stands, wherever they see it', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'charging', { position: RESTING });
    const workflow = {
      state: 'RetrySettlement',
      dueAt: at(NOON + 240_000),
      attempt: 3,
      since: at(NOON - 60_000),
      deadline: at(NOON + 240_000),
      alerted: false,
      sweeps: 1,
    };
    const seen = await api.send('GET', `/v1/orders/${id}`, { as: 'olga' });
    const { json: listed } = await api.send('GET', '/v1/orders?status=charging', { as: 'olga' });
    expect(seen.json).toMatchObject({ workflow });
    expect(listed).toMatchObject({ orders: [{ workflow }] });
    expect(seen.text).not.toContain('RetrySettlement@');
  });

  it('tells operators of a step that is no wait what there is to tell, and nothing once all is done', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'pending');
    const { json } = await api.send('GET', `/v1/orders/${id}`, { as: 'olga' });
    expect((json as { workflow: object }).workflow).toEqual({ state: 'ValidateOrder', dueAt: at(NOON), attempt: 0 });
    const { position: _, ...done } = anOrder({ status: 'delivered' });
    await api.orders.create(done, []);
    const ended = await api.send('GET', `/v1/orders/${done.id}`, { as: 'olga' });
    expect(ended.json).not.toHaveProperty('workflow');
  });

  it.each<Person>(['alice', 'mario'])('tells %s nothing of its workflow, wherever they see it', async (person) => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'pending', { position: RESTING });
    const answers = [
      await api.send('GET', `/v1/orders/${id}`, { as: person }),
      await api.send('GET', '/v1/orders', { as: person }),
      await api.send('GET', `/v1/orders/${id}/timeline`, { as: person }),
      await api.send('POST', `/v1/orders/${id}/cancellation`, { as: person, body: {} }),
    ];
    for (const { text } of answers) expect(text).not.toMatch(/workflow|RetrySettlement|dueAt|sweeps/);
  });

  it('shows why a payment failed', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'payment_failed');
    const { json } = await api.send('GET', `/v1/orders/${id}`);
    expect(json).toMatchObject({ payment: { status: 'declined', declineCode: 'card_declined' } });
  });
});

describe('the timeline', () => {
  it('tells all that happened, oldest first', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'refunded');
    const { json, status } = await api.send('GET', `/v1/orders/${id}/timeline`);
    const at = new Date(NOON).toISOString();
    expect(status).toBe(200);
    expect(json).toEqual({
      events: [
        { sequence: 1, type: 'orders.created.v1', at, status: 'pending', by: 'customer:alice' },
        { sequence: 2, type: 'orders.status_changed.v1', at, status: 'charging', by: 'system' },
        { sequence: 3, type: 'orders.payment_charged.v1', at, status: 'paid', by: 'system' },
        {
          sequence: 4,
          type: 'orders.restaurant_timeout.v1',
          at,
          status: 'refunding',
          by: 'system',
          reason: 'restaurant-timeout',
          code: 'restaurant-timeout',
        },
        { sequence: 5, type: 'orders.payment_refunded.v1', at, status: 'refunded', by: 'system' },
      ],
    });
  });

  it("gives people's own words before the code, and names an operator to operators only", async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'rejected');
    const last = async (as: Person) =>
      ((await api.send('GET', `/v1/orders/${id}/timeline`, { as })).json as { events: object[] }).events.at(-1);
    expect(await last('alice')).toMatchObject({ reason: 'not today', by: 'operator' });
    expect(await last('olga')).toMatchObject({ reason: 'not today', code: 'approval-refused', by: 'operator:olga' });
  });

  it('is hidden with its order', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'paid');
    expectProblem(await api.send('GET', `/v1/orders/${id}/timeline`, { as: 'bob' }), 404, 'order-not-found');
  });
});

describe('the receipt', () => {
  it('is not ready before the charge', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'charging');
    expectProblem(await api.send('GET', `/v1/orders/${id}/receipt`), 404, 'receipt-not-ready');
  });

  it.each<Person>(['alice', 'olga'])('is for %s', async (person) => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'paid');
    await api.receipts.putOnce(aReceipt({ orderId: id }));
    const { json, status } = await api.send('GET', `/v1/orders/${id}/receipt`, { as: person });
    expect(status).toBe(200);
    expect(json).toEqual({
      orderId: id,
      lines: [aLineItem()],
      total: { amount: 1599, currency: 'USD' },
      transactionId: 'txn_1',
      paidAt: new Date(NOON).toISOString(),
    });
  });

  it('is not for the restaurant, and hidden from others', async () => {
    const api = await startApi();
    const { id } = await givenOrder(api.orders, 'paid');
    await api.receipts.putOnce(aReceipt({ orderId: id }));
    expectProblem(await api.send('GET', `/v1/orders/${id}/receipt`, { as: 'mario' }), 403, 'forbidden');
    expectProblem(await api.send('GET', `/v1/orders/${id}/receipt`, { as: 'bob' }), 404, 'order-not-found');
  });
});
