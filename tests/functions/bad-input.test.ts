import { describe, expect, it } from 'vitest';
import type { OrderStatus } from '../../shared/domain/order.ts';
import { type Api, expectProblem, ORDER, type Sent, startApi } from './app.harness.ts';
import type { Received } from './documented.ts';
import { givenOrder } from './given-order.ts';

/** Sends an order that must be refused, and holds that nothing was written. */
async function refusedOrder(sent: Sent & { readonly key?: string }): Promise<Received> {
  const api = await startApi();
  const answer = await api.place(sent);
  await expectUntouched(api);
  return answer;
}

async function expectUntouched(api: Api): Promise<void> {
  expect(api.writes()).toBe(0);
  expect((await api.orders.list({ customerId: 'alice' }, { limit: 100 })).items).toEqual([]);
}

const pizza = (change: object) => ({ ...ORDER, items: [{ menuItemId: 'pizza', quantity: 1, ...change }] });
const order = (change: object) => ({ ...ORDER, ...change });
const contact = (change: object) => order({ contact: change });
const price = (change: object) => pizza({ expectedUnitPrice: { amount: 1599, currency: 'USD', ...change } });
const without = (field: keyof typeof ORDER) => order({ [field]: undefined });
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

describe('a body that is not JSON', () => {
  const ROWS: readonly [string, string | Uint8Array<ArrayBuffer>][] = [
    ['nothing', ''],
    ['blanks', '   '],
    ['half an object', '{"restaurantId":'],
    ['single quotes', "{'restaurantId': 'rest-1'}"],
    ['a comma too many', '{"restaurantId": "rest-1",}'],
    ['a comment', '{/* hello */}'],
    ['two objects', '{}{}'],
    ['NaN', '{"quantity": NaN}'],
    ['a number with a leading zero', '{"quantity": 01}'],
    ['a line break inside a text', '{"deliveryAddress": "a\nb"}'],
    ['a form', 'restaurantId=rest-1'],
    ['a null byte', '{}\u0000'],
    ['brackets that never close', '['.repeat(60_000)],
    ['UTF-16', new Uint8Array(Buffer.from('{}', 'utf16le'))],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['a text that is not UTF-8', new Uint8Array(Buffer.from('{"deliveryAddress":"\xe4"}', 'latin1'))],
  ];

  it.each(ROWS)('is refused: %s', async (_, raw) => {
    expectProblem(await refusedOrder({ raw }), 400, 'malformed-json', 'body');
  });
});

it('a body that breaks off is refused, and is no fault of ours', async () => {
  const api = await startApi();
  const raw = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"restaurantId":'));
      controller.error(new Error('socket hang up'));
    },
  });
  expectProblem(await api.place({ raw }), 400, 'malformed-json', 'body');
  expect(api.logs).toMatchObject([{ level: 'info', status: 400 }]);
  await expectUntouched(api);
});

