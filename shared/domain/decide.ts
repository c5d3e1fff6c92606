import type {
  Approve,
  BeginCharge,
  Cancel,
  ChangeAddress,
  Command,
  Confirm,
  Decision,
  RaiseAttention,
  RecordCharge,
  RecordDispute,
  RecordRefund,
  RecordRefundFailure,
  RecordSealed,
  RequestRefund,
  RequestSettlement,
  Review,
  SetStatus,
} from './commands.ts';
import { changed, refused, type Step, SYSTEM, unchanged } from './history.ts';
import type { Order, OrderStatus, Ruling } from './order.ts';
import {
  ADDRESS_CHANGEABLE,
  CANCELLED_WHILE_CHARGING,
  DISPUTE_LOST,
  LIMITS,
  needsApproval,
  SETTLEMENT_REQUESTED,
} from './rules.ts';
import { mayMove } from './transitions.ts';

/**
 * The whole domain in one pure function: what `command` makes of `order` at the time `clock` (epoch milliseconds).
 *
 * A `changed` decision is one write. Commands of the workflow are never refused: where the order has moved on they answer
 * the outcome that is true of it now, or `superseded`. A command of a person that was carried out, and is repeated while the
 * order is where it brought it, is `unchanged`. The position is left as it is; the workflow sets it from the outcome.
 */
export function decide(order: Order, command: Command, clock: number): Decision {
  // Clocks of two machines differ: an order's times never go back.
  const now = Math.max(clock, order.updatedAt);
  switch (command.type) {
    case 'approve':
      return approve(order, command, now);
    case 'begin-charge':
      return beginCharge(order, command, now);
    case 'cancel':
      return cancel(order, command, now);
    case 'change-address':
      return changeAddress(order, command, now);
    case 'confirm':
      return confirm(order, command, now);
    case 'expire-approval':
      return expireApproval(order, now);
    case 'expire-confirmation':
      return expireConfirmation(order, now);
    case 'give-up-opening':
      return giveUpOpening(order, now);
    case 'park':
      return changed(order, now, 'updated', []);
    case 'raise-attention':
      return raiseAttention(order, command, now);
    case 'record-charge':
      return recordCharge(order, command, now);
    case 'record-dispute':
      return recordDispute(order, command, now);
    case 'record-refund':
      return recordRefund(order, command, now);
    case 'record-refund-failure':
      return recordRefundFailure(order, command, now);
    case 'record-sealed':
      return recordSealed(order, command, now);
    case 'request-refund':
      return requestRefund(order, command, now);
    case 'request-settlement':
      return requestSettlement(order, command, now);
    case 'review':
      return review(order, command, now);
    case 'set-status':
      return setStatus(order, command, now);
  }
}

function review(order: Order, { thresholds }: Review, now: number): Decision {
  if (order.status !== 'pending') return unchanged(order, 'superseded');
  if (!needsApproval(order.total, thresholds)) return unchanged(order, 'ready');
  return changed(order, now, 'approval_required', [
    { name: 'approval_requested', status: 'awaiting_approval', by: SYSTEM },
  ]);
}

function approve(order: Order, command: Approve, now: number): Decision {
  const earlier = order.approval;
  if (earlier) return repeated(order, earlier, command.accepted, 'approval');
  if (order.status !== 'awaiting_approval') return illegal(order, 'be approved or rejected');
  const approval = ruling(command, now);
  if (command.accepted) {
    return changed(order, now, 'approved', [
      { name: 'updated', reason: 'approved', by: command.by, note: command.note, patch: { approval } },
    ]);
  }
  return changed(order, now, 'stopped', [
    {
      name: 'status_changed',
      status: 'rejected',
      reason: 'approval-refused',
      by: command.by,
      note: command.note,
      patch: { approval },
    },
  ]);
}

