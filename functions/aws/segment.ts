import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { segmentStepHandler } from '../workflow/segment-step.ts';
import { paymentsOf } from './payments.ts';
import { ordersOf, type Platform, platformOf, secretsOf, thresholdsOf } from './platform.ts';

export interface SegmentClients {
  readonly dynamoDb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
}

/** One step of a segment, called by the state machine. */
export function segmentFunction(environment: Environment, clients: SegmentClients, overrides: Partial<Platform> = {}) {
  const settings = readAwsSettings('segment', environment);
  const platform = platformOf('segment', settings, overrides);
  const { dynamoDb, secretsManager } = clients;
  const secrets = secretsOf(secretsManager, platform.clock);
  const { payments } = paymentsOf(settings, { dynamoDb, secrets, clock: platform.clock });
  return segmentStepHandler({
    ...platform,
    orders: ordersOf(dynamoDb, settings),
    payments,
    thresholds: thresholdsOf(settings),
    times: settings,
  });
}
