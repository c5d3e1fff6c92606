import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { localRestaurants } from '../../../functions/local/restaurants.ts';
import { dynamoDbRestaurantCatalog } from '../../../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import {
  DEAD_LETTERS_TABLE,
  INBOX_TABLE,
  LEDGER_TABLE,
  ORDERS_TABLE,
  RESTAURANTS_TABLE,
} from '../../../shared/adapters/aws/dynamodb-tables.ts';
import { eventPatternOf } from '../../../shared/adapters/aws/event-patterns.ts';
import type { AwsFunction } from '../../../shared/config/aws.ts';
import { CONSUMERS } from '../../../shared/domain/rules.ts';
import { DYNAMODB_LANES } from '../../emulators/aws/dynamodb.ts';
import { startAws } from '../../emulators/aws/stand-in.ts';
import { streamReader } from '../../emulators/aws/stream-reader.ts';
import { createTable, dynamoDbAt, emulatorClient } from '../../emulators/aws/tables.ts';
import { CLIENT_ID, startIssuer } from './issuer.ts';
import { startMailbox } from './mailbox.ts';
import { startQueues } from './queues.ts';

const OPERATORS_TOPIC = 'arn:aws:sns:eu-central-1:000000000000:operators';
const PEPPER = 'a-pepper-for-tests-of-more-than-32-bytes';

export type Deployment = Awaited<ReturnType<typeof deploy>>;

/** A call of a client, for whoever counts what an order costs. */
export interface AwsCall {
  /** Who called; absent for tests themselves. */
  readonly fn?: AwsFunction;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface Countable {
  readonly middlewareStack: {
    add(middleware: (next: Next, context: { commandName?: string }) => Next, options: object): void;
  };
}
type Next = (args: { input: object }) => Promise<object>;

/** Which function a call is made by. */
export const CALLER = new AsyncLocalStorage<AwsFunction>();

function countCalls(client: object, calls: AwsCall[]): void {
  (client as Countable).middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const fn = CALLER.getStore();
        calls.push({ operation: commandName.replace(/Command$/, ''), input: { ...args.input }, ...(fn && { fn }) });
        return next(args);
      },
    { step: 'initialize', name: 'count-calls' },
  );
}

/** Why it cannot run on this machine; undefined where it can. */
export function notRunOnAws(): string | undefined {
  return laneOf() ? undefined : DYNAMODB_LANES.map(({ notRun }) => notRun).join(', ');
}

function laneOf() {
  return DYNAMODB_LANES.find(({ notRun }) => notRun === undefined);
}

/** Everything that a deployment to AWS has, of emulators and stand-ins, with the environment that its functions are given. */
export async function deploy(now: () => number, settings: Readonly<Record<string, string>>) {
  const lane = laneOf();
  if (!lane) throw new Error(`not run: ${notRunOnAws()}`);
  const deployment = `orders-${randomUUID().slice(0, 8)}`;
  const [dynamo, aws, mailbox, issuer, queues] = await Promise.all([
    lane.start(),
    startAws(),
    startMailbox(),
    startIssuer(now),
    startQueues(deployment, 1),
  ]);
  const dynamoDb = dynamoDbAt(dynamo.url);
  const stream = await createTable(dynamoDb, 'orders', ORDERS_TABLE);
  await createTable(dynamoDb, 'restaurants', RESTAURANTS_TABLE);
  await createTable(dynamoDb, 'inbox', INBOX_TABLE);
  await createTable(dynamoDb, 'dead-letters', DEAD_LETTERS_TABLE);
  await createTable(dynamoDb, 'ledger', LEDGER_TABLE);
  const catalogue = dynamoDbRestaurantCatalog({ client: dynamoDb, table: 'restaurants', cursorKey: new Uint8Array() });
  await catalogue.put(localRestaurants());
  for (const consumer of CONSUMERS) {
    aws.rules.push({ pattern: eventPatternOf(consumer), deliver: ({ detail }) => queues.send(consumer, detail) });
  }
  aws.secrets.set('pepper', PEPPER).set('smtp', mailbox.url);
  const clients = {
    dynamoDb,
    s3: new S3Client({ ...emulatorClient(aws.url), forcePathStyle: true }),
    secretsManager: new SecretsManagerClient(emulatorClient(aws.url)),
    eventBridge: new EventBridgeClient(emulatorClient(aws.url)),
    scheduler: new SchedulerClient(emulatorClient(aws.url)),
    stepFunctions: new SFNClient(emulatorClient(aws.url)),
    sns: new SNSClient(emulatorClient(aws.url)),
    sqs: queues.client,
  };
  const functionsEnvironment: Readonly<Record<string, string>> = {
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'silent',
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
    OPERATORS_TOPIC_ARN: OPERATORS_TOPIC,
    NOTIFY_QUEUE_URL: queues.queues.notify.queue.url,
    RECEIPT_QUEUE_URL: queues.queues.receipt.queue.url,
    OPERATORS_QUEUE_URL: queues.queues.operators.queue.url,
    PEPPER_SECRET: 'pepper',
    SMTP_SECRET: 'smtp',
    JWT_ISSUER: issuer.url,
    JWT_AUDIENCE: CLIENT_ID,
    ...settings,
  };
  const reader = streamReader(dynamo.url, stream ?? '');
  const calls: AwsCall[] = [];
  for (const client of Object.values(clients)) countCalls(client, calls);
  return {
    aws,
    mailbox,
    issuer,
    queues,
    clients,
    calls,
    reader,
    environment: functionsEnvironment,
    /** For bundles in processes of their own: also where their clients find the emulators. */
    processEnvironment: {
      ...functionsEnvironment,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_ENDPOINT_URL_SQS: queues.address,
    } as Readonly<Record<string, string>>,
    async stop(): Promise<void> {
      reader.close();
      for (const client of Object.values(clients)) client.destroy();
      await Promise.all([queues.stop(), issuer.close(), mailbox.close(), aws.close(), dynamo.stop()]);
    },
  };
}
