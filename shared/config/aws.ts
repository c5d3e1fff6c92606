import { z } from 'zod';
import {
  type Environment,
  LOG_LEVEL_SETTING,
  PAYMENT_SETTINGS,
  readEnvironment,
  type Settings,
  SHARED_SETTINGS,
  SMTP_FROM_SETTING,
  sharedSettings,
} from './settings.ts';

const name = z.string('is missing').regex(/^[A-Za-z0-9._:/-]{1,256}$/, 'must be a name or an ARN');
const url = z.url({ protocol: /^https?$/, error: 'must be a URL' });

/** What a function on AWS is told by its environment, beside the settings of every platform. Secrets are names, never values. */
const RESOURCES = {
  /** Names the deployment: it keeps order ids and payments of two of them apart. */
  ENVIRONMENT: z.string('is missing').regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z 0-9 -'),
  LOG_LEVEL: LOG_LEVEL_SETTING,
  ORDERS_TABLE: name,
  RESTAURANTS_TABLE: name,
  INBOX_TABLE: name,
  DEAD_LETTERS_TABLE: name,
  /** The simulated gateway's books. */
  LEDGER_TABLE: name.optional(),
  EVENT_BUS: name,
  STATE_MACHINE_ARN: name,
  SCHEDULE_GROUP: name,
  SCHEDULE_ROLE_ARN: name,
  RECEIPTS_BUCKET: name,
  OPERATORS_TOPIC_ARN: name,
  NOTIFY_QUEUE_URL: url,
  RECEIPT_QUEUE_URL: url,
  OPERATORS_QUEUE_URL: url,
  /** The secret that order ids and cursors are made with; it never changes. */
  PEPPER_SECRET: name,
  STRIPE_KEY_SECRET: name.optional(),
  STRIPE_WEBHOOK_SECRET: name.optional(),
  /** The secret with the mail server's address and password, for example `smtps://user:password@mail.example`. */
  SMTP_SECRET: name,
  SMTP_FROM: SMTP_FROM_SETTING,
  /** Of the issuer of tokens, a Cognito user pool. */
  JWT_ISSUER: url,
  JWT_AUDIENCE: name,
  ...PAYMENT_SETTINGS,
};
type ResourceKey = keyof typeof RESOURCES;

const EVERY = ['ENVIRONMENT', 'LOG_LEVEL'] as const;
const PAYMENT = ['PAYMENTS', 'STRIPE_API_BASE', 'STRIPE_KEY_SECRET', 'LEDGER_TABLE'] as const;
const SIGN_IN = ['PEPPER_SECRET', 'JWT_ISSUER', 'JWT_AUDIENCE'] as const;

/** Which of them each function reads: a deployment sets exactly these. */
export const AWS_FUNCTION_KEYS = {
  api: [...EVERY, ...SIGN_IN, 'ORDERS_TABLE', 'RESTAURANTS_TABLE', 'RECEIPTS_BUCKET'],
  operations: [
    ...EVERY,
    ...SIGN_IN,
    ...PAYMENT,
    'STRIPE_WEBHOOK_SECRET',
    'ORDERS_TABLE',
    'RESTAURANTS_TABLE',
    'RECEIPTS_BUCKET',
    'INBOX_TABLE',
    'DEAD_LETTERS_TABLE',
    'EVENT_BUS',
    'NOTIFY_QUEUE_URL',
    'RECEIPT_QUEUE_URL',
    'OPERATORS_QUEUE_URL',
  ],
  relay: [...EVERY, 'EVENT_BUS', 'STATE_MACHINE_ARN', 'SCHEDULE_GROUP', 'SCHEDULE_ROLE_ARN'],
  segment: [...EVERY, ...PAYMENT, 'ORDERS_TABLE'],
  sweep: [...EVERY, 'ORDERS_TABLE', 'STATE_MACHINE_ARN', 'SCHEDULE_GROUP', 'SCHEDULE_ROLE_ARN'],
  notify: [
    ...EVERY,
    'ORDERS_TABLE',
    'RESTAURANTS_TABLE',
    'INBOX_TABLE',
    'DEAD_LETTERS_TABLE',
    'SMTP_SECRET',
    'SMTP_FROM',
  ],
  receipt: [...EVERY, 'ORDERS_TABLE', 'RECEIPTS_BUCKET', 'DEAD_LETTERS_TABLE'],
  operators: [...EVERY, 'INBOX_TABLE', 'DEAD_LETTERS_TABLE', 'OPERATORS_TOPIC_ARN'],
  'dead-letters': [...EVERY, 'DEAD_LETTERS_TABLE'],
  reconcile: [...EVERY, ...PAYMENT, 'ORDERS_TABLE'],
} as const satisfies Record<string, readonly ResourceKey[]>;
export type AwsFunction = keyof typeof AWS_FUNCTION_KEYS;

/** The settings of every platform, and the resources of this function. */
export type AwsSettings<Name extends AwsFunction> = Settings & {
  readonly [Key in (typeof AWS_FUNCTION_KEYS)[Name][number]]: z.output<(typeof RESOURCES)[Key]>;
};

/** Reads what `fn` needs of the environment, and nothing else. Throws one SettingsError that names every key that is wrong. */
export function readAwsSettings<Name extends AwsFunction>(fn: Name, environment: Environment): AwsSettings<Name> {
  const keys: readonly ResourceKey[] = AWS_FUNCTION_KEYS[fn];
  const shape = Object.fromEntries(keys.map((key) => [key, RESOURCES[key]]));
  const resources = readEnvironment(environment, shape);
  const shared = sharedSettings(readEnvironment(environment, SHARED_SETTINGS));
  return { ...shared, ...resources } as AwsSettings<Name>;
}

/** A message is handed to its consumer this often; then it is a dead letter. The queues are set to the same number. */
export const MAX_RECEIVES = 3;

/** The name of a consumer's dead-letter queue in a deployment. */
export function deadLetterQueueName(deployment: string, consumer: string): string {
  return `${deployment}-${consumer}-dead-letters`;
}

const DEAD_LETTER_QUEUE = /-([a-z]+)-dead-letters$/;

/** Whose dead-letter queue it is, by its ARN or name. */
export function consumerOfDeadLetterQueue(queue: string): string {
  return DEAD_LETTER_QUEUE.exec(queue)?.[1] ?? 'unknown';
}