describe('a body that is not an order', () => {
  const ROWS: readonly [unknown, string][] = [
    [null, 'body'],
    [[], 'body'],
    [[ORDER], 'body'],
    ['order', 'body'],
    [42, 'body'],
    [true, 'body'],
    [{}, 'restaurantId'],
    [without('restaurantId'), 'restaurantId'],
    [without('items'), 'items'],
    [without('deliveryAddress'), 'deliveryAddress'],
    [without('paymentMethod'), 'paymentMethod'],

    [order({ restaurantId: 7 }), 'restaurantId'],
    [order({ restaurantId: null }), 'restaurantId'],
    [order({ restaurantId: '' }), 'restaurantId'],
    [order({ restaurantId: ['rest-1'] }), 'restaurantId'],
    [order({ restaurantId: { $ne: '' } }), 'restaurantId'],
    [order({ restaurantId: 'r'.repeat(65) }), 'restaurantId'],
    [order({ restaurantId: '../rest-1' }), 'restaurantId'],
    [order({ restaurantId: 'rest-1\n' }), 'restaurantId'],
    [order({ restaurantId: 'rest-1\u0000' }), 'restaurantId'],
    [order({ restaurantId: "rest-1' OR '1'='1" }), 'restaurantId'],
    [order({ restaurantId: 'rеst-1' }), 'restaurantId'],

    [order({ items: [] }), 'items'],
    [order({ items: {} }), 'items'],
    [order({ items: 'pizza' }), 'items'],
    [order({ items: null }), 'items'],
    [order({ items: [null] }), 'items[0]'],
    [order({ items: [['pizza', 1]] }), 'items[0]'],
    [order({ items: [{ quantity: 1 }] }), 'items[0].menuItemId'],
    [order({ items: [{ menuItemId: 'pizza' }] }), 'items[0].quantity'],
    [order({ items: Array.from({ length: 101 }, () => ({ menuItemId: 'pizza', quantity: 1 })) }), 'items'],
    [pizza({ menuItemId: '' }), 'items[0].menuItemId'],
    [pizza({ menuItemId: 5 }), 'items[0].menuItemId'],
    [pizza({ menuItemId: 'p'.repeat(65) }), 'items[0].menuItemId'],

    [pizza({ quantity: 0 }), 'items[0].quantity'],
    [pizza({ quantity: -1 }), 'items[0].quantity'],
    [pizza({ quantity: 0.5 }), 'items[0].quantity'],
    [pizza({ quantity: 1.0000001 }), 'items[0].quantity'],
    [pizza({ quantity: 1001 }), 'items[0].quantity'],
    [pizza({ quantity: 1e21 }), 'items[0].quantity'],
    [pizza({ quantity: Number.MAX_SAFE_INTEGER + 1 }), 'items[0].quantity'],
    [pizza({ quantity: '1' }), 'items[0].quantity'],
    [pizza({ quantity: '' }), 'items[0].quantity'],
    [pizza({ quantity: null }), 'items[0].quantity'],
    [pizza({ quantity: true }), 'items[0].quantity'],
    [pizza({ quantity: [1] }), 'items[0].quantity'],

    [pizza({ expectedUnitPrice: 1599 }), 'items[0].expectedUnitPrice'],
    [pizza({ expectedUnitPrice: null }), 'items[0].expectedUnitPrice'],
    [price({ amount: -1 }), 'items[0].expectedUnitPrice.amount'],
    [price({ amount: 15.99 }), 'items[0].expectedUnitPrice.amount'],
    [price({ amount: '1599' }), 'items[0].expectedUnitPrice.amount'],
    [price({ amount: 2 ** 53 }), 'items[0].expectedUnitPrice.amount'],
    [price({ currency: 'usd' }), 'items[0].expectedUnitPrice.currency'],
    [price({ currency: 'US' }), 'items[0].expectedUnitPrice.currency'],
    [price({ currency: '$' }), 'items[0].expectedUnitPrice.currency'],
    [price({ scale: 2 }), 'items[0].expectedUnitPrice.scale'],

    [order({ deliveryAddress: '' }), 'deliveryAddress'],
    [order({ deliveryAddress: ' \n ' }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a'.repeat(501) }), 'deliveryAddress'],
    [order({ deliveryAddress: '🍕'.repeat(501) }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a\u0000b' }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a\r\nBcc: eve@example.com' }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a\tb' }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a\u001b[2Jb' }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a\u0085b' }), 'deliveryAddress'],
    [order({ deliveryAddress: 'a\ud800b' }), 'deliveryAddress'],
    [order({ deliveryAddress: { street: '1 Main Street' } }), 'deliveryAddress'],

    [order({ paymentMethod: '' }), 'paymentMethod'],
    [order({ paymentMethod: 'p'.repeat(256) }), 'paymentMethod'],
    [order({ paymentMethod: 'pm_card_visa\r\n' }), 'paymentMethod'],
    [order({ paymentMethod: '4111 1111 1111 1111' }), 'paymentMethod'],
    [order({ paymentMethod: null }), 'paymentMethod'],

    [order({ contact: 'alice@example.com' }), 'contact'],
    [order({ contact: null }), 'contact'],
    [contact({ email: 'alice' }), 'contact.email'],
    [contact({ email: 'alice@example.com, bob@example.com' }), 'contact.email'],
    [contact({ email: 'alice@example.com\r\nBcc: eve@example.com' }), 'contact.email'],
    [contact({ email: `${'a'.repeat(250)}@example.com` }), 'contact.email'],
    [contact({ phone: '030 123456' }), 'contact.phone'],
    [contact({ phone: '+0123' }), 'contact.phone'],
    [contact({ phone: '+1234567890123456' }), 'contact.phone'],
    [contact({ phone: 4930123456 }), 'contact.phone'],
    [contact({ locale: 'de_DE' }), 'contact.locale'],
    [contact({ locale: `en-${'abcdefgh-'.repeat(4)}x` }), 'contact.locale'],
    [contact({ fax: '+4930123456' }), 'contact.fax'],

    [order({ total: 1 }), 'total'],
    [order({ customerId: 'bob' }), 'customerId'],
    [order({ status: 'paid' }), 'status'],
    [order({ RestaurantId: 'rest-1' }), 'RestaurantId'],
    [order({ '': 1 }), 'body'],
    [pizza({ unitPrice: { amount: 1, currency: 'USD' } }), 'items[0].unitPrice'],
    [pizza({ price: 1 }), 'items[0].price'],
  ];

  it.each(ROWS)('is refused: %j, naming %s', async (body, field) => {
    expectProblem(await refusedOrder({ body }), 400, 'invalid-request', field);
  });

  it.each([
    ['{"restaurantId":{"a":{"a":{}}}}', 'restaurantId'],
    [`{"restaurantId":${nested(30_000, '[', ']')}}`, 'restaurantId'],
    [`{"items":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`, 'items'],
    [nested(32_000, '[', ']'), 'body'],
    ['{"items":[{"menuItemId":"pizza","quantity":1e400}]}', 'items[0].quantity'],
    ['{"items":[{"menuItemId":"pizza","quantity":-1e-400}]}', 'items[0].quantity'],
  ])('is refused, however deep or odd (%.40s)', async (raw, field) => {
    expectProblem(await refusedOrder({ raw }), 400, 'invalid-request', field);
  });

  it('is told of several faults at once, and of no more than twenty', async () => {
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`unknown${index}`, index]));
    const answer = await refusedOrder({ body: { ...ORDER, restaurantId: 5, ...fields } });
    const { errors } = answer.json as { errors: readonly { field: string }[] };
    expect(errors).toHaveLength(20);
    expect(errors.map(({ field }) => field)).toContain('restaurantId');
  });

  it('is told the beginning of a name that is very long', async () => {
    const answer = await refusedOrder({ body: { ...ORDER, ['x'.repeat(50_000)]: 1 } });
    expectProblem(answer, 400, 'invalid-request', 'x'.repeat(100));
    expect(answer.text.length).toBeLessThan(1_000);
  });
});

