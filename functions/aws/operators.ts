import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import { dynamoDbInbox } from '../../shared/adapters/aws/dynamodb-inbox.ts';
import { snsNotificationSender } from '../../shared/adapters/aws/sns-notification-sender.ts';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { operatorsHandler } from '../events/operators.ts';
import { consumerFunction, lettersOf } from './consumer.ts';
import { type Platform, platformOf } from './platform.ts';

export interface OperatorsClients {
  readonly dynamoDb: DynamoDBClient;
  readonly sns: SNSClient;
}

/** Consumer `operators`: alerts the operators on their topic. */
export function operatorsFunction(
  environment: Environment,
  { dynamoDb: client, sns }: OperatorsClients,
  overrides: Partial<Platform> = {},
) {
  const settings = readAwsSettings('operators', environment);
  const platform = platformOf('operators', settings, overrides);
  const handle = operatorsHandler({
    logger: platform.logger,
    inbox: dynamoDbInbox({ client, table: settings.INBOX_TABLE, clock: platform.clock }),
    sender: snsNotificationSender({ client: sns, operatorsTopicArn: settings.OPERATORS_TOPIC_ARN }),
  });
  return consumerFunction({ queue: 'operators', handle, letters: lettersOf(client, settings, platform), platform });
}