function expireApproval(order: Order, now: number): Decision {
  if (order.status !== 'awaiting_approval' || order.approval) return unchanged(order, 'superseded');
  return changed(order, now, 'stopped', [
    { name: 'status_changed', status: 'rejected', reason: 'approval-expired', by: SYSTEM },
  ]);
}

/** Before a reference is saved nothing can have been charged, so an order may end here without a settlement. */
function giveUpOpening(order: Order, now: number): Decision {
  if (!mayBeginCharge(order)) return unchanged(order, 'superseded');
  return changed(order, now, 'stopped', [
    { name: 'cancelled', status: 'cancelled', reason: 'gateway-unavailable', by: SYSTEM },
  ]);
}

function beginCharge(order: Order, { reference }: BeginCharge, now: number): Decision {
  if (order.status === 'charging') return unchanged(order, 'opened');
  if (!mayBeginCharge(order)) return unchanged(order, 'superseded');
  return changed(order, now, 'opened', [
    { name: 'status_changed', status: 'charging', by: SYSTEM, payment: { status: 'charging', reference } },
  ]);
}

/** Whether a payment may be opened for the order as it is. */
export function mayBeginCharge(order: Order): boolean {
  return order.status === 'pending' || (order.status === 'awaiting_approval' && order.approval?.accepted === true);
}

function recordCharge(order: Order, { transactionId }: RecordCharge, now: number): Decision {
  if (order.status !== 'charging') return unchanged(order, outcomeAfterCharge(order));
  const paid: Step = {
    name: 'payment_charged',
    status: 'paid',
    by: SYSTEM,
    payment: { status: 'charged', transactionId, chargedAt: now },
  };
  if (!order.cancellation) return changed(order, now, 'charged', [paid]);
  const { by, note } = order.cancellation;
  const reason = CANCELLED_WHILE_CHARGING;
  return changed(order, now, 'refund_due', [{ ...paid, reason }, refunding(reason, by, note)]);
}

function outcomeAfterCharge(order: Order): 'charged' | 'refund_due' | 'superseded' {
  if (order.status === 'paid' || order.status === 'confirmed') return 'charged';
  return order.status === 'refunding' ? 'refund_due' : 'superseded';
}

function recordSealed(order: Order, { declineCode }: RecordSealed, now: number): Decision {
  if (order.status !== 'charging') return unchanged(order, 'superseded');
  if (order.cancellation) {
    const { by, note } = order.cancellation;
    return changed(order, now, 'failed', [
      {
        name: 'cancelled',
        status: 'cancelled',
        reason: 'cancellation-requested',
        by,
        note,
        payment: { status: 'none' },
      },
    ]);
  }
  const code = declineCode === undefined ? 'gateway-unavailable' : shortCode(declineCode);
  return changed(order, now, 'failed', [
    {
      name: 'payment_declined',
      status: 'payment_failed',
      reason: code,
      by: SYSTEM,
      payment: { status: declineCode === undefined ? 'failed' : 'declined', declineCode: code },
    },
  ]);
}

function confirm(order: Order, command: Confirm, now: number): Decision {
  const earlier = order.confirmation;
  if (earlier?.accepted === command.accepted) return unchanged(order, command.accepted ? 'confirmed' : 'refund_due');
  if (['refunding', 'refunded', 'refund_failed'].includes(order.status)) {
    return refused('too-late', `the order is ${order.status}: its money goes back to the customer`);
  }
  if (earlier) return repeated(order, earlier, command.accepted, 'confirmation');
  if (order.status !== 'paid') return illegal(order, 'be confirmed or refused');
  const patch = { confirmation: ruling(command, now) };
  if (command.accepted) {
    return changed(order, now, 'confirmed', [
      { name: 'status_changed', status: 'confirmed', by: command.by, note: command.note, patch },
    ]);
  }
  return changed(order, now, 'refund_due', [{ ...refunding('restaurant-refused', command.by, command.note), patch }]);
}