describe('a body that reaches for prototypes', () => {
  const member = (json: string) => JSON.stringify(ORDER).replace('{', `{${json},`);

  it.each([
    [member('"__proto__":{"operator":true}'), '__proto__'],
    [member('"__proto__":null'), '__proto__'],
    [member('"\\u005f_proto__":{"status":"paid"}'), '__proto__'],
    [member('"constructor":{"prototype":{"operator":true}}'), 'constructor'],
    [JSON.stringify(ORDER).replace('"quantity":2', '"quantity":2,"__proto__":{"quantity":9}'), '__proto__'],
    ['{"__proto__":[]}', '__proto__'],
    ['[{"__proto__":1}]', '__proto__'],
    [member('"constructor":1'), 'constructor'],
    [member('"toString":1'), 'toString'],
    [member('"hasOwnProperty":1'), 'hasOwnProperty'],
  ])('is refused: %s', async (raw, field) => {
    expectProblem(await refusedOrder({ raw }), 400, 'invalid-request', field);
    expect(Object.hasOwn(Object.prototype, 'operator')).toBe(false);
  });
});

describe('an order that cannot be', () => {
  const ROWS: readonly [number, string, string, object][] = [
    [422, 'unknown-restaurant', 'restaurantId', order({ restaurantId: 'rest-404' })],
    [422, 'unknown-restaurant', 'restaurantId', order({ restaurantId: '..' })],
    [422, 'unknown-restaurant', 'restaurantId', order({ restaurantId: '__proto__' })],
    [422, 'unknown-menu-item', 'items[0].menuItemId', pizza({ menuItemId: 'sushi' })],
    [422, 'unknown-menu-item', 'items[0].menuItemId', pizza({ menuItemId: 'constructor' })],
    [
      422,
      'unknown-menu-item',
      'items[1].menuItemId',
      order({
        items: [
          { menuItemId: 'pizza', quantity: 1 },
          { menuItemId: 'Pizza', quantity: 1 },
        ],
      }),
    ],
    [409, 'restaurant-closed', 'restaurantId', order({ restaurantId: 'rest-closed' })],
    [
      422,
      'total-too-large',
      'items',
      order({ restaurantId: 'rest-absurd', items: [{ menuItemId: 'moon', quantity: 2 }] }),
    ],
    [
      422,
      'total-too-large',
      'items',
      order({
        restaurantId: 'rest-absurd',
        items: [
          { menuItemId: 'sun', quantity: 1 },
          { menuItemId: 'sun', quantity: 1 },
        ],
      }),
    ],
    [422, 'total-too-small', 'items', pizza({ menuItemId: 'napkin', quantity: 1000 })],
    [
      422,
      'mixed-currencies',
      'items',
      order({
        restaurantId: 'rest-mixed',
        items: [
          { menuItemId: 'taco', quantity: 1 },
          { menuItemId: 'torta', quantity: 1 },
        ],
      }),
    ],
  ];

  it.each(ROWS)('is refused with %i %s at %s: %j', async (status, code, field, body) => {
    expectProblem(await refusedOrder({ body }), status, code, field);
  });

  it('is possible up to the largest total that is exact', async () => {
    const api = await startApi();
    const items = [{ menuItemId: 'moon', quantity: 1 }];
    const placed = await api.place({ body: { ...ORDER, restaurantId: 'rest-absurd', items } });
    expect(placed.json).toMatchObject({ total: { amount: Number.MAX_SAFE_INTEGER } });
  });
});

