import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { errorFields } from '../../shared/application/error-fields.ts';
import { consumerOfDeadLetterQueue, readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { aboutOf, bodyOf, lettersOf } from './consumer.ts';
import { type Platform, platformOf } from './platform.ts';

export interface DeadLettersClients {
  readonly dynamoDb: DynamoDBClient;
}

/** Brings what the queues have given up on to the list of dead letters, where operators find and redrive it. */
export function deadLettersFunction(
  environment: Environment,
  { dynamoDb }: DeadLettersClients,
  overrides: Partial<Platform> = {},
) {
  const settings = readAwsSettings('dead-letters', environment);
  const platform = platformOf('dead-letters', settings, overrides);
  const letters = lettersOf(dynamoDb, settings, platform);

  async function keep(record: SQSRecord): Promise<boolean> {
    const { messageId: id, eventSourceARN, body, attributes } = record;
    const queue = consumerOfDeadLetterQueue(eventSourceARN);
    const { orderId, correlationId } = aboutOf(body);
    const error = `given up on by its queue: its function ended before it did (see the logs of ${queue})`;
    const letter = { id, queue, orderId, correlationId, body: bodyOf(body), error };
    try {
      await letters.bury({
        ...letter,
        attempts: Number(attributes.ApproximateReceiveCount),
        failedAt: platform.clock.now(),
      });
      platform.logger.error({ queue, messageId: id, orderId, correlationId }, 'message moved to the dead letters');
      return true;
    } catch (failure) {
      platform.logger.error({ ...errorFields(failure), queue, messageId: id }, 'dead letter could not be kept');
      return false;
    }
  }

  return async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const kept = await Promise.all(records.map(keep));
    const failed = records.filter((_, index) => !kept[index]);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
