import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import { after, aLineItem, anOrder, aPosition, NOON } from '../fixtures.ts';
import { eventually, freshFor, scribble, withFresh } from './harness.ts';
import { ODD_TEXTS, oddText } from './odd-values.ts';
import { attention, createAll, type OpenOrderStore, type OrderStoreHarness } from './order-store.harness.ts';

export function orderStoreValuesSuite(open: OpenOrderStore): void {
  const store = freshFor(open);

  it('keeps every field of an order that has them all', async () => {
    await expectKept(store(), orderWithEverything());
  });

  it('keeps absent what an order does not have', async () => {
    const order = anOrder({ contact: {} });
    await createAll(store().orders, order);
    const stored = await store().orders.get(order.id);
    expect(Object.keys(stored ?? {}).toSorted()).toEqual(Object.keys(order).toSorted());
    expect(stored).toStrictEqual(order);
  });

  it('keeps absent what a later save took away', async () => {
    const { orders } = store();
    const order = anOrder({ position: aPosition() });
    await createAll(orders, order);
    const { order: next, events } = after(order, attention('ended'));
    const { position: _, ...ended } = next;
    await orders.save(ended, events, order.revision);
    expect(await orders.get(order.id)).not.toHaveProperty('position');
  });

  it.each(ODD_TEXTS.map((text) => [text]))('keeps the text %j', async (text) => {
    await expectKept(store(), orderSaying(text));
  });

  it('keeps any text', async () => {
    await fc.assert(
      fc.asyncProperty(oddText, (text) => withFresh(open, (harness) => expectKept(harness, orderSaying(text)))),
      { numRuns: 25 },
    );
  });

  it('keeps 100 items and a timeline of 100 events', async () => {
    const items = Array.from({ length: 100 }, (_, index) =>
      aLineItem({ menuItemId: `item-${index}`, name: `${index} \u{1F355}`.repeat(10), quantity: 1000 }),
    );
    let order = anOrder({ items });
    for (let round = 1; round < 100; round++) order = after(order, attention(`round-${round}`)).order;
    await expectKept(store(), { ...order, revision: 1 });
  });

  it.each([0, 1, -1, 2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1, -(2 ** 53 - 1)])('keeps the amount %d', async (amount) => {
    const money = { amount, currency: 'USD' };
    await expectKept(store(), anOrder({ total: money, items: [aLineItem({ unitPrice: money })] }));
  });

  it.each([0, 1, NOON, 8.64e15])('keeps the time %d', async (time) => {
    const position = aPosition({ dueAt: time, wait: { id: 'w', deadline: time, since: time, alerted: true } });
    await expectKept(store(), anOrder({ createdAt: time, updatedAt: time, position }));
  });

  it('keeps what was saved when the caller changes its objects later', async () => {
    const { orders } = store();
    const order = orderWithEverything();
    const events = eventsAfter(order, 0);
    const [asSaved, eventsAsSaved] = structuredClone([order, events] as const);
    await orders.create(order, events);
    scribble(order);
    scribble(events);
    expect(await orders.get(asSaved.id)).toStrictEqual(asSaved);
    const [change] = await store().committed();
    expect(change?.events).toStrictEqual(eventsAsSaved);
  });

  it('keeps what was saved when a reader changes what it read', async () => {
    const { orders } = store();
    const order = orderWithEverything();
    const { customerId } = order;
    await createAll(orders, order);
    await eventually(async () => expect((await orders.due(NOON, 1)).length).toBe(1));
    await eventually(async () => expect((await orders.list({ customerId }, { limit: 1 })).items.length).toBe(1));
    scribble(await orders.get(order.id));
    scribble(await orders.due(NOON, 1));
    scribble(await orders.list({ customerId }, { limit: 1 }));
    scribble(await store().committed());
    expect(await orders.get(order.id)).toStrictEqual(order);
    expect(await orders.due(NOON, 1)).toStrictEqual([order]);
    expect((await orders.list({ customerId }, { limit: 1 })).items).toStrictEqual([order]);
  });
}

/** Creates and reads `order`, alone and in the lists, and expects it to be the same everywhere. */
async function expectKept({ orders }: OrderStoreHarness, order: Order): Promise<void> {
  const { customerId, restaurantId, status } = order;
  await createAll(orders, order);
  expect(await orders.get(order.id)).toStrictEqual(order);
  await eventually(async () => {
    for (const query of [{ customerId, status }, { restaurantId }]) {
      expect((await orders.list(query, { limit: 2 })).items).toStrictEqual([order]);
    }
  });
}

function orderSaying(text: string): Order {
  return anOrder({
    customerId: `customer ${text}`,
    restaurantId: `restaurant ${text}`,
    deliveryAddress: text,
    paymentMethod: text,
    items: [aLineItem({ menuItemId: text, name: text })],
    contact: { email: text, phone: text, locale: text },
    approval: { by: `operator:${text}`, at: NOON, accepted: true, note: text },
  });
}

function orderWithEverything(): Order {
  const ruling = { by: 'operator:olga', at: NOON + 1, accepted: true, note: 'fine by me' };
  const order = anOrder({
    items: [aLineItem(), aLineItem({ menuItemId: 'soda', quantity: 3 })],
    contact: { email: 'alice@example.org', phone: '+15550100', locale: 'en-US' },
    status: 'refunding',
    payment: {
      status: 'refunding',
      reference: 'pay_1',
      transactionId: 'txn_1',
      chargedAt: NOON + 2,
      declineCode: 'none',
      refundId: 're_1',
    },
    addressChanges: 3,
    approval: ruling,
    confirmation: { ...ruling, accepted: false },
    cancellation: ruling,
    position: aPosition({
      attempt: 4,
      wait: { id: 'wait-4', deadline: NOON + 60_000, since: NOON, alerted: true },
    }),
  });
  return { ...after(order, attention('looked at')).order, revision: 1 };
}
