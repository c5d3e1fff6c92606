import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { dynamoDbDeadLetters } from '../../shared/adapters/aws/dynamodb-dead-letters.ts';
import { dynamoDbInbox } from '../../shared/adapters/aws/dynamodb-inbox.ts';
import { eventBridgeEventPublisher } from '../../shared/adapters/aws/eventbridge-event-publisher.ts';
import { sqsSender } from '../../shared/adapters/aws/sqs-sender.ts';
import { stripeNewsReader } from '../../shared/adapters/stripe/stripe-news-reader.ts';
import { type AwsSettings, readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { createApp } from '../http/app.ts';
import type { OperationsDeps, ProviderDeps } from '../http/app-context.ts';
import { appDepsOf, type HttpClients, type HttpFunction, httpFunction } from './http.ts';
import { paymentsOf } from './payments.ts';
import { cursorKeyOf, type Platform, platformOf, secretsOf, thresholdsOf } from './platform.ts';

export interface OperationsClients extends HttpClients {
  readonly eventBridge: EventBridgeClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
}

/** The routes for operators and the payment provider's webhooks, with the rights that customers' requests never need. */
export function operationsFunction(
  environment: Environment,
  clients: OperationsClients,
  overrides: Partial<Platform> = {},
): HttpFunction {
  const settings = readAwsSettings('operations', environment);
  const platform = platformOf('operations', settings, overrides);
  const secrets = secretsOf(clients.secretsManager, platform.clock);
  return httpFunction(async () => {
    const pepper = await secrets.get(settings.PEPPER_SECRET);
    return createApp({
      ...appDepsOf(settings, clients, platform, pepper),
      operations: operationsOf(settings, clients, platform, cursorKeyOf(pepper)),
      provider: providerOf(settings, clients, platform, secrets),
    });
  }, platform);
}

function operationsOf(
  settings: AwsSettings<'operations'>,
  { dynamoDb, eventBridge, sqs }: OperationsClients,
  { clock }: Platform,
  cursorKey: Uint8Array,
): OperationsDeps {
  const queueUrls = {
    notify: settings.NOTIFY_QUEUE_URL,
    receipt: settings.RECEIPT_QUEUE_URL,
    operators: settings.OPERATORS_QUEUE_URL,
  };
  return {
    deadLetters: dynamoDbDeadLetters({
      client: dynamoDb,
      table: settings.DEAD_LETTERS_TABLE,
      cursorKey,
      clock,
      send: sqsSender({ client: sqs, queueUrls }),
    }),
    publisher: eventBridgeEventPublisher({ client: eventBridge, bus: settings.EVENT_BUS }),
    thresholds: thresholdsOf(settings),
  };
}

function providerOf(
  settings: AwsSettings<'operations'>,
  { dynamoDb }: OperationsClients,
  { clock }: Platform,
  secrets: Secrets,
): ProviderDeps {
  const secretName = settings.STRIPE_WEBHOOK_SECRET;
  return {
    ...paymentsOf(settings, { dynamoDb, secrets, clock }),
    ...(secretName !== undefined && { news: stripeNewsReader({ secrets, secretName, clock }) }),
    inbox: dynamoDbInbox({ client: dynamoDb, table: settings.INBOX_TABLE, clock }),
    times: settings,
  };
}
