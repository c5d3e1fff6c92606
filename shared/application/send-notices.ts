import type { OrderEvent } from '../domain/events.ts';
import { concernedBy, type Notice, noticesFor, operatorsNotice } from '../domain/notice.ts';
import type { Contact } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import type { PublishableEvent } from '../ports/event-publisher.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { NotificationSender } from '../ports/notification-sender.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { isPortError, PortError } from '../ports/port-error.ts';
import type { RestaurantCatalog } from '../ports/restaurant-catalog.ts';

export interface OperatorPorts {
  readonly sender: NotificationSender;
  readonly inbox: Inbox;
}

export interface NoticePorts extends OperatorPorts {
  readonly orders: OrderStore;
  readonly restaurants: RestaurantCatalog;
  readonly clock: Pick<Clock, 'now'>;
  /** Of an older event nobody is told; at most as long as the inbox remembers what was sent. */
  readonly noticeMaxAgeMs: number;
}

/** The consumer's name in the inbox. */
const NOTIFY = 'notify';

/**
 * Tells the customer and the restaurant of an event, each over every channel that they left. At least once, and normally once:
 * what was sent is recorded by the notice's key. One that cannot be sent does not hold up the others; the error is thrown at the
 * end, so that the event is delivered again.
 *
 * Sends nothing about an event that is too old: a pizza that "is on its way" days later helps nobody. Answers how many notices
 * were kept back for that, those not counted that were sent in time.
 */
export async function sendNotices(ports: NoticePorts, event: OrderEvent): Promise<{ readonly suppressed: number }> {
  const notices = noticesFor(event, await contactsFor(ports, event));
  if (ports.clock.now() - event.at > ports.noticeMaxAgeMs) return { suppressed: await countUnsent(ports, notices) };
  const results = await Promise.allSettled(notices.map((notice) => sendOnce(ports, NOTIFY, notice)));
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown);
  // An address that can never work must not keep the others from being tried again.
  const passing = failures.find((error) => !isPortError(error, 'invalid-argument'));
  if (failures.length > 0) throw passing ?? failures[0];
  return { suppressed: 0 };
}

/**
 * Tells the operators of an event that needs them, or of a high-value order, however old it is: a refund that failed is still
 * to be made good, and an alert that was told is known by its key. At least once, and normally once. Answers whether there was
 * anything to tell.
 */
export async function alertOperators(ports: OperatorPorts, event: PublishableEvent): Promise<boolean> {
  const notice = operatorsNotice(event, event.highValue);
  if (notice) await sendOnce(ports, 'operators', notice);
  return notice !== undefined;
}

/** The contacts of those who are told of the event, and no others. */
async function contactsFor(
  { orders, restaurants }: NoticePorts,
  event: OrderEvent,
): Promise<{ readonly customer?: Contact; readonly restaurant?: Contact }> {
  const concerned = concernedBy(event);
  const [order, restaurant] = await Promise.all([
    concerned.customer ? orders.get(event.orderId) : undefined,
    concerned.restaurant ? restaurants.get(event.restaurantId) : undefined,
  ]);
  if (concerned.customer && !order) {
    throw new PortError('not-found', 'sendNotices', { message: `there is no order ${event.orderId}` });
  }
  return {
    ...(order?.contact && { customer: order.contact }),
    ...(restaurant?.contact && { restaurant: restaurant.contact }),
  };
}

async function countUnsent({ inbox }: OperatorPorts, notices: readonly Notice[]): Promise<number> {
  const sent = await Promise.all(notices.map(({ key }) => inbox.seen(NOTIFY, key)));
  return sent.filter((seen) => !seen).length;
}

async function sendOnce({ inbox, sender }: OperatorPorts, consumer: string, notice: Notice): Promise<void> {
  if (await inbox.seen(consumer, notice.key)) return;
  await sender.send(notice);
  await inbox.record(consumer, notice.key);
}