function expireConfirmation(order: Order, now: number): Decision {
  if (order.status === 'refunding') return unchanged(order, 'refund_due');
  if (order.status !== 'paid') return unchanged(order, 'superseded');
  return changed(order, now, 'refund_due', [
    { ...refunding('restaurant-timeout', SYSTEM), name: 'restaurant_timeout' },
  ]);
}

function cancel(order: Order, command: Cancel, now: number): Decision {
  const { by, note } = command;
  if (order.cancellation) return unchanged(order, order.status === 'charging' ? 'cancel_requested' : 'updated');
  const patch = { cancellation: ruling({ ...command, accepted: true }, now) };
  switch (order.status) {
    case 'pending':
    case 'awaiting_approval':
      return changed(order, now, 'stopped', [
        { name: 'cancelled', status: 'cancelled', reason: 'cancellation-requested', by, note, patch },
      ]);
    case 'charging':
      return changed(order, now, 'cancel_requested', [
        { name: 'updated', reason: 'cancellation-requested', by, note, patch },
      ]);
    case 'paid':
    case 'confirmed':
    case 'processing':
      return changed(order, now, 'refund_due', [{ ...refunding('cancellation-requested', by, note), patch }]);
    default:
      return illegal(order, 'be cancelled');
  }
}

function requestRefund(order: Order, { by, note }: RequestRefund, now: number): Decision {
  if (order.status === 'refunding') return unchanged(order, 'refund_due');
  if (blocksRefund(order)) return disputed(order);
  if (!['shipped', 'delivered', 'refund_failed'].includes(order.status)) return illegal(order, 'be refunded');
  return changed(order, now, 'refund_due', [refunding('refund-requested', by, note)]);
}

/** Leaves the status alone: only the provider's answer changes that. So it is safe beside whoever is asking already. */
function requestSettlement(order: Order, { by, note }: RequestSettlement, now: number): Decision {
  if (order.status !== 'charging' && order.status !== 'refunding') return illegal(order, 'be settled');
  const outcome = order.status === 'charging' ? 'settlement_due' : 'refund_due';
  if (isBeingSettled(order)) return unchanged(order, outcome);
  return changed(order, now, outcome, [{ name: 'updated', reason: SETTLEMENT_REQUESTED, by, note }]);
}

/** Whether somebody has asked for the settlement, and the workflow has not come back from asking the provider. */
function isBeingSettled({ timeline, position }: Order): boolean {
  const request = timeline.findLast(({ reason }) => reason === SETTLEMENT_REQUESTED);
  // Every rest, lease and sweep that follows is due at another time.
  return request !== undefined && request.at === position?.dueAt;
}

function recordRefund(order: Order, { refundId }: RecordRefund, now: number): Decision {
  if (order.status === 'refunded') return unchanged(order, 'refunded');
  // It went through once, and came back: whoever tells of it now has looked before that.
  if (refundId === order.payment.failedRefundId) return unchanged(order, 'superseded');
  // A refund that happened is a fact, whatever another worker was told before.
  if (order.status !== 'refunding' && order.status !== 'refund_failed') return unchanged(order, 'superseded');
  return changed(order, now, 'refunded', [
    { name: 'payment_refunded', status: 'refunded', by: SYSTEM, payment: { status: 'refunded', refundId } },
  ]);
}

function recordRefundFailure(order: Order, { code, refundId }: RecordRefundFailure, now: number): Decision {
  if (order.status === 'refund_failed') return unchanged(order, 'refund_failed');
  if (refundId !== undefined && refundId === order.payment.failedRefundId) return unchanged(order, 'superseded');
  const cameBack = order.status === 'refunded' && refundId !== undefined && refundId === order.payment.refundId;
  if (order.status !== 'refunding' && !cameBack) return unchanged(order, 'superseded');
  return changed(order, now, 'refund_failed', [
    {
      name: 'refund_failed',
      status: 'refund_failed',
      reason: shortCode(code),
      by: SYSTEM,
      payment: { status: 'refund_failed', ...(refundId !== undefined && { failedRefundId: refundId }) },
    },
  ]);
}

