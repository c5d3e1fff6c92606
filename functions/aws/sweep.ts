import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { sweepHandler } from '../workflow/sweep.ts';
import { ordersOf, type Platform, platformOf } from './platform.ts';
import { type SchedulerClients, schedulerOf } from './scheduler.ts';

export interface SweepClients extends SchedulerClients {
  readonly dynamoDb: DynamoDBClient;
}

/** Every minute: starts orders that are past due again. */
export function sweepFunction(environment: Environment, clients: SweepClients, overrides: Partial<Platform> = {}) {
  const settings = readAwsSettings('sweep', environment);
  const platform = platformOf('sweep', settings, overrides);
  const scheduler = schedulerOf(settings, clients, platform.clock);
  return sweepHandler({ ...platform, orders: ordersOf(clients.dynamoDb, settings), scheduler });
}
