import { notifyHandler } from '../../functions/events/notify.ts';
import { operatorsHandler } from '../../functions/events/operators.ts';
import { receiptHandler } from '../../functions/events/receipt.ts';
import { relayHandler } from '../../functions/events/relay.ts';
import { deliver } from '../../functions/local/deliver.ts';
import { segmentHandler } from '../../functions/workflow/segment.ts';
import { sweepHandler } from '../../functions/workflow/sweep.ts';
import { SEGMENTS_QUEUE } from '../../shared/adapters/in-process/queued-scheduler.ts';
import { hearPaymentNews } from '../../shared/application/hear-payment-news.ts';
import { reconcilePayments } from '../../shared/application/reconcile-payments.ts';
import { SWEEP_GRACE_MS } from '../../shared/application/sweep-orders.ts';
import type { PageRequest } from '../../shared/ports/page.ts';
import { isPortError } from '../../shared/ports/port-error.ts';
import { NOON } from '../fixtures.ts';
import type { Actor } from './actor.ts';
import type { Held, HeldChanges } from './delivery.ts';
import type { HeldNews } from './news.ts';
import { endsOf, type Ports, portsOf } from './ports.ts';
import { RETRY_BASE_MS } from './times.ts';
import type { World } from './world.ts';

const SWEEP_INTERVAL_MS = 60_000;
const END_AGAIN_MS = 1_000;
/** As many pieces of work run side by side; more of them find nothing else, and take longer. */
const CONCURRENCY = 6;

const HANDLERS: Readonly<Record<string, (ports: Ports) => (body: unknown) => Promise<unknown>>> = {
  notify: notifyHandler,
  receipt: receiptHandler,
  operators: operatorsHandler,
  [SEGMENTS_QUEUE]: segmentHandler,
};

