import type { Changed, ChangeRequest } from '../../../shared/application/change-order.ts';
import { getOrder } from '../../../shared/application/get-order.ts';
import type { Refused } from '../../../shared/application/refusal.ts';
import type { Order } from '../../../shared/domain/order.ts';
import type { AppContext, AppDeps } from '../app-context.ts';
import { expectedVersion, parseIfMatch } from '../if-match.ts';
import { sendRefusal } from '../problems.ts';
import { orderJson } from '../representations.ts';

export function etag({ version }: Pick<Order, 'version'>): string {
  return `"${version}"`;
}

/** Which order somebody asks for. */
export function orderRequest(c: AppContext, orderId: string) {
  c.set('orderId', orderId);
  return { actor: c.get('actor'), orderId };
}

/** What somebody asks of an order, and of which version of it. */
export async function changeRequest(
  c: AppContext,
  deps: AppDeps,
  { orderId }: { readonly orderId: string },
  headers: { readonly 'if-match'?: string | undefined },
): Promise<ChangeRequest> {
  const request = orderRequest(c, orderId);
  const expected = await expectedVersion(parseIfMatch(headers['if-match']), async () => {
    const found = await getOrder(deps, request);
    return found.kind === 'done' ? found.order.version : undefined;
  });
  return { ...request, ...(expected !== undefined && { expectedVersion: expected }) };
}

/** The order as it is after a change. */
export function sendChanged(c: AppContext, result: Changed | Refused) {
  if (result.kind === 'refused') return sendRefusal(c, result);
  return c.json(orderJson(result.order, c.get('actor')), 200, { ETag: etag(result.order) });
}

/** The order with a wish that is recorded, and carried out after this. */
export function sendRecorded(c: AppContext, result: Changed | Refused) {
  if (result.kind === 'refused') return sendRefusal(c, result);
  return c.json(orderJson(result.order, c.get('actor')), 202, { ETag: etag(result.order) });
}
