import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { reconcileHandler } from '../workflow/reconcile.ts';
import { paymentsOf } from './payments.ts';
import { ordersOf, type Platform, platformOf, secretsOf } from './platform.ts';

export interface ReconcileClients {
  readonly dynamoDb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
}

/** Every day: compares recent payments with their orders. */
export function reconcileFunction(
  environment: Environment,
  { dynamoDb, secretsManager }: ReconcileClients,
  overrides: Partial<Platform> = {},
) {
  const settings = readAwsSettings('reconcile', environment);
  const platform = platformOf('reconcile', settings, overrides);
  const secrets = secretsOf(secretsManager, platform.clock);
  return reconcileHandler({
    ...platform,
    ...paymentsOf(settings, { dynamoDb, secrets, clock: platform.clock }),
    orders: ordersOf(dynamoDb, settings),
    times: settings,
  });
}
