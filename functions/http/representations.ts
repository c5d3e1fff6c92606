import type { z } from '@hono/zod-openapi';
import type { Actor } from '../../shared/application/actor.ts';
import { eventType } from '../../shared/domain/cloud-event.ts';
import type { Money } from '../../shared/domain/money.ts';
import type { LineItem, Order, Payment, Position, TimelineEntry } from '../../shared/domain/order.ts';
import type { Receipt } from '../../shared/domain/receipt.ts';
import type { Restaurant } from '../../shared/domain/restaurant.ts';
import type { DeadLetter } from '../../shared/ports/dead-letters.ts';
import type { deadLetterSchema } from './schemas/operations.ts';
import type { orderSchema, receiptSchema, timelineSchema } from './schemas/orders.ts';
import type { restaurantSchema } from './schemas/restaurants.ts';

/** What clients see. Fields are named one by one, so that a new internal one stays inside. */

/**
 * The order as `actor` may see it: how it is paid for is the customer's and the operators' business, not the restaurant's; where
 * its workflow stands is the operators' alone.
 */
export function orderJson(order: Order, actor: Actor): z.infer<typeof orderSchema> {
  const mayKnowPayment = actor.operator || actor.subject === order.customerId;
  const { id, customerId, restaurantId, deliveryAddress, paymentMethod, contact, status, version } = order;
  return {
    id,
    customerId,
    restaurantId,
    items: order.items.map(lineJson),
    total: moneyJson(order.total),
    deliveryAddress,
    ...present('paymentMethod', mayKnowPayment ? paymentMethod : undefined),
    ...(contact && { contact: contactJson(contact) }),
    status,
    payment: paymentJson(order.payment, mayKnowPayment),
    createdAt: instant(order.createdAt),
    updatedAt: instant(order.updatedAt),
    version,
    ...(actor.operator && order.position && { workflow: workflowJson(order.position) }),
  };
}

export function timelineJson(entries: readonly TimelineEntry[]): z.infer<typeof timelineSchema> {
  return {
    events: entries.map(({ sequence, name, at, status, by, note, reason }) => ({
      sequence,
      type: eventType(name),
      at: instant(at),
      status,
      by,
      ...present('reason', note ?? reason),
      ...present('code', reason),
    })),
  };
}

export function receiptJson({ orderId, lines, total, transactionId, paidAt }: Receipt): z.infer<typeof receiptSchema> {
  return { orderId, lines: lines.map(lineJson), total: moneyJson(total), transactionId, paidAt: instant(paidAt) };
}

export function restaurantJson(restaurant: Restaurant): z.infer<typeof restaurantSchema> {
  const { id, name, cuisine, rating, acceptingOrders } = restaurant;
  const menu = restaurant.menu.map((item) => ({
    menuItemId: item.menuItemId,
    name: item.name,
    unitPrice: moneyJson(item.unitPrice),
  }));
  return { id, name, cuisine, rating, acceptingOrders, menu };
}

export function deadLetterJson(letter: DeadLetter): z.infer<typeof deadLetterSchema> {
  const { id, queue, orderId, correlationId, attempts, error, failedAt, body } = letter;
  return { id, queue, orderId, correlationId, attempts, error, failedAt: instant(failedAt), body };
}

function lineJson({ menuItemId, name, unitPrice, quantity }: LineItem) {
  return { menuItemId, name, unitPrice: moneyJson(unitPrice), quantity };
}

function paymentJson({ status, transactionId, declineCode, dispute }: Payment, mayKnow: boolean) {
  return {
    status,
    ...present('transactionId', transactionId),
    ...present('declineCode', declineCode),
    ...(mayKnow && dispute && { dispute: dispute.status }),
  };
}

function workflowJson({ state, dueAt, attempt, wait, sweeps }: Position) {
  return {
    state,
    dueAt: instant(dueAt),
    attempt,
    ...(wait && { since: instant(wait.since), deadline: instant(wait.deadline), alerted: wait.alerted }),
    ...(sweeps !== undefined && { sweeps }),
  };
}

function contactJson({ email, phone, locale }: NonNullable<Order['contact']>) {
  return { ...present('email', email), ...present('phone', phone), ...present('locale', locale) };
}

function moneyJson({ amount, currency }: Money) {
  return { amount, currency };
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function present<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: string };
}
