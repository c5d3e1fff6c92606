import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dispositionOf, MAX_DELIVERIES } from '../../functions/events/disposition.ts';
import { notifyHandler } from '../../functions/events/notify.ts';
import { operatorsHandler } from '../../functions/events/operators.ts';
import { parseEvent } from '../../functions/events/parse-event.ts';
import { receiptHandler } from '../../functions/events/receipt.ts';
import { segmentHandler } from '../../functions/workflow/segment.ts';
import { memoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { memoryNoticeLog } from '../../shared/adapters/memory/memory-notice-log.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryReceiptStore } from '../../shared/adapters/memory/memory-receipt-store.ts';
import { memoryRestaurantCatalog } from '../../shared/adapters/memory/memory-restaurant-catalog.ts';
import { sendNotices } from '../../shared/application/send-notices.ts';
import { toCloudEvent } from '../../shared/domain/cloud-event.ts';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { EVENT_NAMES, ORDER_STATUSES, type Order } from '../../shared/domain/order.ts';
import type { PublishableEvent } from '../../shared/ports/event-publisher.ts';
import type { Inbox } from '../../shared/ports/inbox.ts';
import { PortError, type PortErrorCode } from '../../shared/ports/port-error.ts';
import { anOrder, aRestaurant, after as command, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { segmentWorld } from './segment-world.ts';

const BEGIN = { type: 'begin-charge', reference: 'pay_1' } as const;
const CHARGED = { type: 'record-charge', transactionId: 'txn_1' } as const;
const TIMEOUT = { type: 'expire-confirmation' } as const;
const REFUNDED = { type: 'record-refund', refundId: 're_1' } as const;
const MOVE = { type: 'change-address', deliveryAddress: '2 Side Street', by: 'customer:alice' } as const;

const EMAIL = 'alice@example.com';
const PHONE = '+15550100';
const KITCHEN = 'kitchen@example.com';

const DAY_MS = 86_400_000;

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Consumers of a platform that holds one order; `send` may fail for some addresses. */
async function consumers({ history = [], high = false }: { history?: readonly Command[]; high?: boolean } = {}) {
  const { orders } = memoryOrderStore();
  const restaurants = memoryRestaurantCatalog();
  await restaurants.put([aRestaurant({ contact: { email: KITCHEN } })]);
  const first = anOrder({ contact: { email: EMAIL, phone: PHONE } });
  await orders.create(first, eventsAfter(first, 0));
  let order = first;
  const log = memoryNoticeLog();
  const broken = new Map<string, PortErrorCode>();
  const sender = {
    async send(notice: Notice) {
      const code = broken.get(notice.to);
      if (code) throw new PortError(code, 'NotificationSender.send');
      await log.send(notice);
    },
  };
  const clock = manualClock(NOON);
  const ports = {
    orders,
    restaurants,
    inbox: memoryInbox(),
    sender,
    receipts: memoryReceiptStore(),
    logger: QUIET,
    clock,
    noticeMaxAgeMs: DAY_MS,
  };

  async function happens(step: Command): Promise<void> {
    const next = command(order, step);
    await orders.save(next.order, next.events, order.revision);
    order = next.order;
  }
  for (const step of history) await happens(step);

  return {
    ports,
    broken,
    happens,
    order: (): Order => order,
    event: (name: PublishableEvent['name']) => {
      const event = eventsAfter(order, 0).find((one) => one.name === name);
      if (!event) throw new Error(`no ${name} event`);
      return toCloudEvent({ ...event, highValue: high });
    },
    sent: async () => (await log.sent()).map(({ to, channel, recipient }) => `${recipient} ${channel} ${to}`),
  };
}

const EVERYBODY = [`customer email ${EMAIL}`, `customer sms ${PHONE}`, `restaurant email ${KITCHEN}`];

describe('the notices of an event', () => {
  it('go to everybody over every channel, once, however often the event comes', async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED] });
    const notify = notifyHandler(ports);
    for (let times = 0; times < 3; times += 1) await notify(event('payment_charged'));
    expect(await sent()).toEqual(EVERYBODY);
  });

  it("of two events about one order do not stand in each other's way", async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED] });
    await notifyHandler(ports)(event('created'));
    await notifyHandler(ports)(event('payment_charged'));
    expect(await sent()).toHaveLength(2 + 3);
  });

  it.each([
    ['the mail', EMAIL],
    ['the text message', PHONE],
    ['the restaurant', KITCHEN],
  ])('are not held up by %s, which alone is sent again', async (_, address) => {
    const { ports, event, broken, sent } = await consumers({ history: [BEGIN, CHARGED] });
    broken.set(address, 'unavailable');
    const notify = notifyHandler(ports);
    await expect(notify(event('payment_charged'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await sent()).toEqual(EVERYBODY.filter((line) => !line.endsWith(address)));
    broken.clear();
    await notify(event('payment_charged'));
    expect([...(await sent())].sort()).toEqual([...EVERYBODY].sort());
  });

  it.each([
    ['before it', EMAIL, KITCHEN],
    ['behind it', KITCHEN, EMAIL],
  ])('that can still be sent are not given up because of an address %s that never works', async (_, dead, slow) => {
    const { ports, event, broken, sent } = await consumers({ history: [BEGIN, CHARGED] });
    broken.set(dead, 'invalid-argument').set(slow, 'unavailable');
    const error: unknown = await notifyHandler(ports)(event('payment_charged')).catch((thrown) => thrown);
    expect(dispositionOf(error, 0, 1_000)).toEqual({ kind: 'retry', delayMs: 1_000 });
    broken.delete(slow);
    const last: unknown = await notifyHandler(ports)(event('payment_charged')).catch((thrown) => thrown);
    expect(dispositionOf(last, 1, 1_000)).toEqual({ kind: 'dead-letter' });
    expect([...(await sent())].sort()).toEqual(EVERYBODY.filter((line) => !line.endsWith(dead)).sort());
  });

  it('are sent again when nobody could write down that they were', async () => {
    const { ports, event, sent } = await consumers();
    const inbox = forgetting(ports.inbox, 1);
    await expect(notifyHandler({ ...ports, inbox })(event('created'))).rejects.toMatchObject({ code: 'unavailable' });
    await notifyHandler({ ...ports, inbox })(event('created'));
    // One of the two was recorded the first time.
    expect([...(await sent())].sort()).toEqual([EVERYBODY[0], EVERYBODY[0], EVERYBODY[1]].sort());
  });

  it.each([
    ['created', ['order']],
    ['payment_charged', ['order', 'restaurant']],
    ['status_changed', []],
  ] as const)('of %s look for the contacts of those who are told, and for nothing else: %j', async (name, expected) => {
    const { ports, event } = await consumers({ history: [BEGIN, CHARGED] });
    const read: string[] = [];
    const orders = { ...ports.orders, get: (id: string) => ports.orders.get(id).finally(() => read.push('order')) };
    const restaurants = {
      ...ports.restaurants,
      get: (id: string) => ports.restaurants.get(id).finally(() => read.push('restaurant')),
    };
    await notifyHandler({ ...ports, orders, restaurants })(event(name));
    expect(read.toSorted()).toEqual(expected);
  });

  it('say nothing to people who left no contact', async () => {
    const { ports, event, sent, order } = await consumers();
    const orders = { ...ports.orders, get: async () => withoutContact(order()) };
    await ports.restaurants.put([aRestaurant()]);
    await notifyHandler({ ...ports, orders })(event('created'));
    expect(await sent()).toEqual([]);
  });

  it('reach the customer, also when the restaurant is gone', async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED] });
    await notifyHandler({ ...ports, restaurants: memoryRestaurantCatalog() })(event('payment_charged'));
    expect(await sent()).toEqual(EVERYBODY.slice(0, 2));
  });

  it('wait for an order that cannot be found', async () => {
    const { ports, event } = await consumers();
    const orders = { ...ports.orders, get: async () => undefined };
    await expect(notifyHandler({ ...ports, orders })(event('created'))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the notices of an event that is late', () => {
  it('are sent when it is as old as it may be, and not when it is older', async () => {
    for (const [age, count] of [
      [DAY_MS, EVERYBODY.length],
      [DAY_MS + 1, 0],
    ] as const) {
      const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED] });
      ports.clock.advance(age);
      await notifyHandler(ports)(event('payment_charged'));
      expect(await sent()).toHaveLength(count);
    }
  });

  it('are counted in a line of ids in the logs, but for those that were sent in time', async () => {
    const { ports, event, order, broken, sent } = await consumers({ history: [BEGIN, CHARGED] });
    const lines: unknown[] = [];
    const logger = { ...QUIET, info: (fields: object, message: string) => lines.push({ ...fields, message }) };
    const notify = notifyHandler({ ...ports, logger });
    broken.set(KITCHEN, 'unavailable');
    await expect(notify(event('payment_charged'))).rejects.toMatchObject({ code: 'unavailable' });
    broken.clear();
    ports.clock.advance(DAY_MS + 1);
    await notify(event('payment_charged'));
    await notify(event('status_changed'));
    const { id: eventId } = event('payment_charged');
    const ids = { orderId: order().id, eventId, correlationId: 'request-1' };
    expect(lines).toEqual([{ ...ids, suppressed: 1, message: 'too late for notices' }]);
    expect(await sent()).toEqual(EVERYBODY.slice(0, 2));
  });

  it('are not missed in the logs when there was nobody to tell', async () => {
    const { ports, event, order } = await consumers();
    const orders = { ...ports.orders, get: async () => withoutContact(order()) };
    await ports.restaurants.put([aRestaurant()]);
    ports.clock.advance(DAY_MS + 1);
    expect(await sendNotices({ ...ports, orders }, parseEvent(event('created')))).toEqual({ suppressed: 0 });
  });

  it('are sent when it comes from a clock that runs ahead', async () => {
    const { ports, event, sent } = await consumers();
    ports.clock.advance(-1_000);
    await notifyHandler(ports)(event('created'));
    expect(await sent()).toHaveLength(2);
  });
});

