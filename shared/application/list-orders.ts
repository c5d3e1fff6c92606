import type { Order, OrderStatus } from '../domain/order.ts';
import { isOperatorsStatus, OPERATORS_STATUSES } from '../domain/rules.ts';
import type { OrderQuery, OrderScope, OrderStore } from '../ports/order-store.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import { isPortError } from '../ports/port-error.ts';
import type { Actor } from './actor.ts';
import { type Refused, refuse } from './refusal.ts';

export interface ListRequest {
  readonly actor: Actor;
  readonly customerId?: string;
  readonly restaurantId?: string;
  readonly status?: OrderStatus;
  readonly page: PageRequest;
}

/**
 * Orders of one customer or one restaurant, newest first; for operators also all those in one of the `OPERATORS_STATUSES`. Who
 * may ask for whose is settled before the store is asked, so the store only ever reads inside the asker's own scope.
 */
export async function listOrders(
  ports: { readonly orders: OrderStore },
  request: ListRequest,
): Promise<{ readonly kind: 'done'; readonly page: Page<Order> } | Refused> {
  const query = queryOf(request);
  if ('kind' in query) return query;
  try {
    const page = await ports.orders.list(query, request.page);
    return { kind: 'done', page };
  } catch (error) {
    if (isPortError(error, 'invalid-argument')) return invalidCursor();
    throw error;
  }
}

export function invalidCursor(): Refused {
  return refuse('invalid-cursor', 'the cursor is not one of this list; start again without it', 'cursor');
}

function queryOf(request: ListRequest): OrderQuery | Refused {
  const { actor, customerId, restaurantId, status } = request;
  if (actor.operator && customerId === undefined && restaurantId === undefined) return queryByStatus(status);
  const scope = scopeOf(request);
  return 'kind' in scope ? scope : { ...scope, ...(status && { status }) };
}

function queryByStatus(status: OrderStatus | undefined): OrderQuery | Refused {
  if (status && isOperatorsStatus(status)) return { status };
  const alone = OPERATORS_STATUSES.join(', ');
  const message = `an operator gives customerId or restaurantId, or lists one of these statuses alone: ${alone}`;
  return refuse('invalid-request', message, 'customerId');
}

function scopeOf({ actor, customerId, restaurantId }: ListRequest): OrderScope | Refused {
  if (customerId !== undefined && restaurantId !== undefined) {
    return refuse('invalid-request', 'give customerId or restaurantId, not both', 'restaurantId');
  }
  if (customerId !== undefined) {
    return actor.operator || customerId === actor.subject ? { customerId } : forbidden('customerId');
  }
  if (restaurantId !== undefined) {
    return actor.operator || actor.restaurants.includes(restaurantId) ? { restaurantId } : forbidden('restaurantId');
  }
  const [own, another] = actor.restaurants;
  if (another !== undefined) return refuse('invalid-request', 'you act for several: give restaurantId', 'restaurantId');
  return own === undefined ? { customerId: actor.subject } : { restaurantId: own };
}

function forbidden(field: string): Refused {
  return refuse('forbidden', 'these are the orders of somebody else', field);
}
