import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { LocalAdapters } from '../../functions/local/adapters.ts';
import { jsonLogger } from '../../functions/local/logger.ts';
import { type LocalServer, startLocal } from '../../functions/local/server.ts';
import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import type { EventPublisher, PublishableEvent } from '../../shared/ports/event-publisher.ts';
import { faultPlan } from '../faults.ts';
import { manualClock } from '../manual-clock.ts';
import type { Platform } from '../platform.ts';
import { movementsAt, type StripeAccount, subscribe } from './stripe-account.ts';

export interface LocalPlatformOptions {
  /** `memory` keeps nothing and is called in process; `sqlite` has a data file and is called over HTTP. */
  readonly storage: 'memory' | 'sqlite';
  /** `manual` time passes only by `advance` and `settle`; `system` time by itself. */
  readonly time: 'manual' | 'system';
  /** As in the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Takes the money in the simulated gateway's place. Wants `system` time: it is called over HTTP. */
  readonly stripe?: StripeAccount;
  /** Where the data file stands; a temporary folder of its own when left out, which `stop` removes. */
  readonly folder?: string;
}

/** The local platform under test: the real server, with its time, faults and published events in the test's hands. */
export async function localPlatform(options: LocalPlatformOptions): Promise<Platform> {
  const { storage, time, settings: environment = {} } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tricloud-orders-')));
  const dataFile = storage === 'memory' ? ':memory:' : join(folder, 'orders.sqlite');
  const { stripe } = options;
  const settings = readLocalSettings({
    PORT: '0',
    LOG_LEVEL: 'silent',
    ...environment,
    ...(stripe && { PAYMENTS: 'stripe', STRIPE_API_BASE: stripe.apiBase }),
    DATA_FILE: dataFile,
  });
  const manual = time === 'manual' ? manualClock(Date.parse('2026-01-15T18:00:00Z')) : undefined;
  const faults = faultPlan();
  const published = recorder();
  const kept: { adapters?: LocalAdapters } = {};
  const server = await startLocal({
    settings,
    logger: jsonLogger({ level: settings.logLevel }),
    clock: manual ?? systemClock(),
    adapt: (adapters) => {
      // The gateway's books and the notices are looked at from outside: no fault stands before them.
      const { ledger, notices, deadLetters } = adapters;
      kept.adapters = adapters;
      return { ...faults.wrap(adapters), ledger, notices, deadLetters };
    },
    publisher: published.record,
    ...(stripe && {
      secrets: environmentSecrets({
        STRIPE_SECRET_KEY: stripe.secretKey,
        STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      }),
    }),
  });
  if (stripe) await subscribe(stripe, server.url);
  const { adapters } = kept;
  if (!adapters) throw new Error('the platform did not open its adapters');
  const settle = manual ? settleByHand(server, manual) : settleInTime(server);
  return {
    name: `${storage}, ${time} time${stripe ? ', Stripe' : ''}`,
    times: settings,
    request: requester(server, storage),
    token: async (sub, groups) => (await server.container.issuer.token({ sub, ...(groups && { groups }) })).token,
    now: () => (manual ? manual.now() : Date.now()),
    async advance(ms) {
      if (!manual) return void (await pause(ms));
      manual.advance(ms);
      server.container.pump.wake();
      await settle();
    },
    settle,
    ledger: (orderId) => (stripe ? movementsAt(stripe, orderId) : adapters.ledger.movements(orderId)),
    notices: (orderId) => adapters.notices.sent(orderId),
    events: async (orderId) => published.events.filter((event) => event.orderId === orderId),
    deadLetters: async (orderId) =>
      (await adapters.deadLetters.list(orderId === undefined ? {} : { orderId }, { limit: 100 })).items,
    fault: faults.add,
    async stop() {
      await server.stop();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

function requester(server: LocalServer, storage: LocalPlatformOptions['storage']): Platform['request'] {
  if (storage === 'sqlite') return (path, init) => fetch(`${server.url}${path}`, init);
  return async (path, init) => server.container.fetch(new Request(`http://localhost${path}`, init));
}

/** Turns of the event loop after which whoever has not gone on is waiting for the clock. */
const QUIET_TURNS = 50;

function settleByHand({ container: { pump } }: LocalServer, clock: ReturnType<typeof manualClock>): Platform['settle'] {
  return async (until) => {
    for (;;) {
      const idle = await Promise.race([pump.idle().then(() => true), turns(QUIET_TURNS).then(() => false)]);
      if (until && (await until())) return;
      if (idle) return;
      clock.advanceToNextSleeper();
    }
  };
}

async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn();
}

const POLL_MS = 15;
const PATIENCE_MS = 30_000;

function settleInTime({ container: { pump } }: LocalServer): Platform['settle'] {
  return async (until) => {
    if (!until) return pump.idle();
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(POLL_MS)) {
      if (await until()) return;
    }
    throw new Error(`what was waited for did not happen within ${PATIENCE_MS / 1000} s`);
  };
}

function recorder(): { readonly events: PublishableEvent[]; record(inner: EventPublisher): EventPublisher } {
  const events: PublishableEvent[] = [];
  return {
    events,
    record: (inner) => ({
      async publish(batch) {
        const results = await inner.publish(batch);
        events.push(...batch.filter((_, index) => results[index]?.published));
        return results;
      },
    }),
  };
}
