import type { FulfilmentStatus } from '../domain/commands.ts';
import { type Changed, type ChangePorts, type ChangeRequest, changeOrder } from './change-order.ts';
import type { Refused } from './refusal.ts';

type Result = Promise<Changed | Refused>;
interface Noted {
  readonly note?: string;
}

/** The owner sends the order elsewhere, until it is being prepared. */
export function changeAddress(
  ports: ChangePorts,
  request: ChangeRequest & { readonly deliveryAddress: string },
): Result {
  const { deliveryAddress } = request;
  return changeOrder(ports, request, ['customer'], (by) => ({ type: 'change-address', deliveryAddress, by }));
}

/** The restaurant (or an operator) moves a confirmed order on; only operators say that it was delivered. */
export function setStatus(ports: ChangePorts, request: ChangeRequest & { readonly status: FulfilmentStatus }): Result {
  const { status } = request;
  const allowed = status === 'delivered' ? (['operator'] as const) : (['restaurant', 'operator'] as const);
  return changeOrder(ports, request, allowed, (by) => ({ type: 'set-status', status, by }));
}

/** The owner or an operator calls the order off. While a charge is under way the wish is recorded and carried out after it. */
export function cancelOrder(ports: ChangePorts, request: ChangeRequest & Noted): Result {
  return changeOrder(ports, request, ['customer', 'operator'], (by) => ({ type: 'cancel', by, ...note(request) }));
}

/** An operator lets an order over the approval threshold through, or rejects it. */
export function approveOrder(
  ports: ChangePorts,
  request: ChangeRequest & Noted & { readonly approved: boolean },
): Result {
  const accepted = request.approved;
  return changeOrder(ports, request, ['operator'], (by) => ({ type: 'approve', accepted, by, ...note(request) }));
}

/** The restaurant (or an operator for it) takes a paid order on, or refuses it, and then the customer is refunded. */
export function confirmOrder(
  ports: ChangePorts,
  request: ChangeRequest & Noted & { readonly accepted: boolean },
): Result {
  const { accepted } = request;
  return changeOrder(ports, request, ['restaurant', 'operator'], (by) => ({
    type: 'confirm',
    accepted,
    by,
    ...note(request),
  }));
}

/** An operator gives the money back for an order that is on its way, delivered, or whose refund has failed. */
export function requestRefund(ports: ChangePorts, request: ChangeRequest & { readonly note: string }): Result {
  return changeOrder(ports, request, ['operator'], (by) => ({ type: 'request-refund', by, note: request.note }));
}

/**
 * An operator has the provider asked now what became of a charge or a refund that is under way, however long the workflow would
 * rest. Repeated before the provider has been asked it changes nothing: of several at once one is recorded.
 */
export function requestSettlement(ports: ChangePorts, request: ChangeRequest & { readonly note: string }): Result {
  return changeOrder(ports, request, ['operator'], (by) => ({ type: 'request-settlement', by, note: request.note }));
}

function note({ note }: Noted): Noted {
  return note === undefined ? {} : { note };
}