describe('the operators', () => {
  it('are told once of what needs them, however late it comes', async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED, TIMEOUT] });
    ports.clock.advance(400 * DAY_MS);
    await operatorsHandler(ports)(event('restaurant_timeout'));
    await operatorsHandler(ports)(event('restaurant_timeout'));
    expect(await sent()).toEqual(['operators operators operators']);
  });

  it('are told once of what needs them', async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED, TIMEOUT] });
    const alert = operatorsHandler(ports);
    await alert(event('restaurant_timeout'));
    await alert(event('restaurant_timeout'));
    expect(await sent()).toEqual(['operators operators operators']);
  });

  it.each([
    ['a new order of high value', true, 1],
    ['any other new order', false, 0],
  ])('hear of %s: %s', async (_, high, times) => {
    const { ports, event, sent } = await consumers({ high });
    await operatorsHandler(ports)(event('created'));
    expect(await sent()).toHaveLength(times);
  });

  it('leave a line in the logs for alarms to watch, of ids and codes alone', async () => {
    const { ports, event, order } = await consumers({ history: [BEGIN, CHARGED, TIMEOUT] });
    const lines: unknown[] = [];
    const logger = { ...QUIET, warn: (fields: object, message: string) => lines.push({ ...fields, message }) };
    await operatorsHandler({ ...ports, logger })(event('created'));
    expect(lines).toEqual([]);
    await operatorsHandler({ ...ports, logger })(event('restaurant_timeout'));
    expect(lines).toEqual([
      {
        orderId: order().id,
        correlationId: 'request-1',
        event: 'restaurant_timeout',
        status: 'refunding',
        reason: 'restaurant-timeout',
        message: 'operators told',
      },
    ]);
  });

  it('hear nothing of what is none of their business', async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED], high: true });
    await operatorsHandler(ports)(event('payment_charged'));
    expect(await sent()).toEqual([]);
  });

  it('are told, also when the customer was told of the same event', async () => {
    const { ports, event, sent } = await consumers({ history: [BEGIN, CHARGED, TIMEOUT] });
    await notifyHandler(ports)(event('restaurant_timeout'));
    await operatorsHandler(ports)(event('restaurant_timeout'));
    expect(await sent()).toEqual([...EVERYBODY, 'operators operators operators']);
  });
});

