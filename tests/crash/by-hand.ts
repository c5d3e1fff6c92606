import { join } from 'node:path';
import { notifyHandler } from '../../functions/events/notify.ts';
import { operatorsHandler } from '../../functions/events/operators.ts';
import { receiptHandler } from '../../functions/events/receipt.ts';
import { openAdapters } from '../../functions/local/adapters.ts';
import { seedRestaurants } from '../../functions/local/restaurants.ts';
import { hmacIds } from '../../shared/adapters/in-process/hmac-ids.ts';
import { queuedPublisher } from '../../shared/adapters/in-process/queued-publisher.ts';
import { queuedScheduler, SEGMENTS_QUEUE } from '../../shared/adapters/in-process/queued-scheduler.ts';
import { cancelOrder } from '../../shared/application/order-commands.ts';
import { placeOrder } from '../../shared/application/place-order.ts';
import { relayChanges } from '../../shared/application/relay-changes.ts';
import { sweepOrders } from '../../shared/application/sweep-orders.ts';
import { TASKS } from '../../shared/application/tasks.ts';
import type { Order } from '../../shared/domain/order.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import { taskNamed } from '../../shared/workflow/interpreter.ts';
import { CURRENT } from '../../shared/workflow/order-workflow.ts';
import { manualClock } from '../manual-clock.ts';

/** As they are where local-platform.ts goes on with the files. */
export const NOW = Date.parse('2026-01-15T18:00:00Z');
/** Restaurants have longer than a lost job needs to be found. */
export const TIMES = { approvalTimeoutMs: 86_400_000, confirmationTimeoutMs: 600_000 };

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ALL = 1_000;

export const CUSTOMER = 'alice';
export const KEY = 'dinner';
export const BODY = {
  restaurantId: 'rest-7',
  items: [{ menuItemId: 'pizza', quantity: 1 }],
  deliveryAddress: '1 Analytical Way',
  contact: { email: 'ada@customers.example', phone: '+15550100' },
};

export type ByHand = Awaited<ReturnType<typeof byHand>>;

/**
 * The local platform over the data file in `folder`, with its parts moved by the test's hand: what is called here before `die`
 * is what a process had done when it died. Nothing is made up; every write is one that the product's own code makes.
 */
export async function byHand(folder: string) {
  const clock = manualClock(NOW);
  const adapters = openAdapters(join(folder, 'orders.sqlite'), { clock, onEnqueue: () => undefined });
  await seedRestaurants(adapters.restaurants);
  const pepper = await adapters.secret('order-id-pepper', 'pepper'.repeat(8));
  const ids = hmacIds({ pepper, environment: 'local' });
  const { feed, queue, notices } = adapters;
  const scheduler = queuedScheduler({ queue, clock });
  const publisher = queuedPublisher({ queue, clock });
  const rules = { thresholds: DEFAULT_THRESHOLDS, times: TIMES, noticeMaxAgeMs: 86_400_000 };
  const ports = { ...adapters, ...rules, ids, clock, scheduler, publisher, sender: notices, logger: QUIET };
  const orderId = ids.orderId(CUSTOMER, KEY);
  const actor = { subject: CUSTOMER, operator: false, restaurants: [] };

  async function order(): Promise<Order> {
    const found = await adapters.orders.get(orderId);
    if (!found) throw new Error('the order was not placed');
    return found;
  }

  return {
    orderId,
    order,
    /** Up to the answer, 201. */
    async place(paymentMethod: string): Promise<void> {
      await placeOrder(ports, { actor, key: KEY, body: { ...BODY, paymentMethod }, correlationId: 'by-hand' });
    },
    async cancel(): Promise<void> {
      await cancelOrder(ports, { actor, orderId });
    },
    /** Publishes and starts what was committed, and marks it as relayed. */
    async relay({ marked = true } = {}): Promise<void> {
      const changes = await feed.pull(ALL);
      await relayChanges(ports, changes);
      if (marked) await feed.acknowledge(changes.map(({ id }) => id));
    },
    /** Runs these tasks of the workflow one after the other, as a segment does. */
    async run(...states: readonly string[]): Promise<void> {
      for (const state of states) {
        await TASKS[taskNamed(CURRENT, state).task](ports, { orderId, definition: CURRENT, state });
      }
    },
    /** What the gateway does without a word of it reaching the order. */
    async gateway(operation: 'confirm' | 'settle' | 'refund'): Promise<void> {
      const { reference = '' } = (await order()).payment;
      await adapters.payments[operation](reference);
    },
    /** Opens a payment whose reference is saved nowhere. */
    async openPayment(): Promise<void> {
      const { total: amount, paymentMethod } = await order();
      await adapters.payments.open({ orderId, customerId: CUSTOMER, amount, paymentMethod });
    },
    /** Brings every event to its consumers, which record what they did unless told not to, and marks none as done. */
    async consume({ recorded = true } = {}): Promise<void> {
      const forgetful = { ...adapters.inbox, record: async () => undefined };
      const consumers = consumersOn({ ...ports, ...(!recorded && { inbox: forgetful }) });
      for (const message of await queue.take(clock.now(), ALL)) await consumers[message.queue]?.(message.body);
    },
    /** Sweeps a minute later, and starts nothing of what it has written that it would start. */
    async sweepAndStartNothing(): Promise<void> {
      clock.advance(60_000);
      await sweepOrders({ ...ports, scheduler: { ...scheduler, start: async () => undefined } });
    },
    /** Loses every job and timer: no kill can do that here, and a queue somewhere else might. */
    async loseJobs(): Promise<void> {
      const messages = await queue.take(Number.MAX_SAFE_INTEGER, ALL);
      for (const { id, queue: name } of messages) if (name === SEGMENTS_QUEUE) await queue.done(id);
    },
    die: () => adapters.close(),
  };
}

/** By the names of their queues; a job has none. */
function consumersOn(
  ports: Parameters<typeof notifyHandler>[0] &
    Parameters<typeof operatorsHandler>[0] &
    Parameters<typeof receiptHandler>[0],
): Readonly<Record<string, (body: unknown) => Promise<unknown>>> {
  return { notify: notifyHandler(ports), receipt: receiptHandler(ports), operators: operatorsHandler(ports) };
}
