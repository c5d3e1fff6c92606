import { createHmac } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { pino } from 'pino';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { emfMetrics } from '../../shared/adapters/aws/emf-metrics.ts';
import { secretsManagerSecrets } from '../../shared/adapters/aws/secrets-manager-secrets.ts';
import { cachedSecrets } from '../../shared/adapters/in-process/cached-secrets.ts';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import type { AwsFunction } from '../../shared/config/aws.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../shared/domain/rules.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Metrics } from '../../shared/ports/metrics.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';

/** What surrounds every function: its time, its log and its metrics. */
export interface Platform {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Where metrics are found in CloudWatch. */
const METRICS_NAMESPACE = 'TricloudOrders';

export function platformOf(
  fn: AwsFunction,
  { ENVIRONMENT: environment, LOG_LEVEL: level }: { readonly ENVIRONMENT: string; readonly LOG_LEVEL: string },
  overrides: Partial<Platform> = {},
): Platform {
  const { clock = systemClock() } = overrides;
  const write = (line: string) => void process.stdout.write(line);
  const dimensions = { Environment: environment, Function: fn };
  return {
    clock,
    logger: overrides.logger ?? pino({ level, base: { function: fn, environment } }),
    metrics: overrides.metrics ?? emfMetrics({ namespace: METRICS_NAMESPACE, dimensions, clock, write }),
  };
}

/** The orders, for a function that makes no lists. */
export function ordersOf(
  client: DynamoDBClient,
  { ORDERS_TABLE: table }: { readonly ORDERS_TABLE: string },
): OrderStore {
  return dynamoDbOrderStore({ client, table, cursorKey: new Uint8Array() });
}

export function secretsOf(client: SecretsManagerClient, clock: Clock): Secrets {
  return cachedSecrets({ secrets: secretsManagerSecrets({ client }), clock });
}

/** Signs the cursors of lists: the same in all functions of a deployment, and nobody else's. */
export function cursorKeyOf(pepper: string): Uint8Array {
  return createHmac('sha256', pepper).update('cursors').digest();
}

export function thresholdsOf({ approvalThreshold, highValueThreshold }: Settings): Thresholds {
  return {
    approval: { ...DEFAULT_THRESHOLDS.approval, default: approvalThreshold },
    highValue: { ...DEFAULT_THRESHOLDS.highValue, default: highValueThreshold },
  };
}

/** Makes it once, at the first call; one that failed is made anew. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
