import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { eventsAfter } from '../domain/events.ts';
import { newOrder } from '../domain/history.ts';
import { add, type Money, multiply, sameMoney } from '../domain/money.ts';
import type { Contact, LineItem, Order } from '../domain/order.ts';
import type { Restaurant } from '../domain/restaurant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { isPortError } from '../ports/port-error.ts';
import type { RestaurantCatalog } from '../ports/restaurant-catalog.ts';
import { firstPosition } from '../workflow/interpreter.ts';
import type { Actor } from './actor.ts';
import { withPosition } from './commit.ts';
import { type Refused, refuse } from './refusal.ts';

export interface PlacePorts {
  readonly orders: OrderStore;
  readonly restaurants: RestaurantCatalog;
  readonly ids: Ids;
  readonly clock: Clock;
}

export interface OrderRequest {
  readonly restaurantId: string;
  readonly items: readonly RequestedItem[];
  readonly deliveryAddress: string;
  readonly paymentMethod: string;
  readonly contact?: Contact;
}

export interface RequestedItem {
  readonly menuItemId: string;
  readonly quantity: number;
  /** What the customer saw; a menu that says otherwise by now refuses the order. */
  readonly expectedUnitPrice?: Money;
}

export interface PlaceRequest {
  readonly actor: Actor;
  /** The idempotency key. */
  readonly key: string;
  readonly body: OrderRequest;
  /** The id of the request that asks. */
  readonly correlationId: string;
}

export interface Placed {
  readonly kind: 'done';
  readonly order: Order;
  /** True when this key had placed the order before. */
  readonly replayed: boolean;
}

/**
 * Places an order once for each customer and key, however often and however concurrently it is asked for: the id follows from
 * the two, so the store's conditional create settles every race. A repeat answers the order as it is now, before the menu is
 * looked at; the same key with another body is refused.
 */
export async function placeOrder(
  ports: PlacePorts,
  { actor, key, body, correlationId }: PlaceRequest,
): Promise<Placed | Refused> {
  const id = ports.ids.orderId(actor.subject, key);
  const requestHash = fingerprint(body);
  const earlier = await ports.orders.get(id);
  if (earlier) return replay(earlier, requestHash);
  const priced = price(await ports.restaurants.get(body.restaurantId), body);
  if (priced.kind === 'refused') return priced;
  const order = pendingOrder(ports, actor, body, { id, requestHash, correlationId, ...priced });
  try {
    await ports.orders.create(order, eventsAfter(order, 0));
    return { kind: 'done', order, replayed: false };
  } catch (error) {
    if (!isPortError(error, 'conflict')) throw error;
    const winner = await ports.orders.get(id);
    if (!winner) throw error;
    return replay(winner, requestHash);
  }
}

function replay(order: Order, requestHash: string): Placed | Refused {
  if (order.requestHash === requestHash) return { kind: 'done', order, replayed: true };
  return refuse(
    'idempotency-key-reused',
    'this key was used with another body; a new order needs a new key',
    'Idempotency-Key',
  );
}

function pendingOrder(
  ports: PlacePorts,
  actor: Actor,
  body: OrderRequest,
  facts: Pick<Order, 'id' | 'requestHash' | 'correlationId' | 'total'> & { readonly lines: readonly LineItem[] },
): Order {
  const now = ports.clock.now();
  const order = newOrder(
    {
      id: facts.id,
      customerId: actor.subject,
      restaurantId: body.restaurantId,
      items: facts.lines,
      total: facts.total,
      deliveryAddress: body.deliveryAddress,
      paymentMethod: body.paymentMethod,
      ...(body.contact && { contact: body.contact }),
      requestHash: facts.requestHash,
      correlationId: facts.correlationId,
      by: `customer:${actor.subject}`,
    },
    now,
  );
  return withPosition(order, firstPosition(now));
}

type Priced = { readonly kind: 'done'; readonly lines: readonly LineItem[]; readonly total: Money };

function price(restaurant: Restaurant | undefined, body: OrderRequest): Priced | Refused {
  if (!restaurant) return refuse('unknown-restaurant', `there is no restaurant ${body.restaurantId}`, 'restaurantId');
  if (!restaurant.acceptingOrders) {
    return refuse('restaurant-closed', `${restaurant.name} does not take orders at the moment`, 'restaurantId');
  }
  const lines: LineItem[] = [];
  for (const [index, item] of body.items.entries()) {
    const line = priceLine(restaurant, item, `items[${index}]`);
    if ('kind' in line) return line;
    lines.push(line);
  }
  return totalOf(lines);
}

function priceLine(restaurant: Restaurant, item: RequestedItem, field: string): LineItem | Refused {
  const offer = restaurant.menu.find(({ menuItemId }) => menuItemId === item.menuItemId);
  if (!offer) {
    return refuse('unknown-menu-item', `${restaurant.name} does not offer ${item.menuItemId}`, `${field}.menuItemId`);
  }
  const { unitPrice } = offer;
  if (item.expectedUnitPrice && !sameMoney(item.expectedUnitPrice, unitPrice)) {
    const now = `${unitPrice.amount} ${unitPrice.currency}`;
    return refuse('price-changed', `${item.menuItemId} costs ${now} (minor units) now`, `${field}.expectedUnitPrice`);
  }
  return { menuItemId: offer.menuItemId, name: offer.name, unitPrice, quantity: item.quantity };
}

function totalOf(lines: readonly LineItem[]): Priced | Refused {
  const currencies = new Set(lines.map(({ unitPrice }) => unitPrice.currency));
  if (currencies.size > 1) return refuse('mixed-currencies', 'the items must all have one currency', 'items');
  const currency = lines[0]?.unitPrice.currency ?? 'USD';
  let total: Money | undefined = { amount: 0, currency };
  for (const { unitPrice, quantity } of lines) {
    const cost = multiply(unitPrice, quantity);
    total = cost && total && add(total, cost);
  }
  if (!total) return refuse('total-too-large', 'the total is beyond what can be charged exactly', 'items');
  if (total.amount <= 0) return refuse('total-too-small', 'the total must be more than nothing', 'items');
  return { kind: 'done', lines, total };
}

/** SHA-256 (hex) of the canonical JSON (RFC 8785) of the body: key order and white space make no difference. */
function fingerprint(body: OrderRequest): string {
  return createHash('sha256')
    .update(canonicalize(body) ?? '')
    .digest('hex');
}
