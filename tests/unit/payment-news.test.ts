import { describe, expect, it } from 'vitest';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import { hearPaymentNews, type NewsPorts } from '../../shared/application/hear-payment-news.ts';
import { confirmOrder } from '../../shared/application/order-commands.ts';
import type { Order } from '../../shared/domain/order.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { portError } from '../conformance/races.ts';
import { gate, segmentWorld, type World, type WorldOptions } from './segment-world.ts';

const MINUTE = 60_000;
const MARIO = { subject: 'mario', operator: false, restaurants: ['rest-1'] };

/** A workflow, and whoever hears the provider's news beside it. */
function worldWithNews(options: WorldOptions = {}) {
  const world = segmentWorld(options);
  const inbox = memoryInbox();
  const metrics = countingMetrics();
  const ports: NewsPorts = {
    orders: world.ports.orders,
    clock: world.clock,
    times: world.ports.times,
    records: simulatedPaymentRecords({ ledger: world.ledger }),
    inbox,
    metrics,
  };
  let told = 0;
  return {
    world,
    ports,
    metrics,
    inbox,
    async hear(id: string, overrides: Partial<NewsPorts> = {}) {
      const { reference } = (await world.order(id)).payment;
      if (reference === undefined) throw new Error('the order claims no payment yet');
      told += 1;
      const news = { eventId: `evt_${told}`, type: 'payment_intent.succeeded', reference };
      return hearPaymentNews({ ...ports, ...overrides }, news);
    },
  };
}

const names = ({ timeline }: Order) => timeline.map(({ name }) => name);
const PAID = ['created', 'status_changed', 'payment_charged'];

describe('news of a charge', () => {
  it.each([
    ['before the workflow has its answer', 'after'],
    ['while the workflow is on its way to the provider', 'before'],
  ] as const)('that come %s are the charge, and it is told once', async (_, place) => {
    const stalled = gate();
    const reached = gate();
    let stalls = 1;
    const { world, hear } = worldWithNews({
      [place]: async (operation: string) => {
        if (operation !== 'confirm' || stalls === 0) return;
        stalls -= 1;
        reached.open();
        await stalled.opened;
      },
    });
    const { id } = await world.place();
    const workflow = world.settle();
    await reached.opened;
    const heard = await hear(id);
    expect(heard).toMatchObject({ kind: 'heard', written: place === 'after' ? ['record-charge'] : [] });
    stalled.open();
    await workflow;
    const order = await world.order(id);
    expect([order.status, names(order)]).toEqual(['paid', PAID]);
    expect(await world.charges(id)).toEqual(['charge']);
    expect(await hear(id)).toMatchObject({ kind: 'heard', written: [] });
  });

  it('that come after the workflow has written it change nothing', async () => {
    const { world, hear } = worldWithNews();
    const { id } = await world.place();
    await world.settle();
    const before = await world.order(id);
    expect(await hear(id)).toEqual({ kind: 'heard', orderId: id, written: [] });
    expect(await world.order(id)).toEqual(before);
  });

  it('leave an order that goes on by itself: the restaurant is waited for, and its time runs out', async () => {
    const { world, hear } = await chargedAndCrashed();
    const [id] = world.ids;
    await hear(id);
    expect((await world.order(id)).position).toMatchObject({ state: 'WaitForRestaurantConfirmation' });
    await world.settle();
    world.clock.advance(5 * MINUTE);
    await world.settle();
    expect((await world.order(id)).status).toBe('refunded');
    expect(await world.charges(id)).toEqual(['charge', 'refund']);
  });

  it('and a signal that comes right behind them find each other', async () => {
    const { world, hear } = await chargedAndCrashed();
    const [id] = world.ids;
    await hear(id);
    await confirmOrder(world.ports, { actor: MARIO, orderId: id, accepted: true });
    await world.settle();
    expect((await world.order(id)).status).toBe('confirmed');
  });

  it('are believed in nothing but where to look: the books say that nothing was charged', async () => {
    const { world, hear } = worldWithNews({
      before: async (operation) => {
        if (operation !== 'open') throw new PortError('unavailable', `PaymentGateway.${operation}`);
      },
    });
    const { id } = await world.place();
    await world.settle();
    const before = await world.order(id);
    expect(before.status).toBe('charging');
    expect(await hear(id)).toMatchObject({ kind: 'heard', written: [] });
    expect(await world.order(id)).toEqual(before);
  });
});