describe('the Idempotency-Key', () => {
  it.each([
    ['none', {}],
    ['an empty one', { 'Idempotency-Key': '' }],
    ['blanks', { 'Idempotency-Key': '   ' }],
  ])('is required: %s', async (_, headers) => {
    const api = await startApi();
    const answer = await api.send('POST', '/v1/orders', { body: ORDER, headers });
    expectProblem(answer, 400, 'idempotency-key-required', 'Idempotency-Key');
    await expectUntouched(api);
  });

  it.each(['k'.repeat(256), 'k'.repeat(10_000), 'schlüssel', 'a\tb', '\x7f', 'a\u0080'])(
    'is refused: %.20j',
    async (key) => {
      expectProblem(await refusedOrder({ key }), 400, 'invalid-idempotency-key', 'Idempotency-Key');
    },
  );

  it.each(['k', 'k'.repeat(255), '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', '../../etc', '%0d%0a', '$(jndi:x)'])(
    'may be %.40j',
    async (key) => {
      const api = await startApi();
      const first = await api.place({ key });
      expect(first.status).toBe(201);
      expect((await api.place({ key })).json).toEqual(first.json);
    },
  );
});

describe('the type of a body', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonp',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/vnd.api+json',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'text/plain, application/json',
    'text/json',
    'json',
    '',
  ])('is refused: "%s"', async (type) => {
    const answer = await refusedOrder({ headers: { 'Content-Type': type } });
    expectProblem(answer, 415, 'unsupported-media-type', 'Content-Type');
  });

  it('is refused when it is not said', async () => {
    const api = await startApi();
    const raw = new Uint8Array(Buffer.from(JSON.stringify(ORDER)));
    const answer = await api.place({ raw, headers: { 'Content-Type': '' } });
    expectProblem(answer, 415, 'unsupported-media-type', 'Content-Type');
    await expectUntouched(api);
  });

  it.each(['gzip', 'br', 'deflate, gzip'])('may not be compressed with %s', async (encoding) => {
    const answer = await refusedOrder({ headers: { 'Content-Encoding': encoding } });
    expectProblem(answer, 415, 'unsupported-media-type');
  });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json ;charset="UTF-8"',
  ])('may be %s', async (type) => {
    const api = await startApi();
    expect((await api.place({ headers: { 'Content-Type': type } })).status).toBe(201);
  });
});

