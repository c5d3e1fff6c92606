import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Actor } from '../../shared/application/actor.ts';
import type { Thresholds } from '../../shared/domain/rules.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { EventPublisher } from '../../shared/ports/event-publisher.ts';
import type { Ids } from '../../shared/ports/ids.ts';
import type { Inbox } from '../../shared/ports/inbox.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Metrics } from '../../shared/ports/metrics.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import type { PaymentNewsReader } from '../../shared/ports/payment-news.ts';
import type { PaymentRecords } from '../../shared/ports/payment-records.ts';
import type { ReceiptStore } from '../../shared/ports/receipt-store.ts';
import type { RestaurantCatalog } from '../../shared/ports/restaurant-catalog.ts';
import type { WorkflowTimes } from '../../shared/workflow/interpreter.ts';
import type { Authenticator } from './auth.ts';
import type { ProblemCode } from './problem-codes.ts';

/** What operators need beside the orders: for the routes under `/v1/operations`. */
export interface OperationsDeps {
  readonly deadLetters: DeadLetters;
  readonly publisher: EventPublisher;
  readonly thresholds: Thresholds;
}

/** A payment provider that posts its news here, and its books to compare the orders with. */
export interface ProviderDeps {
  /** Left out where the provider posts nothing. */
  readonly news?: PaymentNewsReader;
  readonly records: PaymentRecords;
  readonly payments: PaymentGateway;
  readonly inbox: Inbox;
  readonly times: WorkflowTimes;
}

/** What a platform gives the HTTP API. */
export interface AppDeps {
  readonly orders: OrderStore;
  readonly restaurants: RestaurantCatalog;
  readonly receipts: ReceiptStore;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly authenticate: Authenticator;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Makes an id for a request that brings none: up to 64 of `A-Z a-z 0-9 . _ -`. */
  readonly newRequestId: () => string;
  /** Web origins that browsers may call from, compared exactly. */
  readonly corsOrigins: readonly string[];
  /** Reads `swagger-ui.css`, `swagger-ui-bundle.js` or `favicon-32x32.png` of swagger-ui-dist. Without it there is no `/docs`. */
  readonly docsAsset?: (name: string) => Promise<Uint8Array | undefined>;
  /**
   * Without it there is nothing under `/v1/operations`. It wants rights that customers' requests never need, so a platform may
   * serve these routes from a function of its own.
   */
  readonly operations?: OperationsDeps;
  /** Without it no news are taken, and operators cannot reconcile. */
  readonly provider?: ProviderDeps;
  /** Rejects while the platform cannot serve; `GET /healthz` then answers 503. */
  readonly ready?: () => Promise<void>;
}

export interface AppEnv {
  Variables: {
    /** Goes with the answer, the logs and every problem. */
    requestId: string;
    /** Who is asking; set for everything under `/v1`. */
    actor: Actor;
    /** For the access log, where known. */
    orderId?: string;
    /** For the access log, when the answer is a problem. */
    problemCode?: ProblemCode;
  };
}

export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;
