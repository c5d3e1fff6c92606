import type { OrderEvent } from '../../shared/domain/events.ts';
import { sameMoney } from '../../shared/domain/money.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import type { Order, OrderStatus, TimelineEntry } from '../../shared/domain/order.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import { isLegal, mayBeCharged, shows, type Wish, wishProblems } from './own-rules.ts';
import type { ActKind } from './plan.ts';
import { NOTICE_MAX_AGE_MS } from './times.ts';

/** An answer that somebody was given. */
export interface Acknowledged {
  readonly kind: ActKind;
  /** The customer whose order was meant. */
  readonly by: string;
  readonly order: Order;
  /** The version sent as `If-Match`. */
  readonly expectedVersion?: number;
  /** Of a placement: what was asked for. */
  readonly wish?: Wish;
}

/** What has happened in a history, as nobody inside the platform could make it up. */
export interface Chronicle {
  /** Each order as it was last committed. */
  readonly orders: ReadonlyMap<string, Order>;
  readonly acknowledged: readonly Acknowledged[];
  /** Ids of the orders that were asked for, with what was asked. */
  readonly asked: ReadonlyMap<string, Asked>;
  readonly movements: readonly Movement[];
  /** `<consumer>/<event id>` of every event that a consumer has taken to its end. */
  readonly handled: ReadonlySet<string>;
  readonly notices: readonly Notice[];
  /** Ids of the events that were too old to tell anybody. */
  readonly tooLate: ReadonlySet<string>;
  readonly swept: number;
  /** What was found to be wrong while it happened. */
  readonly violations: readonly string[];
}

export interface Asked {
  readonly customer: string;
  readonly restaurants: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
}

export type Chronicler = ReturnType<typeof chronicler>;

/** Writes the chronicle, and sees at once what can be seen at once; `tell` hears of it. */
export function chronicler(tell: (violation: string) => void) {
  const orders = new Map<string, Order>();
  const acknowledged: Acknowledged[] = [];
  const asked = new Map<string, { customer: string; restaurants: Set<string>; addresses: Set<string> }>();
  const movements: Movement[] = [];
  const handled = new Set<string>();
  const notices: Notice[] = [];
  const tooLate = new Set<string>();
  /** By consumer and key: in which step it was recorded. */
  const inbox = new Map<string, number>();
  const violations: string[] = [];
  const wishes = new Map<string, Wish[]>();
  /** In which step the wish to cancel an order was saved. */
  const cancelledIn = new Map<string, number>();
  /** Numbers of the actors that have written an order. */
  const writers = new Set<number>();
  const waiting: { readonly orderId: string; readonly status: OrderStatus; readonly tell: () => void }[] = [];
  let swept = 0;
  let dueAt: number | undefined = Number.POSITIVE_INFINITY;

  function earliestDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { position } of orders.values()) earliest = Math.min(earliest, position?.dueAt ?? earliest);
    return earliest;
  }

  function violation(what: string): void {
    tell(what);
    if (violations.length < MOST_VIOLATIONS) violations.push(what);
  }

  function tellWaiting({ id, status }: Order): void {
    for (const one of waiting.filter((one) => one.orderId === id && one.status === status)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.tell();
    }
  }

  return {
    chronicle: (): Chronicle => ({
      orders,
      acknowledged,
      asked,
      movements,
      handled,
      notices,
      tooLate,
      swept,
      violations,
    }),
    violation,

    /** Somebody asks for an order that would have this id. */
    asksFor(
      orderId: string,
      { customer, restaurant, address }: { customer: string; restaurant: string; address: string },
    ): void {
      const known = asked.get(orderId) ?? { customer, restaurants: new Set<string>(), addresses: new Set<string>() };
      asked.set(orderId, known);
      known.restaurants.add(restaurant);
      known.addresses.add(address);
    },

    /** What an order with this id may be like. */
    wishes(orderId: string, wish: Wish): void {
      wishes.set(orderId, [...(wishes.get(orderId) ?? []), wish]);
    },

    acknowledges(answer: Acknowledged): void {
      acknowledged.push(answer);
      if (!shows(answer))
        violation(`${answer.order.id}: ${answer.kind} was acknowledged with an order that does not show it`);
    },

    /** @param by Which actor has written it, in which step. */
    committed(order: Order, by?: { readonly actor: number; readonly step: number }): void {
      const before = orders.get(order.id);
      const strange = before ? [] : wishProblems(order, wishes.get(order.id) ?? []);
      for (const problem of [...strange, ...writeProblems(before, order)]) violation(`${order.id}: ${problem}`);
      if (by) writers.add(by.actor);
      if (by && order.cancellation && !before?.cancellation) cancelledIn.set(order.id, by.step);
      orders.set(order.id, order);
      dueAt = undefined;
      tellWaiting(order);
    },

    /** Whether this actor has written an order, be it that nobody heard of it. */
    hasWritten: (actor: number): boolean => writers.has(actor),

    /** Somebody who began in the step `since` has a payment charged. */
    confirms(reference: string, since: number): void {
      const order = orders.values().find(({ payment }) => payment.reference === reference);
      const cancelled = order && cancelledIn.get(order.id);
      if (cancelled !== undefined && cancelled < since)
        violation(`${order?.id}: it is charged by somebody who had to know that it was cancelled`);
    },

    moved(movement: Movement): void {
      movements.push(movement);
      const order = orders.get(movement.orderId);
      const { status, payment } = order ?? {};
      if (movement.kind === 'charge' && order && !mayBeCharged(order))
        violation(`${order.id}: it was charged, and nobody approved it`);
      const allowed = movement.kind === 'charge' ? ['charging'] : ['refunding', 'refund_failed'];
      if (status === undefined || !allowed.includes(status) || payment?.reference !== movement.reference) {
        violation(
          `${movement.orderId}: a ${movement.kind} while the order is ${status}, of payment ${movement.reference}`,
        );
      }
    },

    publishes(event: OrderEvent): void {
      const order = orders.get(event.orderId);
      const entry = order?.timeline[event.sequence - 1];
      const same = entry !== undefined && TOLD.every((field) => entry[field] === event[field]);
      const whose = order !== undefined && WHOSE.every((field) => order[field] === event[field]);
      const right = whose && sameMoney(order.total, event.total) && event.id === `${event.orderId}:${event.sequence}`;
      if (!same || !right) {
        violation(`${event.orderId}: event ${event.id} (${event.name}) was published, and is not in the timeline`);
      }
    },

    handles(consumer: string, eventId: string): void {
      handled.add(`${consumer}/${eventId}`);
    },

    records(consumer: string, key: string, step: number): void {
      const name = `${consumer}/${key}`;
      if (!inbox.has(name)) inbox.set(name, step);
    },

    /** @param since The step in which the sender began: what was recorded before it, it had to know. */
    sends(notice: Notice, consumer: string, since: number): void {
      notices.push(notice);
      const recorded = inbox.get(`${consumer}/${notice.key}`);
      if (recorded !== undefined && recorded < since)
        violation(`${notice.orderId}: notice ${notice.key} was sent again, though recorded`);
    },

    /** Somebody thinks that the event is too old to tell anybody. */
    isTooLate(orderId: string, eventId: string, now: number): void {
      const at = orders.get(orderId)?.timeline.find(({ sequence }) => eventId === `${orderId}:${sequence}`)?.at ?? now;
      if (now - at > NOTICE_MAX_AGE_MS - CLOCKS_APART_MS) tooLate.add(eventId);
    },

    sweeps(orderIds: number): void {
      swept += orderIds;
    },

    /** When the first of all positions is due; infinity when no order has one. */
    dueAt(): number {
      dueAt ??= earliestDue();
      return dueAt;
    },

    /** Tells when the order has come to be in `status`; at once when it is. */
    tellWhen(orderId: string, status: OrderStatus, tell: () => void): void {
      if (orders.get(orderId)?.status === status) tell();
      else waiting.push({ orderId, status, tell });
    },
  };
}

