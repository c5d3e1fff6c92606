import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';
import { dynamoDbInbox } from '../../shared/adapters/aws/dynamodb-inbox.ts';
import { dynamoDbRestaurantCatalog } from '../../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import { snsNotificationSender } from '../../shared/adapters/aws/sns-notification-sender.ts';
import { smtpNotificationSender } from '../../shared/adapters/smtp/smtp-notification-sender.ts';
import { type AwsSettings, readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import type { NotificationSender } from '../../shared/ports/notification-sender.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { notifyHandler } from '../events/notify.ts';
import { consumerFunction, lettersOf } from './consumer.ts';
import { once, ordersOf, type Platform, platformOf, secretsOf } from './platform.ts';

export interface NotifyClients {
  readonly dynamoDb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sns: SNSClient;
}

/** Consumer `notify`: mail by SMTP, text messages by SNS. */
export function notifyFunction(environment: Environment, clients: NotifyClients, overrides: Partial<Platform> = {}) {
  const settings = readAwsSettings('notify', environment);
  const platform = platformOf('notify', settings, overrides);
  const { dynamoDb: client, secretsManager, sns } = clients;
  const { INBOX_TABLE, RESTAURANTS_TABLE, noticeMaxAgeMs } = settings;
  const handle = notifyHandler({
    ...platform,
    orders: ordersOf(client, settings),
    restaurants: dynamoDbRestaurantCatalog({ client, table: RESTAURANTS_TABLE, cursorKey: new Uint8Array() }),
    inbox: dynamoDbInbox({ client, table: INBOX_TABLE, clock: platform.clock }),
    sender: senderOf(settings, sns, secretsOf(secretsManager, platform.clock)),
    noticeMaxAgeMs,
  });
  return consumerFunction({ queue: 'notify', handle, letters: lettersOf(client, settings, platform), platform });
}

function senderOf(settings: AwsSettings<'notify'>, sns: SNSClient, secrets: Secrets): NotificationSender {
  const { SMTP_SECRET: secretName, SMTP_FROM: from } = settings;
  const texts = snsNotificationSender({ client: sns });
  const mail = once(async () => smtpNotificationSender({ url: await secrets.get(secretName), from }));
  return {
    async send(notice) {
      await (notice.channel === 'email' ? await mail() : texts).send(notice);
    },
  };
}
