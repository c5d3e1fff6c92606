import { type Notice, noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import type { PublishableEvent } from '../../shared/ports/event-publisher.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import type { Platform } from '../platform.ts';
import type { OrderPath } from './paths.ts';
import {
  apiProblems,
  CUSTOMER_CONTACT,
  differs,
  happens,
  type OrderBody,
  RESTAURANT_CONTACT,
  type RunOptions,
  type Traveller,
  travellerOn,
} from './traveller.ts';

/** What an order became, and everything about that which is not as the path expects; empty when all is well. */
export interface PathResult {
  readonly name: string;
  readonly orderId: string;
  readonly status: string;
  readonly payment: string;
  readonly moved: readonly Movement[];
  readonly noticeCount: number;
  readonly problems: readonly string[];
}

/** Goes one path on a platform, through the API alone, and compares what came of it with what should have. */
export async function runPath(platform: Platform, path: OrderPath, options: RunOptions): Promise<PathResult> {
  const traveller = travellerOn(platform, path, options);
  const order = await traveller.go();
  await happens(platform, () => everythingArrived(platform, order, traveller), options);
  await platform.settle();
  return judge(platform, order, traveller);
}

/** The consumers may still be at work when the order has reached its end. */
async function everythingArrived(
  platform: Platform,
  { id, version }: OrderBody,
  { receiptArrived }: Traveller,
): Promise<boolean> {
  const events = distinct(await platform.events(id));
  // Every change that a client can see, and that the version counts, is one event.
  if (events.length !== version) return false;
  const sent = new Set((await platform.notices(id)).map(({ key }) => key));
  return expectedNotices(events).every(({ key }) => sent.has(key)) && receiptArrived();
}

async function judge(platform: Platform, order: OrderBody, traveller: Traveller): Promise<PathResult> {
  const { name, expect } = traveller.path;
  const [moved, allSent, published, dead, seen] = await Promise.all([
    platform.ledger(order.id),
    platform.notices(order.id),
    platform.events(order.id),
    platform.deadLetters(order.id),
    apiProblems(traveller, order),
  ]);
  const events = distinct(published);
  const sent = [...new Map(allSent.map((notice) => [notice.key, notice])).values()];
  const problems = [
    ...seen,
    ...differs(
      'money moved',
      moved.map(({ kind }) => kind),
      expect.moved,
    ),
    ...differs(
      'amounts moved',
      moved.map(({ amount }) => amount.amount),
      moved.map(() => order.total.amount),
    ),
    ...differs(
      'events',
      events.map((event) => `${event.name}: ${event.status}`),
      expect.timeline,
    ),
    ...differs('notices', keys(sent), keys(expectedNotices(events))),
    ...differs('repeated notices', allSent.length, sent.length),
    ...differs('notices to operators', operatorNames(sent, events), [...expect.operatorsHearOf].sort()),
    ...differs('dead letters', dead.length, 0),
  ];
  return {
    name,
    orderId: order.id,
    status: order.status,
    payment: order.payment.status,
    moved,
    noticeCount: allSent.length,
    problems,
  };
}

/** The notices that these events call for: each exactly once. */
function expectedNotices(events: readonly PublishableEvent[]): Notice[] {
  const contacts = { customer: CUSTOMER_CONTACT, restaurant: RESTAURANT_CONTACT };
  return events.flatMap((event) => {
    const toOperators = operatorsNotice(event, event.highValue);
    return [...noticesFor(event, contacts), ...(toOperators ? [toOperators] : [])];
  });
}

function operatorNames(sent: readonly Notice[], events: readonly PublishableEvent[]): string[] {
  const heard = sent.filter(({ recipient }) => recipient === 'operators').map(({ eventId }) => eventId);
  return heard.map((eventId) => events.find(({ id }) => id === eventId)?.name ?? eventId).sort();
}

/** Events may be published more than once and in any order. */
function distinct(events: readonly PublishableEvent[]): PublishableEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...byId.values()].sort((left, right) => left.sequence - right.sequence);
}

function keys(notices: readonly Notice[]): string[] {
  return notices.map(({ key, text }) => `${key} ${text}`).sort();
}