describe('news', () => {
  it('are heard once, by their id', async () => {
    const { world, ports } = worldWithNews();
    const { id } = await world.place();
    await world.settle();
    const reference = (await world.order(id)).payment.reference ?? '';
    const news = { eventId: 'evt_same', type: 'charge.refunded', reference };
    expect((await hearPaymentNews(ports, news)).kind).toBe('heard');
    expect(await hearPaymentNews(ports, news)).toEqual({ kind: 'repeated' });
  });

  it.each([
    ['a payment that the provider does not know', async () => 'pay_nobody'],
    [
      'a second payment of an order',
      async ({ ports }: World, { id, total }: Order) => {
        const opened = await ports.payments.open({
          orderId: id,
          amount: total,
          paymentMethod: 'pm_card_visa',
          customerId: 'alice',
        });
        return opened.reference;
      },
    ],
  ] as const)('about %s write nothing, and are counted', async (_, make) => {
    const { world, ports, metrics } = worldWithNews();
    const { id } = await world.place();
    await world.settle();
    const before = await world.order(id);
    const reference = await make(world, before);
    const news = { eventId: 'evt_1', type: 'payment_intent.succeeded', reference };
    expect(await hearPaymentNews(ports, news)).toEqual({ kind: 'foreign' });
    expect([await world.order(id), metrics.sums()]).toEqual([before, { WebhooksForeign: 1 }]);
    expect((await hearPaymentNews(ports, news)).kind).toBe('repeated');
  });

  it('that could not be written down as heard are heard again, and change nothing more', async () => {
    const { world, hear, inbox } = await chargedAndCrashed();
    const [id] = world.ids;
    const failing = { ...inbox, record: async () => Promise.reject(new PortError('unavailable', 'Inbox.record')) };
    await expect(hear(id, { inbox: failing })).rejects.toEqual(portError('unavailable'));
    const written = await world.order(id);
    expect(written.status).toBe('paid');
    expect(await hear(id)).toMatchObject({ kind: 'heard', written: [] });
    expect(await world.order(id)).toEqual(written);
  });

  it('decide again when somebody writes the order in between, and give way when that does not end', async () => {
    const { world, hear, ports } = await chargedAndCrashed();
    const [id] = world.ids;
    let conflicts = 0;
    const busy = (times: number): NewsPorts['orders'] => ({
      ...ports.orders,
      async save(...args) {
        conflicts += 1;
        if (conflicts <= times) throw new PortError('conflict', 'OrderStore.save');
        await ports.orders.save(...args);
      },
    });
    await expect(hear(id, { orders: busy(100) })).rejects.toEqual(portError('unavailable'));
    expect((await world.order(id)).status).toBe('charging');
    conflicts = 0;
    expect(await hear(id, { orders: busy(5) })).toMatchObject({ written: ['record-charge'] });
  });
});

/** An order that was charged, and whose worker died before it could say so: nothing of the workflow is left but the sweeper. */
async function chargedAndCrashed() {
  const made = worldWithNews({
    after: async (operation) => {
      if (operation === 'confirm' || operation === 'settle') throw new PortError('unavailable', 'PaymentGateway');
    },
  });
  const { id } = await made.world.place();
  await made.world.settle();
  expect(await made.world.charges(id)).toEqual(['charge']);
  expect((await made.world.order(id)).status).toBe('charging');
  return { ...made, world: Object.assign(made.world, { ids: [id] as const }) };
}