/** The bank's decision is final. One that is lost has given the money back, if that is what the order waits for. */
function recordDispute(order: Order, { dispute }: RecordDispute, now: number): Decision {
  const { payment, status } = order;
  if (payment.transactionId === undefined) return unchanged(order, 'superseded');
  const known = payment.dispute?.id === dispute.id ? payment.dispute.status : undefined;
  if (known === dispute.status || (known !== undefined && known !== 'open')) return unchanged(order, 'updated');
  const told: Step = {
    name: 'needs_attention',
    reason: `dispute-${dispute.status}`,
    by: SYSTEM,
    payment: { dispute: { id: dispute.id, status: dispute.status } },
  };
  if (dispute.status !== 'lost' || (status !== 'refunding' && status !== 'refund_failed')) {
    return changed(order, now, 'updated', [told]);
  }
  const returned: Step = {
    name: 'payment_refunded',
    status: 'refunded',
    reason: DISPUTE_LOST,
    by: SYSTEM,
    payment: { status: 'refunded', refundId: dispute.id },
  };
  return changed(order, now, 'refunded', [told, returned]);
}

/** Whether a refund would give the customer the money twice, as far as the order knows. */
export function blocksRefund({ payment }: Pick<Order, 'payment'>): boolean {
  return payment.dispute !== undefined && payment.dispute.status !== 'won';
}

function raiseAttention(order: Order, { reason }: RaiseAttention, now: number): Decision {
  return changed(order, now, 'updated', [{ name: 'needs_attention', reason, by: SYSTEM }]);
}

function changeAddress(order: Order, { deliveryAddress, by }: ChangeAddress, now: number): Decision {
  if (!ADDRESS_CHANGEABLE.includes(order.status)) return illegal(order, 'change its delivery address');
  if (deliveryAddress === order.deliveryAddress) return unchanged(order, 'updated');
  if (order.addressChanges >= LIMITS.addressChanges) {
    return refused('too-many-changes', `an order may change its address ${LIMITS.addressChanges} times`);
  }
  const patch = { deliveryAddress, addressChanges: order.addressChanges + 1 };
  return changed(order, now, 'updated', [{ name: 'updated', reason: 'address-changed', by, patch }]);
}

function setStatus(order: Order, { status, by }: SetStatus, now: number): Decision {
  if (order.status === status) return unchanged(order, 'updated');
  if (!mayMove(order.status, status)) return illegal(order, `become ${status}`);
  return changed(order, now, 'updated', [{ name: 'status_changed', status, by }]);
}

/** A provider's code goes into events, which are short and hold no free text. */
function shortCode(code: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(code) ? code : 'other';
}

function refunding(reason: string, by: string, note?: string): Step {
  return { name: 'status_changed', status: 'refunding', reason, by, note, payment: { status: 'refunding' } };
}

function ruling({ accepted, by, note }: { accepted: boolean; by: string; note?: string }, now: number): Ruling {
  return { accepted, by, at: now, ...(note !== undefined && { note }) };
}

function repeated(order: Order, earlier: Ruling, accepted: boolean, what: string): Decision {
  if (earlier.accepted === accepted) return unchanged(order, 'updated');
  return refused('already-decided', `the ${what} was ${earlier.accepted ? 'given' : 'refused'} before and stands`);
}

function disputed({ payment }: Order): Decision {
  const state =
    payment.dispute?.status === 'lost' ? 'has given the money back' : 'holds the money until it has decided';
  return refused('payment-disputed', `the charge is disputed: the customer's bank ${state}`);
}

function illegal(order: { readonly status: OrderStatus }, wish: string): Decision {
  return refused('illegal-transition', `an order that is ${order.status} cannot ${wish}`);
}
