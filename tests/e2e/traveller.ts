import type { Contact } from '../../shared/domain/order.ts';
import type { Platform } from '../platform.ts';
import type { Expectation, OrderPath, Step } from './paths.ts';

/** As much of a platform as clients have. */
export type ApiAlone = Pick<Platform, 'times' | 'request' | 'token' | 'advance' | 'settle'>;

export interface RunOptions {
  /** Keeps runs on one platform apart. */
  readonly run: string;
  readonly onStep?: (path: OrderPath, step: string) => void;
  readonly onPlaced?: () => void;
  /** How much of the platform's time may go by until what is waited for happens: retries by a queue, a relay or the sweeper. */
  readonly patienceMs?: number;
}

export interface OrderBody {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly total: { readonly amount: number };
  readonly payment: { readonly status: string; readonly declineCode?: string; readonly transactionId?: string };
}

const RESTAURANT = 'rest-7';
export const RESTAURANT_CONTACT: Contact = { email: `kitchen@${RESTAURANT}.example` };
export const CUSTOMER_CONTACT: Contact = { email: 'ada@customers.example', phone: '+15550100' };

export type Traveller = ReturnType<typeof travellerOn>;

/** Goes a path through the API alone. */
export function travellerOn(platform: ApiAlone, path: OrderPath, options: RunOptions) {
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

  async function place(): Promise<string> {
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
  }

  async function take(id: string, step: Step): Promise<void> {
    onStep?.(path, step.type === 'act' ? `${step.as}: ${step.path.slice(1)}` : Object.values(step).join(' '));
    if (step.type === 'until') return until(id, step.status);
    if (step.type === 'act') return act(id, step);
    return platform.advance(platform.times[`${step.wait}TimeoutMs`]);
  }

  let placedId = '';
  return {
    path,
    call,
    /** The whole path; answers what the order has become. */
    async go(): Promise<OrderBody> {
      placedId = await place();
      options.onPlaced?.();
      for (const step of path.steps) await take(placedId, step);
      onStep?.(path, `until ${path.expect.status}`);
      await until(placedId, path.expect.status);
      return order(placedId);
    },
    /** Also true where there is none to come. */
    async receiptArrived(): Promise<boolean> {
      return !path.expect.receipt || (await call('customer', `/v1/orders/${placedId}/receipt`)).status === 200;
    },
  };
}

const PATIENCE_STEP_MS = 5_000;

/** Waits for something, for no longer than there is patience. */
export async function happens(
  platform: ApiAlone,
  what: () => Promise<boolean>,
  { patienceMs = 0 }: RunOptions,
): Promise<void> {
  await platform.settle(what);
  for (let waited = 0; waited < patienceMs && !(await what()); waited += PATIENCE_STEP_MS) {
    await platform.advance(PATIENCE_STEP_MS);
  }
}

/** What of an order that has come to its end clients see otherwise than the path expects. */
export async function apiProblems({ call, path }: Traveller, order: OrderBody): Promise<string[]> {
  const { expect } = path;
  const [timeline, receipt] = await Promise.all([
    call('operator', `/v1/orders/${order.id}/timeline`),
    call('customer', `/v1/orders/${order.id}/receipt`),
  ]);
  return [
    ...differs('status', order.status, expect.status),
    ...differs('payment', order.payment.status, expect.payment),
    ...differs('decline code', order.payment.declineCode, expect.declineCode),
    ...differs('timeline', timelineRows(timeline.body), expect.timeline),
    ...receiptProblems(receipt, order, expect),
  ];
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

function timelineRows(body: unknown): string[] {
  const { events } = body as { events: readonly { type: string; status: string }[] };
  return events.map(({ type, status }) => `${type.split('.')[1]}: ${status}`);
}

export function differs(what: string, found: unknown, expected: unknown): string[] {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  return left === right ? [] : [`${what}: ${left} instead of ${right}`];
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}
