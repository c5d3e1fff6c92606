import type { OrderEvent } from './events.ts';
import type { Order } from './order.ts';

/** What one committed write says to the relay. */
export interface OrderChange {
  /** `<orderId>@<revision>`. */
  readonly id: string;
  readonly orderId: string;
  readonly revision: number;
  /** The events of this write, oldest first; empty for a write of the position alone. */
  readonly events: readonly OrderEvent[];
  /** What the relay has to start, and when. */
  readonly start?: { readonly job: SegmentJob; readonly at: number };
}

/** Asks for the order's workflow to be run on from where it stands. */
export interface SegmentJob {
  readonly orderId: string;
  /** Where the order stood when this was asked for; for people to read, and to name tasks by. */
  readonly state: string;
  readonly attempt: number;
  /** The revision that asked for it. */
  readonly revision: number;
  /** The request that placed the order. */
  readonly correlationId: string;
  /** Given for a timer: it only counts while the order still rests in this wait. */
  readonly waitId?: string;
}

/** The change that a write of `order` with `events` makes. Every store hands exactly this to its relay. */
export function changeOf(order: Order, events: readonly OrderEvent[]): OrderChange {
  const job = jobOf(order);
  return {
    id: `${order.id}@${order.revision}`,
    orderId: order.id,
    revision: order.revision,
    events,
    ...(job && order.position?.handOff && { start: { job, at: order.position.dueAt } }),
  };
}

/** The job that runs the order on from its position; undefined when nothing is left to run. */
export function jobOf(order: Order): SegmentJob | undefined {
  const { position } = order;
  if (!position) return undefined;
  return {
    orderId: order.id,
    state: position.state,
    attempt: position.attempt,
    revision: order.revision,
    correlationId: order.correlationId,
    ...(position.wait && { waitId: position.wait.id }),
  };
}
