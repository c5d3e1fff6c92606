import { queuedPublisher } from '../../shared/adapters/in-process/queued-publisher.ts';
import { queuedScheduler } from '../../shared/adapters/in-process/queued-scheduler.ts';
import type { Order } from '../../shared/domain/order.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { EventPublisher, PublishableEvent, PublishResult } from '../../shared/ports/event-publisher.ts';
import type { Inbox } from '../../shared/ports/inbox.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { MessageQueue } from '../../shared/ports/message-queue.ts';
import type { NotificationSender } from '../../shared/ports/notification-sender.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import type { PaymentRecords } from '../../shared/ports/payment-records.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import type { ReceiptStore } from '../../shared/ports/receipt-store.ts';
import type { RestaurantCatalog } from '../../shared/ports/restaurant-catalog.ts';
import type { Actor } from './actor.ts';
import type { Held } from './delivery.ts';
import { NOTICE_MAX_AGE_MS, RETRY_BASE_MS, TIMES } from './times.ts';
import type { World } from './world.ts';

export type Ports = ReturnType<typeof portsOf>;

/** All ports as one actor has them: each call stops at the scheduler first, which may let it act, fail or never come back. */
export function portsOf(world: World, actor: Actor) {
  const clock = clockOf(world, actor);
  const queue = { enqueue: enqueueOf(world, actor) };
  return {
    orders: ordersOf(world, actor),
    payments: paymentsOf(world, actor),
    records: recordsOf(world, actor),
    metrics: { count: () => undefined },
    inbox: inboxOf(world, actor),
    sender: senderOf(world, actor),
    receipts: receiptsOf(world, actor),
    restaurants: restaurantsOf(world, actor),
    deadLetters: deadLettersOf(world, actor),
    publisher: publisherOf(world, actor, queuedPublisher({ queue, clock })),
    scheduler: queuedScheduler({ queue, clock }),
    clock,
    ids: world.ids,
    thresholds: DEFAULT_THRESHOLDS,
    times: TIMES,
    retryBaseMs: RETRY_BASE_MS,
    noticeMaxAgeMs: NOTICE_MAX_AGE_MS,
    logger: loggerOf(world),
  };
}

/** How an actor ends the message that it was given. */
export function endsOf({ scheduler }: World, actor: Actor, held: Held): Pick<MessageQueue, 'done' | 'retry' | 'bury'> {
  const end = (how: string, act: () => void): Promise<void> =>
    scheduler.call(actor, {
      name: `MessageQueue.${how}`,
      subject: held.message.id,
      commits: true,
      act: async () => act(),
    });
  return {
    done: () => end('done', () => held.done()),
    retry: (_, dueAt) => end('retry', () => held.retry(dueAt)),
    bury: (_, failedAt, error) => end('bury', () => held.bury(failedAt, error)),
  };
}

function clockOf({ scheduler }: World, actor: Actor): Clock {
  return {
    now: () => scheduler.now() + actor.skewMs,
    sleep: (ms) =>
      new Promise((resolve) => {
        scheduler.setTimer(actor, ms, resolve);
      }),
    within: (ms, operation, work) =>
      new Promise((resolve, reject) => {
        const limit = scheduler.setTimer(actor, ms, () => reject(new PortError('deadline-exceeded', operation)));
        work.finally(() => scheduler.clearTimer(limit)).then(resolve, reject);
      }),
  };
}

