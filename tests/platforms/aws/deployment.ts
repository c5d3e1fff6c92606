import { AsyncLocalStorage } from 'node:async_hooks';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { localRestaurants } from '../../../functions/local/restaurants.ts';
import { dynamoDbRestaurantCatalog } from '../../../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import type { AwsFunction } from '../../../shared/config/aws.ts';
import { CONSUMERS } from '../../../shared/domain/rules.ts';
import { DYNAMODB_LANES } from '../../emulators/aws/dynamodb.ts';
import { startAws } from '../../emulators/aws/stand-in.ts';
import { streamReader } from '../../emulators/aws/stream-reader.ts';
import { createTable, dynamoDbAt, emulatorClient } from '../../emulators/aws/tables.ts';
import type { StripeAccount } from '../stripe-account.ts';
import { CLIENT_ID, startIssuer } from './issuer.ts';
import { startMailbox } from './mailbox.ts';
import { startQueues } from './queues.ts';
import type { AwsWiring } from './wiring.ts';

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
export async function deploy(now: () => number, wiring: AwsWiring, stripe?: StripeAccount) {
  const lane = laneOf();
  if (!lane) throw new Error(`not run: ${notRunOnAws()}`);
  const [dynamo, aws, mailbox, issuer, queues] = await Promise.all([
    lane.start(),
    startAws(),
    startMailbox(),
    startIssuer(now),
    startQueues(wiring.queues, 1),
  ]);
  const dynamoDb = dynamoDbAt(dynamo.url);
  const streams: Record<string, string | undefined> = {};
  for (const [key, table] of Object.entries(wiring.tables)) streams[key] = await createTable(dynamoDb, table);
  const tableOf = (key: string): string => {
    const name = wiring.tables[key]?.TableName;
    if (name === undefined) throw new Error(`there is no table ${key}`);
    return name;
  };
  await dynamoDbRestaurantCatalog({
    client: dynamoDb,
    table: tableOf('restaurants'),
    cursorKey: new Uint8Array(),
  }).put(localRestaurants());
  for (const { pattern, queue, inputPath } of wiring.rules) {
    aws.rules.push({
      pattern,
      deliver: (event) => queues.send(queue, inputPath === '$.detail' ? event.detail : event),
    });
  }
  const secrets = {
    pepper: PEPPER,
    smtp: mailbox.url,
    ...(stripe && { 'stripe-key': stripe.secretKey, 'stripe-webhook': stripe.webhookSecret }),
  };
  for (const [key, value] of Object.entries(secrets)) aws.secrets.set(wiring.secrets[key] ?? key, value);
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
  const queueUrls = new Map(
    CONSUMERS.map((consumer) => [wiring.queues[consumer].queue, queues.queues[consumer].queue.url]),
  );
  /** As the wiring has it, with the addresses that are known here alone. */
  const environmentOf = (fn: AwsFunction): Readonly<Record<string, string>> => {
    const told = Object.entries(wiring.environmentOf(fn)).map(([key, value]) => {
      if (key === 'JWT_ISSUER') return [key, issuer.url];
      if (key === 'JWT_AUDIENCE') return [key, CLIENT_ID];
      return [key, key.endsWith('_QUEUE_URL') ? queueUrls.get(value.split('/').at(-1) ?? '') : value];
    });
    const address = stripe && { PAYMENTS: 'stripe', STRIPE_API_BASE: stripe.apiBase };
    return { ...Object.fromEntries(told), ...address, LOG_LEVEL: 'silent' };
  };
  const reader = streamReader(dynamo.url, streams['orders'] ?? '');
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
    tableOf,
    environmentOf,
    /** For bundles in processes of their own: also where their clients find the emulators. */
    processEnvironmentOf: (fn: AwsFunction): Readonly<Record<string, string>> => ({
      ...environmentOf(fn),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_ENDPOINT_URL_SQS: queues.address,
    }),
    async stop(): Promise<void> {
      reader.close();
      for (const client of Object.values(clients)) client.destroy();
      await Promise.all([queues.stop(), issuer.close(), mailbox.close(), aws.close(), dynamo.stop()]);
    },
  };
}
