import { randomBytes, randomUUID } from 'node:crypto';
import { createLocalJWKSet } from 'jose';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { hmacIds } from '../../shared/adapters/in-process/hmac-ids.ts';
import { queuedPublisher } from '../../shared/adapters/in-process/queued-publisher.ts';
import { queuedScheduler, SEGMENTS_QUEUE } from '../../shared/adapters/in-process/queued-scheduler.ts';
import type { LocalSettings } from '../../shared/config/settings.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../shared/domain/rules.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventPublisher } from '../../shared/ports/event-publisher.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Metrics } from '../../shared/ports/metrics.ts';
import type { NotificationSender } from '../../shared/ports/notification-sender.ts';
import { notifyHandler } from '../events/notify.ts';
import { operatorsHandler } from '../events/operators.ts';
import { receiptHandler } from '../events/receipt.ts';
import { relayHandler } from '../events/relay.ts';
import { createApp } from '../http/app.ts';
import { jwtAuthenticator } from '../http/auth.ts';
import { rememberTokens } from '../http/remember-tokens.ts';
import { reconcileHandler } from '../workflow/reconcile.ts';
import { segmentHandler } from '../workflow/segment.ts';
import { sweepHandler } from '../workflow/sweep.ts';
import type { LocalAdapters } from './adapters.ts';
import { type DevIssuer, devIssuer } from './dev-issuer.ts';
import { devRoutes } from './dev-routes.ts';
import { docsAsset } from './docs-asset.ts';
import { type Pump, pump } from './pump.ts';
import { wakingOrderStore } from './waking-order-store.ts';

export interface LocalParts {
  readonly settings: LocalSettings;
  readonly adapters: LocalAdapters;
  readonly sender: NotificationSender;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What lies between the relay and the queues; tests look in here. */
  readonly publisher?: (inner: EventPublisher) => EventPublisher;
}

export interface LocalContainer {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly pump: Pump;
  readonly issuer: DevIssuer;
}

/** Wires the local platform: the same handlers as on every cloud, over this machine's adapters. */
export async function localContainer(parts: LocalParts): Promise<LocalContainer> {
  const { adapters, clock, settings } = parts;
  const issuer = await devIssuer({ secret: adapters.secret, clock });
  const ids = hmacIds({
    pepper: await adapters.secret('order-id-pepper', randomBytes(32).toString('base64url')),
    environment: 'local',
  });
  // The pump is made of handlers that wake it: it exists by the time that one is called.
  const running: { pump?: Pump } = {};
  const orders = wakingOrderStore(adapters.orders, () => running.pump?.wake());
  const publisher = publisherOf(parts);
  const metrics = countingMetrics();
  const platform = { ...parts, publisher, metrics, adapters: { ...adapters, orders } };
  running.pump = localPump(platform);
  const app = createApp({
    ...platform.adapters,
    ids,
    clock,
    logger: parts.logger,
    metrics,
    authenticate: localAuthenticator(issuer, clock),
    corsOrigins: settings.corsOrigins,
    newRequestId: randomUUID,
    docsAsset,
    operations: {
      deadLetters: adapters.deadLetters,
      publisher: platform.publisher,
      thresholds: thresholdsOf(settings),
    },
    provider: { ...platform.adapters, times: settings },
  });
  const { notices, deadLetters, ledger } = adapters;
  const simulated = settings.payments === 'simulated';
  app.route('/dev', devRoutes({ notices, deadLetters, issuer, metrics, ...(simulated && { ledger }) }));
  return { fetch: (request) => app.fetch(request), pump: running.pump, issuer };
}

function publisherOf({ adapters, clock, publisher = (inner) => inner }: LocalParts): EventPublisher {
  return publisher(queuedPublisher({ queue: adapters.queue, clock }));
}

type Platform = Omit<LocalParts, 'publisher'> & { readonly publisher: EventPublisher; readonly metrics: Metrics };

function localPump({ adapters, settings, sender, clock, logger, publisher, metrics }: Platform): Pump {
  const thresholds = thresholdsOf(settings);
  const scheduler = queuedScheduler({ queue: adapters.queue, clock });
  const { noticeMaxAgeMs } = settings;
  const ports = { ...adapters, sender, clock, logger, metrics, thresholds, scheduler, noticeMaxAgeMs };
  return pump({
    ...ports,
    relay: relayHandler({ ...ports, publisher }),
    handlers: {
      notify: notifyHandler(ports),
      receipt: receiptHandler(ports),
      operators: operatorsHandler(ports),
      [SEGMENTS_QUEUE]: segmentHandler({ ...ports, times: settings, retryBaseMs: settings.retryBaseMs }),
    },
    sweep: sweepHandler(ports),
    sweepIntervalMs: settings.sweepIntervalMs,
    reconcile: reconcileHandler({ ...ports, times: settings }),
    reconcileIntervalMs: settings.reconcileIntervalMs,
    retryBaseMs: settings.retryBaseMs,
  });
}

function localAuthenticator(issuer: DevIssuer, clock: Clock) {
  const verified = jwtAuthenticator({
    issuer: issuer.issuer,
    audience: issuer.audience,
    audienceClaim: 'aud',
    keys: createLocalJWKSet({ keys: [issuer.publicKey] }),
    algorithms: [issuer.algorithm],
    groupsClaim: 'groups',
    clock,
  });
  return rememberTokens(verified, { clock });
}

function thresholdsOf({ approvalThreshold, highValueThreshold }: LocalSettings): Thresholds {
  return {
    approval: { ...DEFAULT_THRESHOLDS.approval, default: approvalThreshold },
    highValue: { ...DEFAULT_THRESHOLDS.highValue, default: highValueThreshold },
  };
}