function ordersOf({ scheduler, orders, feed, platform, chronicle }: World, actor: Actor): OrderStore {
  /** The database tells the relay of whatever was committed. */
  const commit = async (order: Order, write: Promise<void>): Promise<void> => {
    try {
      await write;
      chronicle.committed(order, { actor: actor.number, step: scheduler.steps() });
    } finally {
      const changes = await feed.pull(10);
      await feed.acknowledge(changes.map(({ id }) => id));
      platform.commit(changes);
    }
  };
  const reads = <T>(name: string, subject: string, act: () => Promise<T>): Promise<T> =>
    scheduler.call(actor, { name, subject, commits: false, act });
  return {
    create: (order, events) =>
      scheduler.call(actor, {
        name: 'OrderStore.create',
        subject: order.id,
        commits: true,
        act: () => commit(order, orders.create(order, events)),
      }),
    save: (order, events, expectedRevision) =>
      scheduler.call(actor, {
        name: saveName(order, events.length),
        subject: `${order.id}@${order.revision}`,
        commits: true,
        act: () => commit(order, orders.save(order, events, expectedRevision)),
      }),
    get: (id) => reads('OrderStore.get', id, () => orders.get(id)),
    list: (query, page) => reads('OrderStore.list', '', () => orders.list(query, page)),
    due: (before, limit) => reads('OrderStore.due', '', () => orders.due(before, limit)),
    swept: (limit) => reads('OrderStore.swept', '', () => orders.swept(limit)),
    changedSince: (since, page) => reads('OrderStore.changedSince', '', () => orders.changedSince(since, page)),
  };
}

const saveNames = new Map<string, string>();

/** By what is saved: a write of the position alone, or one that says something of the order. */
function saveName({ status }: Order, events: number): string {
  if (events === 0) return 'OrderStore.save (position)';
  const known = saveNames.get(status);
  if (known !== undefined) return known;
  const name = `OrderStore.save (${status})`;
  saveNames.set(status, name);
  return name;
}

function paymentsOf({ scheduler, provider, dice, chronicle }: World, actor: Actor): PaymentGateway {
  const call = <T>(method: string, subject: string, commits: boolean, act: () => Promise<T>): Promise<T> =>
    scheduler.call(actor, { name: `PaymentGateway.${method}`, subject, commits, act });
  /** Answers `pending` now, and acts later. */
  const undecided = (what: string, act?: () => Promise<unknown>): { readonly outcome: 'pending' } | undefined => {
    if (!scheduler.strikes('undecided')) return undefined;
    scheduler.note('provider', `is undecided about ${what}`, 'undecided');
    if (act) {
      const thought = scheduler.spawn('provider', { clock: false });
      scheduler.setTimer(thought, dice.between(10, 2_000), () => {
        scheduler.note('provider', `makes up its mind about ${what}`);
        // Nobody waits for it any more: what came of it is in the provider's books.
        act().catch(() => undefined);
      });
    }
    return { outcome: 'pending' };
  };
  return {
    open: (request) => call('open', request.orderId, true, () => provider.open(request)),
    confirm: (reference) =>
      call('confirm', reference, true, async () => {
        chronicle.confirms(reference, actor.bornAt);
        return undecided(`charging ${reference}`, () => provider.confirm(reference)) ?? provider.confirm(reference);
      }),
    settle: (reference) =>
      call('settle', reference, true, async () => undecided(`settling ${reference}`) ?? provider.settle(reference)),
    refund: (reference) =>
      call('refund', reference, true, async () => {
        return undecided(`refunding ${reference}`, () => provider.refund(reference)) ?? provider.refund(reference);
      }),
    status: (reference) => call('status', reference, false, () => provider.status(reference)),
  };
}

function recordsOf({ scheduler, records }: World, actor: Actor): PaymentRecords {
  const reads = <T>(name: string, subject: string, act: () => Promise<T>): Promise<T> =>
    scheduler.call(actor, { name, subject, commits: false, act });
  return {
    get: (reference) => reads('PaymentRecords.get', reference, () => records.get(reference)),
    list: (window, page) => reads('PaymentRecords.list', '', () => records.list(window, page)),
  };
}

