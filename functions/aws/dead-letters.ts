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

/**
 * What a rule of the bus could not deliver comes in an envelope, with the reason in the message's attributes; what a consumer's queue
 * gives up on is the event alone, as the rule made it. Source: docs.aws.amazon.com/eventbridge, "Using dead-letter queues".
 */
function undeliveredOf({
  body,
  messageAttributes,
}: SQSRecord): { readonly event: string; readonly error: string } | undefined {
  const envelope = bodyOf(body);
  if (typeof envelope !== 'object' || envelope === null) return undefined;
  if (!('detail-type' in envelope && 'detail' in envelope)) return undefined;
  const told = ['ERROR_CODE', 'ERROR_MESSAGE'].flatMap((name) => messageAttributes[name]?.stringValue ?? []);
  return {
    event: JSON.stringify(envelope.detail),
    error: `not delivered by the bus: ${told.join(': ') || 'no reason given'}`,
  };
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
    const { event, error } = undeliveredOf(record) ?? {
      event: body,
      error: `given up on by its queue: its function ended before it did (see the logs of ${queue})`,
    };
    const { orderId, correlationId } = aboutOf(event);
    const letter = { id, queue, orderId, correlationId, body: bodyOf(event), error };
    try {
      await letters.bury({
        ...letter,
        attempts: Number(attributes.ApproximateReceiveCount),
        failedAt: platform.clock.now(),
      });
      platform.metrics.count('DeadLetters');
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
