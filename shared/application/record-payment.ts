import { decide } from '../domain/decide.ts';
import type { Order } from '../domain/order.ts';
import type { PaymentRecord } from '../domain/payment-record.ts';
import { commandFor, type RecordCommand } from '../domain/reconciliation.ts';
import type { Clock } from '../ports/clock.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { PortError } from '../ports/port-error.ts';
import { positionAfterRecord, type WorkflowTimes } from '../workflow/interpreter.ts';
import { CONFLICT_RETRIES, commit } from './commit.ts';

export interface RecordPorts {
  readonly orders: OrderStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly times: WorkflowTimes;
}

/** What there is to write at the most: a charge, a dispute, its end, a refund. */
const MOST_STEPS = 4;

/**
 * Brings an order up to what the provider's books say of its payment, by the commands that the workflow uses: whoever comes first,
 * the other finds it done. The workflow goes on from where the outcome leads. Answers what was written, oldest first; nothing for
 * an order that knows it all, or whose payment is another. Fails with `unavailable` while others keep writing the order.
 */
export async function recordPayment(
  ports: RecordPorts,
  orderId: string,
  record: PaymentRecord,
): Promise<readonly RecordCommand['type'][]> {
  const written: RecordCommand['type'][] = [];
  let conflicts = 0;
  while (written.length < MOST_STEPS) {
    const order = await ports.orders.get(orderId);
    const command = order && commandFor(order, record);
    if (!command) return written;
    const step = await recordOne(ports, order, command);
    if (step === 'nothing') return written;
    if (step === 'written') written.push(command.type);
    else if (++conflicts > CONFLICT_RETRIES) {
      throw new PortError('unavailable', 'recordPayment', { message: 'the order is being changed by others' });
    }
  }
  return written;
}

async function recordOne(
  { orders, clock, times }: RecordPorts,
  order: Order,
  command: RecordCommand,
): Promise<'written' | 'nothing' | 'conflict'> {
  const now = clock.now();
  const decision = decide(order, command, now);
  if (decision.kind !== 'changed') return 'nothing';
  const { outcome } = decision;
  // A dispute alone says nothing to the workflow; one that ends the order is as good as the refund.
  const task = command.type === 'record-charge' || command.type === 'record-sealed' ? 'settlePayment' : 'refundPayment';
  const position = outcome === 'updated' ? order.position : positionAfterRecord(order, { task, outcome }, times, now);
  return (await commit(orders, order, decision, position)) ? 'written' : 'conflict';
}
