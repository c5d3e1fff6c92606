import type { z } from '@hono/zod-openapi';
import type { Actor } from '../../shared/application/actor.ts';
import { eventType } from '../../shared/domain/cloud-event.ts';
import type { Money } from '../../shared/domain/money.ts';
import type { LineItem, Order, Payment, TimelineEntry } from '../../shared/domain/order.ts';
import type { Receipt } from '../../shared/domain/receipt.ts';
import type { Restaurant } from '../../shared/domain/restaurant.ts';
import type { orderSchema, receiptSchema, timelineSchema } from './schemas/orders.ts';
import type { restaurantSchema } from './schemas/restaurants.ts';

/** What clients see. Fields are named one by one, so that a new internal one stays inside. */

/** The order as `actor` may see it: how it is paid for is the customer's and the operators' business, not the restaurant's. */
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
    payment: paymentJson(order.payment),
    createdAt: instant(order.createdAt),
    updatedAt: instant(order.updatedAt),
    version,
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

function lineJson({ menuItemId, name, unitPrice, quantity }: LineItem) {
  return { menuItemId, name, unitPrice: moneyJson(unitPrice), quantity };
}

function paymentJson({ status, transactionId, declineCode }: Payment) {
  return { status, ...present('transactionId', transactionId), ...present('declineCode', declineCode) };
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