const MOST_VIOLATIONS = 20;
/** Two machines' clocks may be this far apart. */
const CLOCKS_APART_MS = 5_000;

/** What a single write may not do. */
function writeProblems(before: Order | undefined, after: Order): string[] {
  const problems: string[] = [];
  const past = before?.timeline ?? [];
  if (after.revision !== (before?.revision ?? 0) + 1)
    problems.push(`revision ${before?.revision ?? 0} was followed by ${after.revision}`);
  if (!past.every((entry, index) => sameEntry(entry, after.timeline[index]))) problems.push('the past was changed');
  if (after.timeline.length !== after.sequence)
    problems.push(`sequence ${after.sequence} with ${after.timeline.length} events`);
  if (before && !sameMoney(before.total, after.total)) problems.push('its total was changed');
  if (before && after.version < before.version) problems.push('the version went back');
  let { status, at } = past.at(-1) ?? { status: undefined, at: 0 };
  for (const entry of after.timeline.slice(past.length)) {
    if (status !== undefined && entry.status !== status && !isLegal(status, entry.status, entry.reason)) {
      problems.push(`${status} became ${entry.status}`);
    }
    if (entry.at < at) problems.push(`time went back with event ${entry.sequence}`);
    ({ status, at } = entry);
  }
  if (after.status !== status) problems.push(`it is ${after.status}, and its last event says ${status}`);
  return problems;
}

export function sameEntry(left: TimelineEntry, right: TimelineEntry | undefined): boolean {
  if (left === right) return true;
  if (!right) return false;
  return SAME.every((field) => left[field] === right[field]);
}

/** What an event says of its entry. */
const TOLD = ['sequence', 'name', 'at', 'status', 'previousStatus', 'version', 'reason'] as const;
const SAME = [...TOLD, 'by', 'note'] as const;
/** What an event says of its order. */
const WHOSE = ['customerId', 'restaurantId', 'correlationId'] as const;
