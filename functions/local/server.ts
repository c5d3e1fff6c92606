import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type ServerType, serve } from '@hono/node-server';
import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import { smtpNotificationSender } from '../../shared/adapters/smtp/smtp-notification-sender.ts';
import type { LocalSettings } from '../../shared/config/settings.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { NotificationSender } from '../../shared/ports/notification-sender.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { type LocalAdapters, openAdapters } from './adapters.ts';
import { type LocalContainer, type LocalParts, localContainer } from './container.ts';
import { withStripe } from './payments.ts';
import { seedRestaurants } from './restaurants.ts';

export interface LocalServer {
  readonly url: string;
  readonly container: LocalContainer;
  /** Answers what was begun, takes nothing new, and leaves what remains in the data file. */
  stop(): Promise<void>;
}

export interface LocalServerOptions {
  readonly settings: LocalSettings;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** For `PAYMENTS=stripe`. */
  readonly secrets?: Secrets;
  /** Puts something between the platform and its adapters; tests do. */
  readonly adapt?: (adapters: LocalAdapters) => LocalAdapters;
  readonly publisher?: LocalParts['publisher'];
}

const HOST = '127.0.0.1';
/** How long requests that were begun, and then messages that were, may take to end. */
const DRAIN_MS = 5_000;

/** Starts the local platform: opens its data, serves the API on loopback, and gets on with whatever was left to do. */
export async function startLocal(options: LocalServerOptions): Promise<LocalServer> {
  const { settings, logger, clock = systemClock(), adapt = (same) => same, publisher } = options;
  const running: { container?: LocalContainer } = {};
  const onEnqueue = () => running.container?.pump.wake();
  const opened = openAdapters(settings.dataFile, { clock, onEnqueue });
  try {
    const adapters = adapt(await withProvider(opened, options, clock));
    await seedRestaurants(adapters.restaurants);
    const sender = localSender(settings, adapters);
    const container = await localContainer({
      settings,
      adapters,
      sender,
      clock,
      logger,
      ...(publisher && { publisher }),
    });
    running.container = container;
    const server = await listen(container, settings.port);
    container.pump.start();
    return { url: urlOf(server), container, stop: () => stop(server, container, [sender, adapters]) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function withProvider(opened: LocalAdapters, options: LocalServerOptions, clock: Clock): Promise<LocalAdapters> {
  const { settings, secrets = environmentSecrets({}) } = options;
  return settings.payments === 'stripe' ? withStripe(opened, { settings, secrets, clock }) : opened;
}

type LocalSender = NotificationSender & { close(): void };

/** Every notice goes into the log; mail also leaves by SMTP where a server is set. */
function localSender({ smtpUrl, smtpFrom }: LocalSettings, { notices }: LocalAdapters): LocalSender {
  const mail = smtpUrl === undefined ? undefined : smtpNotificationSender({ url: smtpUrl, from: smtpFrom });
  return {
    async send(notice) {
      if (notice.channel === 'email') await mail?.send(notice);
      await notices.send(notice);
    },
    close: () => mail?.close(),
  };
}

function listen({ fetch }: LocalContainer, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: HOST }, () => resolve(server));
    server.once('error', reject);
  });
}

function urlOf(server: ServerType): string {
  const { port } = server.address() as AddressInfo;
  return `http://${HOST}:${port}`;
}

async function stop(server: ServerType, { pump }: LocalContainer, rest: readonly { close(): unknown }[]) {
  await new Promise<void>((resolve) => {
    const cut = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
  // A task's pause may be long; what it holds is there again after a restart.
  await Promise.race([pump.stop(), pause(DRAIN_MS, undefined, { ref: false })]);
  for (const part of rest) await part.close();
}
