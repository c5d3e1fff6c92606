import type { Command } from '../domain/commands.ts';
import { blocksRefund, decide, mayBeginCharge } from '../domain/decide.ts';
import type { Order } from '../domain/order.ts';
import type { Thresholds } from '../domain/rules.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import type { PaymentGateway } from '../ports/payment-gateway.ts';
import { PortError } from '../ports/port-error.ts';
import type { TaskName, TaskOutcome, WorkflowDefinition } from '../workflow/definition.ts';
import { afterTask, positionAtTarget, type WorkflowTimes } from '../workflow/interpreter.ts';
import { CONFLICT_RETRIES, commit } from './commit.ts';

export interface TaskPorts {
  readonly orders: OrderStore;
  readonly payments: PaymentGateway;
  readonly clock: Clock;
  readonly thresholds: Thresholds;
  readonly times: WorkflowTimes;
}

/** Which task of which definition runs for which order. */
export interface TaskContext {
  readonly orderId: string;
  readonly definition: WorkflowDefinition;
  /** The state's name in the definition. */
  readonly state: string;
}

export type Task = (ports: TaskPorts, context: TaskContext) => Promise<TaskOutcome>;

/**
 * The steps of the workflow. Each reads the order first, does one thing, and saves what came of it together with the position
 * that follows, so that it may run twice, or twice at once, or again after a crash at any point.
 */
export const TASKS: Readonly<Record<TaskName, Task>> = {
  validateOrder: (ports, context) => record(ports, context, { type: 'review', thresholds: ports.thresholds }),
  expireApproval: (ports, context) => record(ports, context, { type: 'expire-approval' }),
  expireConfirmation: (ports, context) => record(ports, context, { type: 'expire-confirmation' }),
  giveUpOpening: (ports, context) => record(ports, context, { type: 'give-up-opening' }),
  openPayment,
  confirmPayment,
  settlePayment,
  refundPayment,
};

/** The reference is saved before anybody may confirm it: of several that were opened only the saved one can ever be charged. */
async function openPayment(ports: TaskPorts, context: TaskContext): Promise<TaskOutcome> {
  const order = await load(ports, context);
  if (order.status === 'charging') return 'opened';
  if (!mayBeginCharge(order)) return 'superseded';
  const { reference } = await ports.payments.open({
    orderId: order.id,
    customerId: order.customerId,
    amount: order.total,
    paymentMethod: order.paymentMethod,
  });
  return record(ports, context, { type: 'begin-charge', reference }, order);
}

/** A decline is not the end: a stalled worker may confirm again, so it has to be settled like an unknown outcome. */
async function confirmPayment(ports: TaskPorts, context: TaskContext): Promise<TaskOutcome> {
  const order = await load(ports, context);
  if (order.status !== 'charging') return 'superseded';
  if (order.cancellation) return 'unsettled';
  const result = await ports.payments.confirm(referenceOf(order));
  switch (result.outcome) {
    case 'charged':
      return record(ports, context, { type: 'record-charge', transactionId: result.transactionId }, order);
    case 'declined':
    case 'requires_action':
      return 'declined';
    case 'sealed':
    case 'pending':
      return 'unsettled';
  }
}

async function settlePayment(ports: TaskPorts, context: TaskContext): Promise<TaskOutcome> {
  const order = await load(ports, context);
  if (order.status !== 'charging') return 'superseded';
  const result = await ports.payments.settle(referenceOf(order));
  switch (result.outcome) {
    case 'charged':
      return record(ports, context, { type: 'record-charge', transactionId: result.transactionId }, order);
    case 'sealed': {
      const { declineCode } = result;
      return record(
        ports,
        context,
        { type: 'record-sealed', ...(declineCode !== undefined && { declineCode }) },
        order,
      );
    }
    case 'pending':
      return 'unsettled';
  }
}

async function refundPayment(ports: TaskPorts, context: TaskContext): Promise<TaskOutcome> {
  const order = await load(ports, context);
  if (order.status !== 'refunding') return 'superseded';
  if (blocksRefund(order))
    return record(ports, context, { type: 'record-refund-failure', code: 'payment-disputed' }, order);
  const result = await ports.payments.refund(referenceOf(order));
  switch (result.outcome) {
    case 'refunded':
      return record(ports, context, { type: 'record-refund', refundId: result.refundId }, order);
    case 'failed':
      return record(ports, context, { type: 'record-refund-failure', code: result.code }, order);
    case 'pending':
      return 'unsettled';
  }
}

/**
 * Decides and saves, deciding anew up to five times when somebody else wrote the order in between. Starts from `loaded`, where the
 * task has read the order already: if that is no longer how the order is, the save says so.
 */
async function record(ports: TaskPorts, context: TaskContext, command: Command, loaded?: Order): Promise<TaskOutcome> {
  const { definition, state } = context;
  for (let tries = 0; tries <= CONFLICT_RETRIES; tries += 1) {
    const order = tries === 0 && loaded ? loaded : await load(ports, context);
    const now = ports.clock.now();
    const decision = decide(order, command, now);
    if (decision.kind === 'refused') throw new Error(`defect: ${command.type} was refused: ${decision.message}`);
    if (decision.kind === 'unchanged') return decision.outcome;
    const target = afterTask(definition, state, decision.outcome);
    const position = positionAtTarget(order, definition, target, ports.times, now);
    const saved = await commit(ports.orders, order, decision, position);
    if (saved) return saved.outcome;
  }
  throw new PortError('unavailable', `${state}`, { message: 'the order is being changed by others' });
}

async function load(ports: TaskPorts, { orderId, state }: TaskContext): Promise<Order> {
  const order = await ports.orders.get(orderId);
  if (!order) throw new PortError('not-found', state, { message: `there is no order ${orderId}` });
  return order;
}

function referenceOf({ id, payment }: Order): string {
  if (payment.reference === undefined) throw new Error(`defect: order ${id} has no payment reference`);
  return payment.reference;
}