describe('a receipt', () => {
  const PAPER = { total: { amount: 1599, currency: 'USD' }, transactionId: 'txn_1', paidAt: NOON };

  it('is written once, and stays as it is whatever comes after the charge', async () => {
    const { ports, event, happens, order } = await consumers({ history: [BEGIN, CHARGED] });
    const write = receiptHandler(ports);
    await write(event('payment_charged'));
    const receipt = await ports.receipts.get(order().id);
    expect(receipt).toEqual({ ...PAPER, orderId: order().id, lines: order().items });
    for (const step of [MOVE, TIMEOUT, REFUNDED]) await happens(step);
    await write(event('payment_charged'));
    expect(await ports.receipts.get(order().id)).toEqual(receipt);
  });

  it('that comes late is the receipt of the charge, also of an order that was refunded meanwhile', async () => {
    const { ports, event, order } = await consumers({ history: [BEGIN, CHARGED, TIMEOUT, REFUNDED] });
    await receiptHandler(ports)(event('payment_charged'));
    expect(await ports.receipts.get(order().id)).toMatchObject(PAPER);
  });

  it('waits for a charge that cannot be seen yet', async () => {
    const { ports, event } = await consumers({ history: [BEGIN] });
    await expect(receiptHandler(ports)(event('created'))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a body that is no order event', () => {
  const good = toCloudEvent({ ...eventsAfter(anOrder(), 0)[0], highValue: false } as PublishableEvent);
  const POISON: readonly (readonly [name: string, body: unknown])[] = [
    ['nothing', undefined],
    ['null', null],
    ['text', 'created'],
    ['a list', [good]],
    ['an empty object', {}],
    ['the bare event', { ...eventsAfter(anOrder(), 0)[0], highValue: false }],
    ['another version of CloudEvents', { ...good, specversion: '0.3' }],
    ['an unknown type', { ...good, type: 'orders.vanished.v1' }],
    ['a later version of a type', { ...good, type: 'orders.created.v2' }],
    ['no id', { ...good, id: '' }],
    ['a sequence that counts from 0', { ...good, sequence: 0 }],
    ['a time that is none', { ...good, time: 'yesterday' }],
    ['a mark that is text', { ...good, highvalue: 'true' }],
    ['no data', { ...good, data: undefined }],
    ['a status that is none', { ...good, data: { ...good.data, status: 'lost' } }],
    ['an amount with a fraction', { ...good, data: { ...good.data, total: { amount: 15.99, currency: 'USD' } } }],
  ];

  it.each(POISON)('can never be handled: %s', async (_, body) => {
    expect(() => parseEvent(body)).toThrow(expect.objectContaining({ name: 'PortError', code: 'invalid-argument' }));
    const { ports } = await consumers();
    for (const handler of [notifyHandler(ports), operatorsHandler(ports), receiptHandler(ports)]) {
      await expect(handler(body)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });

  it('is told apart by its fields, and its values stay out of the error', () => {
    const body = { ...good, subject: 7, data: { ...good.data, orderId: 8, reason: { secret: EMAIL } } };
    expect(() => parseEvent(body)).toThrow('parseEvent: not an order event: subject, data.orderId, data.reason');
  });

  it('fails with nothing else, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(() => parseEvent(body)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
      }),
    );
  });

  it.each([
    ['nothing', undefined],
    ["an order's id alone", { orderId: 'ord_a' }],
    ['an attempt below 0', { orderId: 'ord_a', state: 'OpenPayment', attempt: -1, revision: 1, correlationId: 'r' }],
    [
      'an empty wait',
      { orderId: 'ord_a', state: 'OpenPayment', attempt: 0, revision: 1, correlationId: 'r', waitId: '' },
    ],
    ['no correlation id', { orderId: 'ord_a', state: 'OpenPayment', attempt: 0, revision: 1 }],
  ])('and one that is no job can never be run: %s', async (_, body) => {
    await expect(segmentHandler(segmentWorld().ports)(body)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('but a job is run', async () => {
    const world = segmentWorld();
    const { id } = await world.place();
    const job: unknown = JSON.parse(
      JSON.stringify({ orderId: id, state: 'ValidateOrder', attempt: 0, revision: 1, correlationId: 'request-1' }),
    );
    expect((await segmentHandler(world.ports)(job)).states).toContain('ProcessPayment');
  });
});

describe('an event on the wire', () => {
  const id = fc.string({ minLength: 1, maxLength: 40 });
  const status = fc.constantFrom(...ORDER_STATUSES);
  const anEvent: fc.Arbitrary<PublishableEvent> = fc
    .record(
      {
        orderId: id,
        customerId: id,
        restaurantId: id,
        name: fc.constantFrom(...EVENT_NAMES),
        sequence: fc.integer({ min: 1 }),
        at: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
        status,
        previousStatus: status,
        total: fc.record({
          amount: fc.maxSafeNat(),
          currency: fc.constantFrom('USD', 'JPY', 'KWD'),
        }),
        version: fc.integer({ min: 1 }),
        reason: id,
        correlationId: id,
        highValue: fc.boolean(),
      },
      {
        requiredKeys: [
          'orderId',
          'customerId',
          'restaurantId',
          'name',
          'sequence',
          'at',
          'status',
          'total',
          'version',
          'correlationId',
          'highValue',
        ],
      },
    )
    .map((event) => ({ ...event, id: `${event.orderId}:${event.sequence}` }));

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anEvent, (event) => {
        const wire: unknown = JSON.parse(JSON.stringify(toCloudEvent(event)));
        expect(parseEvent(wire)).toEqual(event);
      }),
    );
  });

  it('is read by consumers that know nothing of what is added to it', () => {
    fc.assert(
      fc.property(anEvent, (event) => {
        const wire = toCloudEvent(event);
        expect(parseEvent({ ...wire, traceparent: '00-1', data: { ...wire.data, tip: 1 } })).toEqual(event);
      }),
    );
  });
});

