import { errorFields } from '../../shared/application/error-fields.ts';
import type { RelayFailure } from '../../shared/application/relay-changes.ts';
import type { OrderChange } from '../../shared/domain/change.ts';
import type { ChangeFeed } from '../../shared/ports/change-feed.ts';
import type { Message, MessageQueue } from '../../shared/ports/message-queue.ts';
import { type DeliverOptions, deliver } from './deliver.ts';

export interface PumpOptions extends DeliverOptions {
  readonly queue: MessageQueue;
  readonly feed: ChangeFeed;
  readonly relay: (changes: readonly OrderChange[]) => Promise<readonly RelayFailure[]>;
  readonly sweep: () => Promise<void>;
  readonly sweepIntervalMs: number;
  /** Compares the orders with the payment provider's books. One at a time, beside everything else. */
  readonly reconcile?: () => Promise<unknown>;
  readonly reconcileIntervalMs?: number;
}

/** Moves what is committed through the local platform: changes to the queues, messages to their handlers, and the sweeper. */
export interface Pump {
  /** Looks for work now, and from then on whenever something falls due. */
  start(): void;
  /** Says that there may be something to do. Cheap; may be called at any time. */
  wake(): void;
  /** Resolves when nothing is left to do before the clock moves on. Rejects once the pump is stopped. */
  idle(): Promise<void>;
  /** Takes nothing new, and resolves when what was begun has ended. What remains is there after a restart. */
  stop(): Promise<void>;
}

const RELAY_BATCH = 200;
/** Messages in work at once: enough to fill SQLite's group commits. */
const CONCURRENCY = 256;
const RELAY_RETRY_MS = 1_000;
/** How long a pump that cannot reach its stores lets them be. */
const FAILURE_PAUSE_MS = 1_000;
/** The longest nap, so that a jump of the machine's clock is noticed. */
const LONGEST_NAP_MS = 60_000;

