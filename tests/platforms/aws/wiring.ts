import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { type StateMachine, stateMachine } from '../../../infra/aws/state-machine.ts';
import {
  DEAD_LETTERS_TABLE,
  INBOX_TABLE,
  LEDGER_TABLE,
  ORDERS_TABLE,
  RESTAURANTS_TABLE,
} from '../../../shared/adapters/aws/dynamodb-tables.ts';
import { type EventPattern, eventPatternOf } from '../../../shared/adapters/aws/event-patterns.ts';
import { type AwsFunction, deadLetterQueueName, MAX_RECEIVES } from '../../../shared/config/aws.ts';
import { readLocalSettings } from '../../../shared/config/settings.ts';
import { CONSUMERS, type Consumer } from '../../../shared/domain/rules.ts';
import { FUNCTION_ARN } from '../../emulators/aws/state-machine.ts';
import { tableInput } from '../../emulators/aws/tables.ts';

const TABLES = {
  orders: ORDERS_TABLE,
  restaurants: RESTAURANTS_TABLE,
  inbox: INBOX_TABLE,
  'dead-letters': DEAD_LETTERS_TABLE,
  ledger: LEDGER_TABLE,
} as const;

export interface PlannedQueue {
  readonly queue: string;
  readonly dead: string;
  readonly maxReceives: number;
}

export interface PlannedRule {
  readonly pattern: EventPattern;
  readonly queue: string;
  /** What of an event is handed over: `$.detail`, or all of it where it is absent. */
  readonly inputPath?: string;
}

/** What a deployment is made of, by name, and what each function is told of it. Addresses and keys are whoever makes it to fill in. */
export interface AwsWiring {
  /** `orders`, `restaurants`, `inbox`, `dead-letters`, and where payments are simulated `ledger`. */
  readonly tables: Readonly<Record<string, CreateTableCommandInput>>;
  readonly queues: Readonly<Record<Consumer, PlannedQueue>>;
  readonly rules: readonly PlannedRule[];
  /** Their names: `pepper`, `smtp`, and where Stripe takes the money `stripe-key` and `stripe-webhook`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly stateMachine: StateMachine;
  environmentOf(fn: AwsFunction): Readonly<Record<string, string>>;
}

/** Wired by hand, with short names; every function is told everything. */
export function handWired(settings: Readonly<Record<string, string>>): AwsWiring {
  const environment = {
    ENVIRONMENT: 'test',
    ORDERS_TABLE: 'orders',
    RESTAURANTS_TABLE: 'restaurants',
    INBOX_TABLE: 'inbox',
    DEAD_LETTERS_TABLE: 'dead-letters',
    LEDGER_TABLE: 'ledger',
    EVENT_BUS: 'orders',
    STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:000000000000:stateMachine:segment',
    SCHEDULE_GROUP: 'orders',
    SCHEDULE_ROLE_ARN: 'arn:aws:iam::000000000000:role/timers',
    RECEIPTS_BUCKET: 'receipts',
    OPERATORS_TOPIC_ARN: 'arn:aws:sns:eu-central-1:000000000000:operators',
    NOTIFY_QUEUE_URL: 'orders-notify',
    RECEIPT_QUEUE_URL: 'orders-receipt',
    OPERATORS_QUEUE_URL: 'orders-operators',
    PEPPER_SECRET: 'pepper',
    SMTP_SECRET: 'smtp',
    JWT_ISSUER: '',
    JWT_AUDIENCE: '',
    ...settings,
  };
  return {
    tables: Object.fromEntries(Object.entries(TABLES).map(([key, table]) => [key, tableInput(key, table)])),
    queues: Object.fromEntries(CONSUMERS.map((consumer) => [consumer, queueOf(consumer)])) as AwsWiring['queues'],
    rules: CONSUMERS.map((consumer) => ({
      pattern: eventPatternOf(consumer),
      queue: `orders-${consumer}`,
      inputPath: '$.detail',
    })),
    secrets: { pepper: 'pepper', smtp: 'smtp' },
    stateMachine: stateMachine({ functionArn: FUNCTION_ARN, retryBaseMs: readLocalSettings(settings).retryBaseMs }),
    environmentOf: () => environment,
  };
}

function queueOf(consumer: Consumer): PlannedQueue {
  return { queue: `orders-${consumer}`, dead: deadLetterQueueName('orders', consumer), maxReceives: MAX_RECEIVES };
}