describe('the size of a body', () => {
  const KIBIBYTES_64 = 65_536;
  const padded = (bytes: number) => JSON.stringify(ORDER).padEnd(bytes);

  /** In pieces, and without a word on how many. */
  function chunked(text: string, onPull: () => void = () => undefined): ReadableStream<Uint8Array> {
    const bytes = new TextEncoder().encode(text);
    let offset = 0;
    return new ReadableStream({
      pull(controller) {
        onPull();
        if (offset >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(offset, offset + 1_000));
        offset += 1_000;
      },
    });
  }

  it('may be 64 KiB', async () => {
    for (const raw of [padded(KIBIBYTES_64), chunked(padded(KIBIBYTES_64))]) {
      const api = await startApi();
      expect((await api.place({ raw })).status).toBe(201);
    }
  });

  it.each([KIBIBYTES_64 + 1, KIBIBYTES_64 * 20])('may not be %i bytes', async (bytes) => {
    expectProblem(await refusedOrder({ raw: padded(bytes) }), 413, 'payload-too-large');
    expectProblem(await refusedOrder({ raw: chunked(padded(bytes)) }), 413, 'payload-too-large');
  });

  it('counts bytes, not characters', async () => {
    expectProblem(
      await refusedOrder({ body: order({ deliveryAddress: '🍕'.repeat(17_000) }) }),
      413,
      'payload-too-large',
    );
  });

  it('is refused by what it says of itself, before it is read', async () => {
    let pulls = 0;
    const raw = chunked(padded(5_000_000), () => {
      pulls += 1;
    });
    const answer = await refusedOrder({ raw, headers: { 'Content-Length': '5000000' } });
    expectProblem(answer, 413, 'payload-too-large');
    expect(pulls).toBeLessThan(3);
  });

  it('is not believed when it says too little', async () => {
    const headers = { 'Content-Length': '10' };
    expectProblem(await refusedOrder({ raw: chunked(padded(70_000)), headers }), 413, 'payload-too-large');
  });

  it('is read no further than it may be', async () => {
    let pulls = 0;
    const raw = chunked(padded(5_000_000), () => {
      pulls += 1;
    });
    expectProblem(await refusedOrder({ raw }), 413, 'payload-too-large');
    expect(pulls).toBeLessThan(70);
  });
});