/** Gives the product's handlers their work: changes to the relay, messages to the consumers and segments, time to the sweeper. */
export function handlers(world: World) {
  const { scheduler, platform, chronicle, dice } = world;
  const atWork = new Set<Actor>();
  let nextSweep = scheduler.now() + SWEEP_INTERVAL_MS;

  /** Runs `work` as an actor of its own. What is no failure of a port is a defect. */
  function begin(
    role: string,
    work: (actor: Actor, ports: Ports) => Promise<unknown>,
    onDeath: () => void = () => undefined,
  ): void {
    const actor = scheduler.spawn(role, {
      onDeath() {
        atWork.delete(actor);
        onDeath();
      },
    });
    atWork.add(actor);
    work(actor, portsOf(world, actor))
      .catch((error: unknown) => defect(role, error))
      .finally(() => atWork.delete(actor));
  }

  function defect(role: string, error: unknown): void {
    if (isPortError(error) && EXPECTED.includes(error.code)) return;
    chronicle.violation(`${role} failed: ${error instanceof Error ? error.message : String(error)}`);
  }

  function beginMessage(held: Held): void {
    const { queue } = held.message;
    const handler = HANDLERS[queue];
    if (!handler) throw new Error(`there is no handler for ${queue}`);
    const role = queue === SEGMENTS_QUEUE ? 'segment' : queue;
    begin(
      role,
      async (actor, ports) => {
        const handle = handler(ports);
        const watched = async (body: unknown): Promise<void> => {
          try {
            await handle(body);
            if (role !== 'segment') chronicle.handles(queue, eventIdOf(body));
          } catch (error) {
            defect(role, error);
            throw error;
          }
        };
        const { clock, logger, metrics } = ports;
        const ends = endsOf(world, actor, held);
        const end = await deliver(
          { queue: ends, handlers: { [queue]: watched }, retryBaseMs: RETRY_BASE_MS, clock, logger, metrics },
          held.message,
        );
        await endMessage(end, ports);
      },
      held.lost,
    );
  }

  /** Where the platform would hold the message for good, its end is tried for as long as it takes. */
  async function endMessage(end: () => Promise<void>, { clock }: Ports): Promise<void> {
    for (;;) {
      try {
        return await end();
      } catch (error) {
        if (!isPortError(error)) throw error;
        if (!world.retriesForever) return;
        await clock.sleep(END_AGAIN_MS);
      }
    }
  }

  function beginRelay(held: HeldChanges): void {
    const acknowledge = (actor: Actor, failedIds: readonly string[]): Promise<void> =>
      scheduler.call(actor, {
        name: 'ChangeFeed.acknowledge',
        subject: held.changes.map(({ id }) => id).join(' '),
        commits: true,
        act: async () => held.end(failedIds),
      });
    const relay = async (actor: Actor, ports: Ports): Promise<void> => {
      try {
        const failures = await relayHandler(ports)(held.changes);
        await acknowledge(
          actor,
          failures.map(({ change }) => change.id),
        );
      } catch (error) {
        // As after a crash: all of them come again.
        held.lost();
        throw error;
      }
    };
    begin('relay', relay, held.lost);
  }

  function beginNews(held: HeldNews): void {
    const hear = async (_: Actor, ports: Ports): Promise<void> => {
      try {
        await hearPaymentNews(ports, held.news);
        held.done();
      } catch (error) {
        held.lost();
        throw error;
      }
    };
    begin('webhook', hear, held.lost);
  }

  /** All of the time that a history has. What is cut off goes on with the next one. */
  function beginReconciliation(): void {
    begin('reconcile', (_, ports) => reconcileAll(ports));
  }

  function beginSweep(): void {
    nextSweep = scheduler.now() + SWEEP_INTERVAL_MS;
    begin('sweep', async (_, ports) => {
      const logger = { ...ports.logger, warn: () => chronicle.sweeps(1) };
      await sweepHandler({ ...ports, logger })();
    });
  }

  /** When the sweeper will next find something; sweeps that would find nothing are passed over. */
  function sweepAt(): number {
    return Math.max(nextSweep, chronicle.dueAt() + SWEEP_GRACE_MS);
  }

  return {
    /** Begins one piece of work, any of those that there are. */
    offer(): boolean {
      if (atWork.size >= CONCURRENCY) return false;
      if (sweepAt() <= scheduler.now()) {
        beginSweep();
        return true;
      }
      const news = world.profile.webhooks && dice.chance(0.6) ? world.news.take() : undefined;
      if (news) {
        beginNews(news);
        return true;
      }
      const relayFirst = dice.chance(0.5);
      const changes = relayFirst ? platform.takeChanges() : undefined;
      const message = changes ? undefined : platform.take();
      const late = changes || message || relayFirst ? changes : platform.takeChanges();
      if (message) beginMessage(message);
      else if (late) beginRelay(late);
      if (message || late) return true;
      const left = world.news.take();
      if (left) beginNews(left);
      return left !== undefined;
    },
    nextWorkAt: () => Math.min(platform.nextAt(), sweepAt(), world.news.nextAt()),
    extraSweep: beginSweep,
    reconcile: beginReconciliation,
    atWork: (): readonly Actor[] => [...atWork],
    /** Whoever fails in another way than ports do has a fault. */
    defect,
  };
}

/** Every page, with what is safe to do. */
export async function reconcileAll(ports: Ports): Promise<void> {
  let cursor: string | null = null;
  do {
    const page: PageRequest = { limit: 2, ...(cursor !== null && { cursor }) };
    const result = await reconcilePayments(ports, { since: NOON - 60_000, page, repair: true });
    if (result.kind === 'refused') throw new Error(`the reconciliation was refused: ${result.message}`);
    cursor = result.nextCursor;
  } while (cursor !== null);
}

/** How a port may fail on a bad day. Everything else is a mistake of whoever called it. */
const EXPECTED: readonly string[] = ['unavailable', 'deadline-exceeded', 'resource-exhausted'];

function eventIdOf(body: unknown): string {
  return String(Reflect.get(Object(body), 'id'));
}
