import { setImmediate as turn } from 'node:timers/promises';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import {
  type GatewayHook,
  simulatedPaymentGateway,
} from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { relayChanges } from '../../shared/application/relay-changes.ts';
import { runSegment, type SegmentPorts } from '../../shared/application/run-segment.ts';
import { SWEEP_GRACE_MS, sweepOrders } from '../../shared/application/sweep-orders.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import { eventsAfter, type OrderEvent } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import { isPortError } from '../../shared/ports/port-error.ts';
import { firstPosition } from '../../shared/workflow/interpreter.ts';
import { anOrder, NOON } from '../fixtures.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

export interface WorldOptions {
  /** Stalls a call of the gateway, or makes it fail without an effect. */
  readonly before?: GatewayHook;
  /** Stalls an answer of the gateway, or puts a failure in its place. */
  readonly after?: GatewayHook;
  readonly payments?: (inner: PaymentGateway) => PaymentGateway;
  readonly orders?: (inner: OrderStore) => OrderStore;
  /** Runs a segment in the interpreter's place; takes care of its pauses by itself. */
  readonly runner?: (ports: SegmentPorts & { readonly clock: ManualClock }, job: SegmentJob) => Promise<Run>;
}

export interface Run {
  readonly states: readonly string[];
  /** How long each pause between the tries of a task was. */
  readonly sleeps: readonly number[];
}

interface Scheduled {
  readonly job: SegmentJob;
  readonly at: number;
}

const TASK_TIMEOUT_MS = 10_000;
const REDELIVERY_MS = 1_000;
/** More than any test needs: a loop that does not come to an end fails instead of hanging. */
const MANY = 500;

export type World = ReturnType<typeof segmentWorld>;

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The workflow over memory adapters, its time in the test's hands: the relay, the scheduler's queue and the sweeper, by hand. */
export function segmentWorld(options: WorldOptions = {}) {
  const clock = manualClock(NOON);
  const store = memoryOrderStore();
  const ledger = memoryPaymentLedger();
  const { payments = (same) => same, orders: wrapped = (same) => same } = options;
  const gateway = simulatedPaymentGateway({
    ledger,
    clock,
    ...(options.before && { before: options.before }),
    ...(options.after && { after: options.after }),
  });
  const ports: SegmentPorts = {
    orders: wrapped(store.orders),
    payments: payments(gateway),
    clock,
    thresholds: DEFAULT_THRESHOLDS,
    times: { approvalTimeoutMs: 86_400_000, confirmationTimeoutMs: 300_000 },
    retryBaseMs: 2_000,
    logger: QUIET,
  };
  const scheduled: Scheduled[] = [];
  const published: OrderEvent[] = [];
  const runs: Run[] = [];
  const scheduler = {
    async start(job: SegmentJob) {
      scheduled.push({ job, at: clock.now() });
    },
    async startAt(job: SegmentJob, at: number) {
      scheduled.push({ job, at });
    },
  };
  const publisher = {
    async publish(events: readonly OrderEvent[]) {
      published.push(...events);
      return events.map(({ id }) => ({ eventId: id, published: true as const }));
    },
  };
  /** What happens in every pause; the test's chance to act in the middle of a segment. */
  let onPause: () => Promise<void> = async () => undefined;

  /** Lets `work` come to its end, going through its pauses and time-outs. */
  async function drive<T>(work: Promise<T>): Promise<{ result: T; sleeps: number[] }> {
    const sleeps: number[] = [];
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    for (let turns = 0; turns < MANY; turns += 1) {
      await turn();
      if (ended) return { result: await work, sleeps };
      await onPause();
      const before = clock.now();
      if (clock.advanceToNextSleeper()) sleeps.push(clock.now() - before);
      else clock.advance(TASK_TIMEOUT_MS);
    }
    throw new Error('this segment does not come to an end');
  }

  async function run(job: SegmentJob): Promise<Run> {
    const done = await (options.runner ? options.runner({ ...ports, clock }, job) : interpreted(job));
    runs.push(done);
    return done;
  }

  async function interpreted(job: SegmentJob): Promise<Run> {
    const { result, sleeps } = await drive(runSegment(ports, job));
    return { states: result.states, sleeps };
  }

  /** Does what the platform does at once: relays, and runs every job that is due. A job that fails is delivered again. */
  async function settle(): Promise<void> {
    for (let rounds = 0; rounds < MANY; rounds += 1) {
      const changes = await store.feed.pull(100);
      await relayChanges({ publisher, scheduler, clock, thresholds: DEFAULT_THRESHOLDS }, changes);
      await store.feed.acknowledge(changes.map(({ id }) => id));
      const due = scheduled.findIndex(({ at }) => at <= clock.now());
      const [next] = due < 0 ? [] : scheduled.splice(due, 1);
      if (!next) return;
      try {
        await run(next.job);
      } catch (error) {
        if (!isPortError(error) || !error.retryable) throw error;
        scheduled.push({ job: next.job, at: clock.now() + REDELIVERY_MS });
      }
    }
    throw new Error('the platform does not come to rest');
  }

  return {
    clock,
    ports,
    ledger,
    runs,
    published,
    scheduled,
    run,
    drive,
    settle,
    set onPause(act: () => Promise<void>) {
      onPause = act;
    },
    async order(id: string): Promise<Order> {
      const order = await store.orders.get(id);
      if (!order) throw new Error(`no order ${id}`);
      return order;
    },
    async place(overrides: Partial<Order> = {}): Promise<Order> {
      const order = anOrder({ createdAt: clock.now(), position: firstPosition(clock.now()), ...overrides });
      await store.orders.create(order, eventsAfter(order, 0));
      return order;
    },
    /** Relays nothing of what was written so far, and forgets every timer. */
    async loseStarts(): Promise<void> {
      const changes = await store.feed.pull(100);
      await store.feed.acknowledge(changes.map(({ id }) => id));
      scheduled.length = 0;
    },
    /** Lets time go by until the next timer, and settles. */
    async next(): Promise<void> {
      const at = Math.min(...scheduled.map((one) => one.at));
      if (at !== Number.POSITIVE_INFINITY) clock.advance(Math.max(0, at - clock.now()));
      await settle();
    },
    /** Sweeps once whatever lease there is has run out, and settles. Answers the ids of what was started again. */
    async sweep(id: string): Promise<readonly string[]> {
      const { position } = (await store.orders.get(id)) ?? {};
      if (position) clock.advance(Math.max(0, position.dueAt + SWEEP_GRACE_MS - clock.now()));
      const started = await sweepOrders({ orders: store.orders, scheduler, clock });
      await settle();
      return started;
    },
    async charges(id: string): Promise<readonly string[]> {
      return (await ledger.movements(id)).map(({ kind }) => kind);
    },
  };
}

/** A gate that calls stop at, until the test opens it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