export function pump(options: PumpOptions): Pump {
  const { clock, queue, feed, logger } = options;
  const inWork = new Set<Promise<void>>();
  let state: 'new' | 'running' | 'stopped' = 'new';
  let round: Promise<void> | undefined;
  let woken = false;
  let nap: NodeJS.Timeout | undefined;
  let nextSweep = clock.now() + options.sweepIntervalMs;
  let nextReconciliation = clock.now() + (options.reconcileIntervalMs ?? Number.POSITIVE_INFINITY);
  let relayNotBefore = 0;
  let pausedUntil = 0;
  const waiters: (() => void)[] = [];
  const stopping = Promise.withResolvers<void>();

  const wake = (): void => {
    woken = true;
    if (state !== 'running' || round) return;
    clearTimeout(nap);
    round = new Promise<void>((resolve) => setImmediate(resolve)).then(rounds).catch(failed).finally(rest);
  };

  async function rounds(): Promise<void> {
    while (woken && state === 'running' && clock.now() >= pausedUntil) {
      woken = false;
      if (clock.now() >= nextSweep) await sweep();
      if (clock.now() >= nextReconciliation) reconcile();
      if (state === 'running') await Promise.all([relay().catch(failed), take().catch(failed)]);
    }
  }

  /** Between rounds: wakes the waiters when all is done, and sleeps until something falls due. */
  function rest(): void {
    round = undefined;
    if (woken && clock.now() >= pausedUntil) {
      wake();
      return;
    }
    if (inWork.size === 0) {
      for (const resolve of waiters.splice(0)) resolve();
    }
    if (state === 'running') void scheduleNap();
  }

  async function scheduleNap(): Promise<void> {
    const wakeAt = await nextWork().catch(failed);
    if (round || state !== 'running') return;
    const now = clock.now();
    const until = pausedUntil > now ? pausedUntil : (wakeAt ?? now);
    clearTimeout(nap);
    nap = setTimeout(wake, Math.max(1, Math.min(until - now, LONGEST_NAP_MS)));
    nap.unref();
  }

  async function nextWork(): Promise<number> {
    // With all hands full there is no need to look: whoever is done first wakes the pump.
    const message = inWork.size < CONCURRENCY ? await queue.nextDueAt() : undefined;
    const relayAgain = relayNotBefore > clock.now() ? relayNotBefore : undefined;
    return Math.min(message ?? nextSweep, relayAgain ?? nextSweep, nextSweep, nextReconciliation);
  }

  async function sweep(): Promise<void> {
    nextSweep = clock.now() + options.sweepIntervalMs;
    try {
      await options.sweep();
    } catch (error) {
      logger.error(errorFields(error), 'sweep failed; the next one tries again');
    }
  }

  /** Takes as long as the provider does: orders do not wait for it, and the next one is counted from its end. */
  function reconcile(): void {
    nextReconciliation = Number.POSITIVE_INFINITY;
    const work = Promise.resolve(options.reconcile?.())
      .catch((error: unknown) => logger.error(errorFields(error), 'reconciliation failed; the next one tries again'))
      .then(() => {
        nextReconciliation = clock.now() + (options.reconcileIntervalMs ?? Number.POSITIVE_INFINITY);
        inWork.delete(work);
        wake();
      });
    inWork.add(work);
  }

  async function relay(): Promise<void> {
    if (clock.now() < relayNotBefore) return;
    const changes = await feed.pull(RELAY_BATCH);
    if (changes.length === 0) return;
    const ids = changes.map(({ id }) => id);
    const again = await relayed(changes);
    try {
      await feed.acknowledge(ids.filter((id) => !again.includes(id)));
    } catch (error) {
      // All of them are relayed again: better twice than not before a restart.
      await feed.release(ids);
      throw error;
    }
    if (again.length > 0) {
      await feed.release(again);
      relayNotBefore = clock.now() + RELAY_RETRY_MS;
    }
    if (changes.length === RELAY_BATCH) woken = true;
  }

  async function relayed(changes: readonly OrderChange[]): Promise<string[]> {
    try {
      return (await options.relay(changes)).map(({ change }) => change.id);
    } catch (error) {
      logger.error(errorFields(error), 'changes were not relayed; they are tried again');
      return changes.map(({ id }) => id);
    }
  }

  async function take(): Promise<void> {
    const room = CONCURRENCY - inWork.size;
    if (room <= 0) return;
    const messages = await queue.take(clock.now(), room);
    for (const message of messages) {
      const work = handle(message).finally(() => {
        inWork.delete(work);
        wake();
      });
      inWork.add(work);
    }
  }

  async function handle(message: Message): Promise<void> {
    const end = await deliver(options, message);
    for (;;) {
      try {
        await end();
        return;
      } catch (error) {
        // Until it is ended the message stays held; without this it would come back with a restart alone.
        const { id, queue: name, orderId } = message;
        logger.error({ ...errorFields(error), messageId: id, queue: name, orderId }, 'message could not be ended');
        if (state !== 'running') return;
        await Promise.race([clock.sleep(FAILURE_PAUSE_MS), stopping.promise]);
      }
    }
  }

  /** What could not be done is left to a later round. */
  function failed(error: unknown): undefined {
    logger.error(errorFields(error), 'local platform: a round failed; the next one goes on');
    pausedUntil = clock.now() + FAILURE_PAUSE_MS;
  }

  return {
    start() {
      state = 'running';
      wake();
    },
    wake,
    async idle() {
      if (state !== 'running') throw new Error('the pump is not running');
      await new Promise<void>((resolve) => {
        waiters.push(resolve);
        wake();
      });
    },
    async stop() {
      state = 'stopped';
      stopping.resolve();
      clearTimeout(nap);
      await round;
      await Promise.all(inWork);
      for (const resolve of waiters.splice(0)) resolve();
    },
  };
}
