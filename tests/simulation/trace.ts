import { NOON } from '../fixtures.ts';
import type { Plan } from './plan.ts';
import type { TraceLine } from './scheduler.ts';
import { ids } from './world.ts';

const READS = /\.(get|seen|due|swept|list|status|changedSince) /;

/** A trace for people: who did what, which fault struck, where something broke. Reads to which nothing happened are left out. */
export function formatTrace(plan: Plan, lines: readonly TraceLine[]): string {
  return lines
    .filter(({ what, fault }) => fault !== undefined || !READS.test(`${what} `))
    .map(({ step, at, who, what, fault }) => {
      const told = withNames(plan, what);
      return [
        String(step).padStart(5),
        elapsed(at - NOON).padStart(14),
        who.padEnd(16),
        told,
        fault ? `  <-- ${fault}` : '',
      ]
        .join(' ')
        .trimEnd();
    })
    .join('\n');
}

/** What people do in this history, as sentences. */
export function formatPlan(plan: Plan): string {
  const names = new Map(namesOf(plan));
  const lines = plan.acts.map(({ kind, order: index, when, delayMs, ifMatch }) => {
    const order = plan.orders[index];
    const name = order && names.get(ids.orderId(order.customer, order.key));
    const waits = when ? `once ${when}, ` : '';
    return `  ${kind} ${name}: ${waits}after ${elapsed(delayMs)}${ifMatch ? `, If-Match ${ifMatch}` : ''}`;
  });
  const used = [...new Set(plan.acts.map(({ order }) => order))].sort();
  const orders = used.flatMap((index) => {
    const order = plan.orders[index];
    if (!order) return [];
    const { customer, key, restaurant, menuItem, card } = order;
    return [
      `  ${names.get(ids.orderId(customer, key))}: ${menuItem} for ${customer} with ${key} at ${restaurant}, card ${card}`,
    ];
  });
  return [...new Set(orders), ...lines].join('\n');
}

/** The text with short names in place of the orders' ids. */
export function withNames(plan: Plan, text: string): string {
  return namesOf(plan).reduce((told, [id, name]) => told.replaceAll(id, name), text);
}

function namesOf({ orders }: Plan): (readonly [string, string])[] {
  const known = [...new Set(orders.map(({ customer, key }) => ids.orderId(customer, key)))];
  return known.map((id, index) => [id, `order-${index + 1}`] as const);
}

function elapsed(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  const days = Math.floor(ms / 86_400_000);
  const clock = new Date(ms % 86_400_000).toISOString().slice(11, 23);
  return days > 0 ? `${days} d ${clock.slice(0, 8)}` : clock;
}
