import type { OrderEvent } from '../domain/events.ts';
import { type Notice, noticesFor, operatorsNotice } from '../domain/notice.ts';
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
}

/**
 * Tells the customer and the restaurant of an event, each over every channel that they left. At least once, and normally once:
 * what was sent is recorded by the notice's key. One that cannot be sent does not hold up the others; the error is thrown at the
 * end, so that the event is delivered again.
 */
export async function sendNotices(ports: NoticePorts, event: OrderEvent): Promise<void> {
  const [order, restaurant] = await Promise.all([
    ports.orders.get(event.orderId),
    ports.restaurants.get(event.restaurantId),
  ]);
  if (!order) throw new PortError('not-found', 'sendNotices', { message: `there is no order ${event.orderId}` });
  const notices = noticesFor(event, {
    ...(order.contact && { customer: order.contact }),
    ...(restaurant?.contact && { restaurant: restaurant.contact }),
  });
  const results = await Promise.allSettled(notices.map((notice) => sendOnce(ports, 'notify', notice)));
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown);
  // An address that can never work must not keep the others from being tried again.
  const passing = failures.find((error) => !isPortError(error, 'invalid-argument'));
  if (failures.length > 0) throw passing ?? failures[0];
}

/**
 * Tells the operators of an event that needs them, or of a high-value order. At least once, and normally once. Answers whether
 * there was anything to tell.
 */
export async function alertOperators(ports: OperatorPorts, event: PublishableEvent): Promise<boolean> {
  const notice = operatorsNotice(event, event.highValue);
  if (notice) await sendOnce(ports, 'operators', notice);
  return notice !== undefined;
}

async function sendOnce({ inbox, sender }: OperatorPorts, consumer: string, notice: Notice): Promise<void> {
  if (await inbox.seen(consumer, notice.key)) return;
  await sender.send(notice);
  await inbox.record(consumer, notice.key);
}
