import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { failureOf, jsonOf, send } from './http-client.ts';
import type { Measurements } from './measurements.ts';
import { RESTAURANTS } from './tokens.ts';

/** An order that the platform has acknowledged: from then on it may not be lost. */
export interface PlacedOrder {
  readonly id: string;
  readonly restaurantId: string;
  readonly user: number;
  /** As `performance.now()` has it. */
  readonly placedAt: number;
}

export interface Customer {
  readonly user: number;
  readonly token: string;
  readonly client: Dispatcher;
  readonly measure: Measurements;
  readonly onPlaced: (order: PlacedOrder) => void;
}

const THINKING_MS = 1_000;

/** What one user does again and again: places an order, looks at it, and waits a second. Answers the order, if there is one. */
export async function orderOnce(customer: Customer): Promise<PlacedOrder | undefined> {
  const order = await place(customer);
  if (order) {
    customer.onPlaced(order);
    await look(customer, order);
  }
  await pause(THINKING_MS);
  return order;
}

async function place({ client, measure, token, user }: Customer): Promise<PlacedOrder | undefined> {
  const restaurantId = `rest-${Math.floor(Math.random() * RESTAURANTS)}`;
  const answer = await send(client, {
    method: 'POST',
    path: '/v1/orders',
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: orderBody(restaurantId, user),
  });
  const { id } = jsonOf(answer);
  const placed = answer.status === 201 && typeof id === 'string';
  measure.record('create', answer.elapsedMs, placed ? undefined : failureOf(answer, 'without an id'));
  return placed ? { id, restaurantId, user, placedAt: performance.now() } : undefined;
}

async function look({ client, measure, token }: Customer, { id }: PlacedOrder): Promise<void> {
  const answer = await send(client, { method: 'GET', path: `/v1/orders/${id}`, token });
  const found = answer.status === 200 && jsonOf(answer)['id'] === id;
  measure.record('get', answer.elapsedMs, found ? undefined : failureOf(answer, 'another order'));
}

export function orderBody(restaurantId: string, user: number): string {
  return JSON.stringify({
    restaurantId,
    items: [
      { menuItemId: 'pizza', quantity: 1 },
      { menuItemId: 'soda', quantity: 2 },
    ],
    deliveryAddress: `${user} Load Street`,
    paymentMethod: 'pm_card_visa',
    contact: { email: `load-${user}@example.com` },
  });
}
