import type * as pulumi from '@pulumi/pulumi';
import { AWS_FUNCTION_KEYS, type AwsFunction } from '../../shared/config/aws.ts';
import type { StackConfig } from '../config.ts';
import type { Resources, WorkflowResources } from './resources.ts';

type Values = Readonly<Record<string, pulumi.Input<string> | undefined>>;

/** The environment of a function: the settings of every platform, and of the resources exactly those that it reads. */
export function environmentOf(
  fn: AwsFunction,
  config: StackConfig,
  resources: Resources,
  workflow?: WorkflowResources,
): Readonly<Record<string, pulumi.Input<string>>> {
  const values = { ...resourceValues(config, resources), ...(workflow && workflowValues(workflow)) };
  const own = AWS_FUNCTION_KEYS[fn].map((key) => [key, values[key]] as const);
  const given = [...Object.entries(settingValues(config)), ...own].filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Record<string, pulumi.Input<string>>;
}

function settingValues(config: StackConfig): Values {
  return {
    APPROVAL_THRESHOLD: String(config.approvalThreshold),
    HIGH_VALUE_THRESHOLD: String(config.highValueThreshold),
    CONFIRMATION_TIMEOUT_MS: String(config.confirmationTimeoutMs),
    APPROVAL_TIMEOUT_MS: String(config.approvalTimeoutMs),
    NOTICE_MAX_AGE_MS: String(config.noticeMaxAgeMs),
    // Set to nothing it counts as not set, and Lambda keeps no empty values.
    ...(config.corsOrigins !== '' && { CORS_ORIGINS: config.corsOrigins }),
  };
}

function resourceValues(config: StackConfig, resources: Resources): Values {
  const { store, secrets, storage, notifications, events, identity } = resources;
  return {
    ENVIRONMENT: config.environment,
    LOG_LEVEL: 'info',
    ORDERS_TABLE: store.orders.name,
    RESTAURANTS_TABLE: store.restaurants.name,
    INBOX_TABLE: store.inbox.name,
    DEAD_LETTERS_TABLE: store.deadLetters.name,
    LEDGER_TABLE: store.ledger?.name,
    EVENT_BUS: events.bus.name,
    RECEIPTS_BUCKET: storage.receipts.bucket,
    OPERATORS_TOPIC_ARN: notifications.operators.arn,
    NOTIFY_QUEUE_URL: events.consumers.notify.queue.url,
    RECEIPT_QUEUE_URL: events.consumers.receipt.queue.url,
    OPERATORS_QUEUE_URL: events.consumers.operators.queue.url,
    PEPPER_SECRET: secrets.pepper.name,
    STRIPE_KEY_SECRET: secrets.stripeKey?.name,
    STRIPE_WEBHOOK_SECRET: secrets.stripeWebhook?.name,
    SMTP_SECRET: secrets.smtp.name,
    SMTP_FROM: config.smtpFrom,
    PAYMENTS: config.payments,
    JWT_ISSUER: identity.issuer,
    JWT_AUDIENCE: identity.client.id,
  };
}

function workflowValues({ machine, timers, timersRole }: WorkflowResources): Values {
  return { STATE_MACHINE_ARN: machine.arn, SCHEDULE_GROUP: timers.name, SCHEDULE_ROLE_ARN: timersRole.arn };
}
