import { type Notice, noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import type { Contact } from '../../shared/domain/order.ts';
import type { PublishableEvent } from '../../shared/ports/event-publisher.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import type { Platform } from '../platform.ts';
import type { Expectation, OrderPath, Step } from './paths.ts';

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

export interface RunOptions {
  /** Keeps runs on one platform apart. */
  readonly run: string;
  readonly onStep?: (path: OrderPath, step: string) => void;
  readonly onPlaced?: () => void;
  /** How much of the platform's time may go by until what is waited for happens: retries by a queue, a relay or the sweeper. */
  readonly patienceMs?: number;
}

interface OrderBody {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly total: { readonly amount: number };
  readonly payment: { readonly status: string; readonly declineCode?: string; readonly transactionId?: string };
}

const RESTAURANT = 'rest-7';
const RESTAURANT_CONTACT: Contact = { email: `kitchen@${RESTAURANT}.example` };
const CUSTOMER_CONTACT: Contact = { email: 'ada@customers.example', phone: '+15550100' };

/** Goes one path on a platform, through the API alone, and compares what came of it with what should have. */
export async function runPath(platform: Platform, path: OrderPath, options: RunOptions): Promise<PathResult> {
  const traveller = travellerOn(platform, path, options);
  const orderId = await traveller.place();
  options.onPlaced?.();
  for (const step of path.steps) await traveller.take(orderId, step);
  options.onStep?.(path, `until ${path.expect.status}`);
  await traveller.until(orderId, path.expect.status);
  const order = await traveller.order(orderId);
  await happens(platform, () => everythingArrived(platform, order, traveller), options);
  await platform.settle();
  return judge(platform, order, traveller);
}

type Traveller = ReturnType<typeof travellerOn>;

function travellerOn(platform: Platform, path: OrderPath, options: RunOptions) {
  const { run, onStep } = options;
  const customer = `customer-${run}-${slug(path.name)}`;
  // Asked for each time: a day may have gone by since the last call.
  const tokens = {
    customer: () => platform.token(customer),
    restaurant: () => platform.token('kitchen', [`restaurant:${RESTAURANT}`]),
    operator: () => platform.token('operator', ['operator']),
  };

  async function call(as: keyof typeof tokens, url: string, method = 'GET', body?: object, key?: string) {
    const response = await platform.request(url, {
      method,
      headers: {
        authorization: `Bearer ${await tokens[as]()}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  async function order(id: string): Promise<OrderBody> {
    return (await call('customer', `/v1/orders/${id}`)).body as OrderBody;
  }

  async function until(id: string, status: string): Promise<void> {
    await happens(platform, async () => (await order(id)).status === status, options);
    const found = (await order(id)).status;
    if (found !== status) throw new Error(`${path.name}: the order is ${found} and should have become ${status}`);
  }

  async function act(id: string, step: Step & { type: 'act' }): Promise<void> {
    const { status, body } = await call(step.as, `/v1/orders/${id}${step.path}`, step.method ?? 'POST', step.body);
    if (status === (step.answer ?? 200)) return;
    throw new Error(`${path.name}: ${step.path} answered ${status}: ${JSON.stringify(body)}`);
  }

  return {
    path,
    call,
    order,
    until,
    async place(): Promise<string> {
      onStep?.(path, 'place');
      const body = {
        restaurantId: RESTAURANT,
        deliveryAddress: '1 Analytical Way',
        contact: CUSTOMER_CONTACT,
        ...path.order,
      };
      const placed = await call('customer', '/v1/orders', 'POST', body, customer);
      if (placed.status !== 201) throw new Error(`${path.name}: placing answered ${JSON.stringify(placed)}`);
      return (placed.body as OrderBody).id;
    },
    async take(id: string, step: Step): Promise<void> {
      onStep?.(path, step.type === 'act' ? `${step.as}: ${step.path.slice(1)}` : Object.values(step).join(' '));
      if (step.type === 'until') return until(id, step.status);
      if (step.type === 'act') return act(id, step);
      return platform.advance(platform.times[`${step.wait}TimeoutMs`]);
    },
  };
}

const PATIENCE_STEP_MS = 5_000;

async function happens(
  platform: Platform,
  what: () => Promise<boolean>,
  { patienceMs = 0 }: RunOptions,
): Promise<void> {
  await platform.settle(what);
  for (let waited = 0; waited < patienceMs && !(await what()); waited += PATIENCE_STEP_MS) {
    await platform.advance(PATIENCE_STEP_MS);
  }
}

/** The consumers may still be at work when the order has reached its end. */
async function everythingArrived(
  platform: Platform,
  { id, version }: OrderBody,
  { call, path }: Traveller,
): Promise<boolean> {
  const events = distinct(await platform.events(id));
  // Every change that a client can see, and that the version counts, is one event.
  if (events.length !== version) return false;
  const sent = new Set((await platform.notices(id)).map(({ key }) => key));
  if (!expectedNotices(events).every(({ key }) => sent.has(key))) return false;
  return !path.expect.receipt || (await call('customer', `/v1/orders/${id}/receipt`)).status === 200;
}

async function judge(platform: Platform, order: OrderBody, { call, path }: Traveller): Promise<PathResult> {
  const { name, expect } = path;
  const [moved, allSent, published, timeline, receipt, dead] = await Promise.all([
    platform.ledger(order.id),
    platform.notices(order.id),
    platform.events(order.id),
    call('operator', `/v1/orders/${order.id}/timeline`),
    call('customer', `/v1/orders/${order.id}/receipt`),
    platform.deadLetters(order.id),
  ]);
  const events = distinct(published);
  const sent = [...new Map(allSent.map((notice) => [notice.key, notice])).values()];
  const problems = [
    ...differs('status', order.status, expect.status),
    ...differs('payment', order.payment.status, expect.payment),
    ...differs('decline code', order.payment.declineCode, expect.declineCode),
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
    ...differs('timeline', timelineRows(timeline.body), expect.timeline),
    ...differs(
      'events',
      events.map((event) => `${event.name}: ${event.status}`),
      expect.timeline,
    ),
    ...differs('notices', keys(sent), keys(expectedNotices(events))),
    ...differs('repeated notices', allSent.length, sent.length),
    ...differs('notices to operators', operatorNames(sent, events), [...expect.operatorsHearOf].sort()),
    ...differs('dead letters', dead.length, 0),
    ...receiptProblems(receipt, order, expect),
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

function receiptProblems(receipt: { status: number; body: unknown }, order: OrderBody, expect: Expectation): string[] {
  if (!expect.receipt) return differs('receipt', receipt.status, 404);
  const body = receipt.body as { total?: unknown; transactionId?: unknown };
  return [
    ...differs('receipt', receipt.status, 200),
    ...differs('total of the receipt', body.total, order.total),
    ...differs('transaction of the receipt', body.transactionId, order.payment.transactionId),
  ];
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

function timelineRows(body: unknown): string[] {
  const { events } = body as { events: readonly { type: string; status: string }[] };
  return events.map(({ type, status }) => `${type.split('.')[1]}: ${status}`);
}

/** Events may be published more than once and in any order. */
function distinct(events: readonly PublishableEvent[]): PublishableEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...byId.values()].sort((left, right) => left.sequence - right.sequence);
}

function keys(notices: readonly Notice[]): string[] {
  return notices.map(({ key, text }) => `${key} ${text}`).sort();
}

function differs(what: string, found: unknown, expected: unknown): string[] {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  return left === right ? [] : [`${what}: ${left} instead of ${right}`];
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}
