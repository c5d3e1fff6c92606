import { eventsAfter, type OrderEvent } from '../domain/events.ts';
import type { Order } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import { isPortError, type PortError } from '../ports/port-error.ts';
import { invalidCursor } from './list-orders.ts';
import { type PublishPorts, publishEvents } from './publish-events.ts';
import { type Refused, refuse } from './refusal.ts';

export interface RepublishPorts extends PublishPorts {
  readonly orders: OrderStore;
  readonly clock: Pick<Clock, 'now'>;
}

/** Events from `since` to `until`, both included (epoch milliseconds); until now when `until` is left out. */
export interface RepublishRequest {
  readonly since: number;
  readonly until?: number;
  readonly page: PageRequest;
  /** Counts what would be published, and publishes nothing. */
  readonly dryRun: boolean;
}

export interface Republished {
  readonly kind: 'done';
  /** Orders of this page that have events in the window. */
  readonly orders: number;
  readonly events: number;
  readonly published: number;
  readonly unpublished: readonly { readonly eventId: string; readonly reason: string }[];
  readonly nextCursor: string | null;
}

/** How many events go into one call of the publisher. */
const CHUNK = 100;

/**
 * Publishes the events of a page of orders again, made from their timelines: the very events that their changes had, so that
 * consumers drop what they have seen and a lost one is made good. May be repeated. An event that could not be published does not
 * keep the others back; it is answered with the reason. Throws what the publisher threw when nothing could be published at all.
 *
 * The mark of high value goes by the thresholds of today.
 */
export async function republishEvents(
  ports: RepublishPorts,
  { since, until = ports.clock.now(), page, dryRun }: RepublishRequest,
): Promise<Republished | Refused> {
  if (since > until)
    return refuse('invalid-request', 'since must not lie after until, which is now when left out', 'since');
  const found = await changedSince(ports.orders, since, page);
  if (!found) return invalidCursor();
  const { items, nextCursor } = found;
  const byOrder = items.map((order) => eventsAfter(order, 0).filter(({ at }) => since <= at && at <= until));
  const events = byOrder.flat();
  const orders = byOrder.filter(({ length }) => length > 0).length;
  const unpublished = dryRun ? new Map<string, string>() : await publishInChunks(ports, events);
  return {
    kind: 'done',
    orders,
    events: events.length,
    published: dryRun ? 0 : events.length - unpublished.size,
    unpublished: [...unpublished].map(([eventId, reason]) => ({ eventId, reason })),
    nextCursor,
  };
}

/** Undefined when the cursor is not one of this walk. */
async function changedSince(orders: OrderStore, since: number, page: PageRequest): Promise<Page<Order> | undefined> {
  try {
    return await orders.changedSince(since, page);
  } catch (error) {
    if (isPortError(error, 'invalid-argument')) return undefined;
    throw error;
  }
}

/** The ids of the events that were not published, with the reason. */
async function publishInChunks(ports: PublishPorts, events: readonly OrderEvent[]): Promise<Map<string, string>> {
  const failed = new Map<string, string>();
  let thrown: PortError | undefined;
  for (let start = 0; start < events.length; start += CHUNK) {
    const chunk = events.slice(start, start + CHUNK);
    try {
      for (const [id, reason] of await publishEvents(ports, chunk)) failed.set(id, reason);
    } catch (error) {
      if (!isPortError(error)) throw error;
      thrown = error;
      for (const { id } of chunk) failed.set(id, error.message);
    }
  }
  if (thrown && failed.size === events.length) throw thrown;
  return failed;
}
