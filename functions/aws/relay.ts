import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { type Item, orderChangeOf } from '../../shared/adapters/aws/dynamodb-order-item.ts';
import { eventBridgeEventPublisher } from '../../shared/adapters/aws/eventbridge-event-publisher.ts';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import type { OrderChange } from '../../shared/domain/change.ts';
import { relayHandler } from '../events/relay.ts';
import { type Platform, platformOf, thresholdsOf } from './platform.ts';
import { schedulerOf } from './scheduler.ts';

export interface RelayClients {
  readonly eventBridge: EventBridgeClient;
  readonly scheduler: SchedulerClient;
  readonly stepFunctions: SFNClient;
}

/**
 * Relays what the orders table's stream brings. Answers the records that have to come again. A record that cannot be read is one of
 * them: it holds up its shard until code that can read it is there, or the stream gives it up to its on-failure destination. It may
 * be an order that a later version wrote; passing it over would lose its events.
 */
export function relayFunction(environment: Environment, clients: RelayClients, overrides: Partial<Platform> = {}) {
  const settings = readAwsSettings('relay', environment);
  const platform = platformOf('relay', settings, overrides);
  const relay = relayHandler({
    ...platform,
    publisher: eventBridgeEventPublisher({ client: clients.eventBridge, bus: settings.EVENT_BUS }),
    scheduler: schedulerOf(settings, clients, platform.clock),
    thresholds: thresholdsOf(settings),
  });

  return async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const failed = new Set<string>();
    const changes = new Map<OrderChange, string>();
    for (const record of records) {
      const sequence = record.dynamodb?.SequenceNumber ?? '';
      try {
        const change = changeOf(record);
        if (change) changes.set(change, sequence);
      } catch {
        platform.logger.error({ sequence }, 'a record of the stream is no order');
        failed.add(sequence);
      }
    }
    const failures = await relay([...changes.keys()]);
    for (const { change } of failures) failed.add(changes.get(change) ?? '');
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** Nothing for an order that was removed. */
function changeOf({ dynamodb }: DynamoDBRecord): OrderChange | undefined {
  return dynamodb?.NewImage && orderChangeOf(dynamodb.NewImage as Item);
}