describe('a change of an order with a bad body', () => {
  const ROWS: readonly [string, string, OrderStatus, unknown, string][] = [
    ['PATCH', '', 'pending', {}, 'deliveryAddress'],
    ['PATCH', '', 'pending', { deliveryAddress: '' }, 'deliveryAddress'],
    ['PATCH', '', 'pending', { deliveryAddress: '1', status: 'paid' }, 'status'],
    ['PATCH', '', 'pending', [{ op: 'replace', path: '/status', value: 'paid' }], 'body'],
    ['PUT', '/status', 'confirmed', {}, 'status'],
    ['PUT', '/status', 'confirmed', { status: 'refunded' }, 'status'],
    ['PUT', '/status', 'confirmed', { status: 'PROCESSING' }, 'status'],
    ['PUT', '/status', 'confirmed', { status: ['processing'] }, 'status'],
    ['PUT', '/status', 'confirmed', { status: 'processing', reason: 'x' }, 'reason'],
    ['POST', '/cancellation', 'pending', null, 'body'],
    ['POST', '/cancellation', 'pending', { reason: '' }, 'reason'],
    ['POST', '/cancellation', 'pending', { reason: 'r'.repeat(501) }, 'reason'],
    ['POST', '/cancellation', 'pending', { reason: 'a\u0007b' }, 'reason'],
    ['POST', '/cancellation', 'pending', { refund: true }, 'refund'],
    ['POST', '/approval', 'awaiting_approval', {}, 'approved'],
    ['POST', '/approval', 'awaiting_approval', { approved: 'true' }, 'approved'],
    ['POST', '/approval', 'awaiting_approval', { approved: 1 }, 'approved'],
    ['POST', '/confirmation', 'paid', {}, 'accepted'],
    ['POST', '/confirmation', 'paid', { accepted: null }, 'accepted'],
    ['POST', '/confirmation', 'paid', { accepted: true, by: 'olga' }, 'by'],
    ['POST', '/refund', 'shipped', {}, 'reason'],
    ['POST', '/refund', 'shipped', { reason: ' ' }, 'reason'],
    ['POST', '/refund', 'shipped', { reason: 'x', amount: 1 }, 'amount'],
    ['POST', '/settlement', 'charging', {}, 'reason'],
    ['POST', '/settlement', 'charging', { reason: ' ' }, 'reason'],
    ['POST', '/settlement', 'charging', { reason: 'r'.repeat(501) }, 'reason'],
    ['POST', '/settlement', 'refunding', { reason: 'x', status: 'refunded' }, 'status'],
  ];

  it.each(ROWS)('is refused: %s %s on a %s order: %j, naming %s', async (method, path, status, body, field) => {
    const api = await startApi();
    const before = await givenOrder(api.orders, status, { customerId: 'olga' });
    const answer = await api.send(method, `/v1/orders/${before.id}${path}`, { as: 'olga', body });
    expectProblem(answer, 400, 'invalid-request', field);
    expect(await api.orders.get(before.id)).toEqual(before);
  });

  it.each(['PATCH ', 'PUT /status', 'POST /approval', 'POST /confirmation', 'POST /refund', 'POST /settlement'])(
    'is refused without one: %s',
    async (wish) => {
      const [method = '', path = ''] = wish.split(' ');
      const api = await startApi();
      const before = await givenOrder(api.orders, 'paid', { customerId: 'olga' });
      const answer = await api.send(method, `/v1/orders/${before.id}${path}`, { as: 'olga' });
      expectProblem(answer, 415, 'unsupported-media-type');
      expect(await api.orders.get(before.id)).toEqual(before);
    },
  );

  it('is refused with a parameter that is not known', async () => {
    const api = await startApi();
    const before = await givenOrder(api.orders, 'paid');
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/timeline'],
      ['GET', '/receipt'],
      ['POST', '/cancellation'],
    ] as const) {
      const answer = await api.send(method, `/v1/orders/${before.id}${path}?force=true`);
      expectProblem(answer, 400, 'invalid-request', 'force');
    }
    expect(await api.orders.get(before.id)).toEqual(before);
  });
});

describe('a path that is bent', () => {
  const IDS = [
    'ord_',
    'ord_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    `ord_${'a'.repeat(31)}`,
    `ord_${'a'.repeat(33)}`,
    `ord_${'1'.repeat(32)}`,
    `ORD_${'a'.repeat(32)}`,
    `ord_${'a'.repeat(32)}%00`,
    `ord_${'a'.repeat(32)}%0a`,
    `%20ord_${'a'.repeat(32)}`,
    '%0d%0aSet-Cookie:%20evil=1',
    '..%2f..%2fetc%2fpasswd',
    '..%5c..%5cwindows',
    '%2e%2e%2f',
    '%00',
    '%ff%fe',
    '%',
    '%zz',
    '*',
    '__proto__',
    "1'%20OR%20'1'='1",
    '{orderId}',
    'ord_'.repeat(2_000),
  ];

  it.each(IDS)('finds no order: %.60s', async (id) => {
    const api = await startApi();
    for (const [method, path, body] of [
      ['GET', ''],
      ['GET', '/timeline'],
      ['POST', '/cancellation', {}],
      ['PATCH', '', { deliveryAddress: 'x' }],
    ] as const) {
      const answer = await api.send(method, `/v1/orders/${id}${path}`, { as: 'olga', body });
      expectProblem(answer, 404, 'order-not-found');
      expect(answer.headers.has('Set-Cookie')).toBe(false);
    }
    await expectUntouched(api);
  });
});