describe('what becomes of a message that failed', () => {
  const broken = new PortError('unavailable', 'NotificationSender.send');
  const hopeless = new PortError('invalid-argument', 'NotificationSender.send');

  it.each([
    ['passes', broken, 0, 2_000],
    ['passes later', broken, 1, 8_000],
    ['passes later still', broken, 2, 32_000],
    ['passes at last', broken, 3, 128_000],
    ['does not pass', broken, 4, 'dead-letter'],
    ['was delivered too often already', broken, 9, 'dead-letter'],
    ['can never work', hopeless, 0, 'dead-letter'],
    ['is refused', new PortError('permission-denied', 'x'), 0, 2_000],
    ['is not found yet', new PortError('not-found', 'x'), 0, 2_000],
    ['is a defect', new TypeError('undefined is not a function'), 0, 2_000],
    ['is a defect that stays', new TypeError('undefined is not a function'), 4, 'dead-letter'],
    ['is no error at all', 'oops', 0, 2_000],
  ] as const)('by an error that %s', (_, error, attempts, expected) => {
    const disposition = dispositionOf(error, attempts, 2_000);
    expect(disposition.kind === 'retry' ? disposition.delayMs : disposition.kind).toBe(expected);
  });

  it('is that it is delivered five times in all', () => {
    const kinds = Array.from({ length: MAX_DELIVERIES }, (_, attempts) => dispositionOf(broken, attempts, 1).kind);
    expect(kinds).toEqual(['retry', 'retry', 'retry', 'retry', 'dead-letter']);
  });
});

/** An inbox that cannot be written `times` times. */
function forgetting(inner: Inbox, times: number): Inbox {
  let left = times;
  return {
    ...inner,
    async record(consumer, key) {
      if (left > 0) {
        left -= 1;
        throw new PortError('unavailable', 'Inbox.record');
      }
      await inner.record(consumer, key);
    },
  };
}

function withoutContact({ contact: _, ...order }: Order): Order {
  return order;
}