function inboxOf({ scheduler, inbox, chronicle }: World, actor: Actor): Inbox {
  return {
    seen: (consumer, key) =>
      scheduler.call(actor, { name: 'Inbox.seen', subject: key, commits: false, act: () => inbox.seen(consumer, key) }),
    record: (consumer, key) =>
      scheduler.call(actor, {
        name: 'Inbox.record',
        subject: key,
        commits: true,
        act: () => {
          chronicle.records(consumer, key, scheduler.steps());
          return inbox.record(consumer, key);
        },
      }),
  };
}

function senderOf({ scheduler, notices, chronicle }: World, actor: Actor): NotificationSender {
  return {
    send: (notice) =>
      scheduler.call(actor, {
        name: 'NotificationSender.send',
        subject: notice.key,
        commits: true,
        act: () => {
          chronicle.sends(notice, actor.role, actor.bornAt);
          return notices.send(notice);
        },
      }),
  };
}

function receiptsOf({ scheduler, receipts }: World, actor: Actor): ReceiptStore {
  return {
    putOnce: (receipt) =>
      scheduler.call(actor, {
        name: 'ReceiptStore.putOnce',
        subject: receipt.orderId,
        commits: true,
        act: () => receipts.putOnce(receipt),
      }),
    get: (orderId) =>
      scheduler.call(actor, {
        name: 'ReceiptStore.get',
        subject: orderId,
        commits: false,
        act: () => receipts.get(orderId),
      }),
  };
}

function restaurantsOf({ scheduler, restaurants }: World, actor: Actor): RestaurantCatalog {
  return {
    ...restaurants,
    get: (id) =>
      scheduler.call(actor, {
        name: 'RestaurantCatalog.get',
        subject: id,
        commits: false,
        act: () => restaurants.get(id),
      }),
  };
}

function deadLettersOf({ scheduler, platform }: World, actor: Actor): DeadLetters {
  const call = <T>(method: string, subject: string, commits: boolean, act: () => Promise<T>): Promise<T> =>
    scheduler.call(actor, { name: `DeadLetters.${method}`, subject, commits, act });
  return {
    list: () => call('list', '', false, async () => ({ items: platform.letters(), nextCursor: null })),
    get: (id) => call('get', id, false, async () => platform.letters().find((letter) => letter.id === id)),
    redrive: (id) => call('redrive', id, true, async () => platform.redrive(id)),
  };
}

function enqueueOf({ scheduler, platform }: World, actor: Actor): MessageQueue['enqueue'] {
  return async (messages) => {
    const [first] = messages;
    if (!first) return;
    const { queue, orderId, body } = first;
    await scheduler.call(actor, {
      name: queue === 'segments' ? 'WorkflowScheduler.start' : 'EventPublisher.publish',
      subject:
        queue === 'segments'
          ? `${orderId} ${Reflect.get(Object(body), 'state')}`
          : `${messages.length} messages of ${orderId}`,
      commits: true,
      act: async () => {
        for (const message of messages) platform.accept(message, actor.role);
      },
    });
  };
}

function publisherOf({ scheduler, chronicle, dice }: World, actor: Actor, inner: EventPublisher): EventPublisher {
  const refused = ({ id }: PublishableEvent): PublishResult => ({
    eventId: id,
    published: false,
    retryable: true,
    reason: 'throttled',
  });
  return {
    async publish(events) {
      const partly = events.length > 0 && scheduler.strikes('partly-published');
      if (partly)
        scheduler.note(`${actor.role}#${actor.number}`, 'only some events will be published', 'partly-published');
      const accepted = partly ? events.filter(() => dice.chance(0.5)) : events;
      for (const event of accepted) chronicle.publishes(event);
      const results = new Map((await inner.publish(accepted)).map((result) => [result.eventId, result]));
      return events.map((event) => results.get(event.id) ?? refused(event));
    },
  };
}

function loggerOf({ chronicle, scheduler }: World): Logger {
  return {
    info(fields, message) {
      if (message === 'too late for notices')
        chronicle.isTooLate(String(fields['orderId']), String(fields['eventId']), scheduler.now());
    },
    warn: () => undefined,
    error: () => undefined,
  };
}
