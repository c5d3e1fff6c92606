import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { load } from 'js-yaml';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StackConfig } from '../../infra/config.ts';
import { readConfig } from '../../infra/config.ts';
import { AWS_FUNCTION_KEYS, type AwsFunction } from '../../shared/config/aws.ts';

interface Made {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const made: Made[] = [];

async function components() {
  const { EventBus } = await import('../../infra/aws/event-bus.ts');
  const { Identity } = await import('../../infra/aws/identity.ts');
  const { OrderFunction } = await import('../../infra/aws/function.ts');
  const { HttpApi } = await import('../../infra/aws/http-api.ts');
  const { Notifications } = await import('../../infra/aws/notifications.ts');
  const { Observability } = await import('../../infra/aws/observability.ts');
  const { OrderStore } = await import('../../infra/aws/order-store.ts');
  const { Secrets } = await import('../../infra/aws/secrets.ts');
  const { Storage } = await import('../../infra/aws/storage.ts');
  const { Triggers } = await import('../../infra/aws/triggers.ts');
  const { Workflow } = await import('../../infra/aws/workflow.ts');
  return {
    EventBus,
    HttpApi,
    Identity,
    Notifications,
    Observability,
    OrderFunction,
    OrderStore,
    Secrets,
    Storage,
    Triggers,
    Workflow,
  };
}
let all: Awaited<ReturnType<typeof components>>;

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push({ type, name, inputs });
        return { id: `${name}-id`, state: { arn: `arn:aws:made:${name}`, ...inputs } };
      },
      call: ({ inputs }) => inputs,
    },
    'tricloud-orders',
    'aws-dev',
  );
  all = await components();
}, 30_000);

const { stackTraceLimit } = Error;
beforeEach(() => {
  made.length = 0;
  // The SDK keeps a stack for each of its thousands of promises, which takes most of the time.
  Error.stackTraceLimit = 0;
});

function configOf(environment: 'dev' | 'prod'): StackConfig {
  const { config } = load(readFileSync(`Pulumi.${environment}.yaml`, 'utf8')) as { config: Record<string, unknown> };
  const values = Object.entries(config).map(([key, value]) => [key.replace('tricloud-orders:', ''), String(value)]);
  return readConfig(`aws-${environment}`, Object.fromEntries(values) as Record<string, string>);
}
const argsOf = (environment: 'dev' | 'prod') => ({
  config: configOf(environment),
  prefix: `orders-${environment}`,
});

const settled = <Value>(output: pulumi.Output<Value>) => new Promise<Value>((resolve) => void output.apply(resolve));

/** When everything that was begun has been registered. */
async function children(type: string): Promise<readonly Made[]> {
  await pulumi.runtime.disconnect();
  Error.stackTraceLimit = stackTraceLimit;
  return made.filter((resource) => resource.type === type);
}
const inputsOf = (resources: readonly Made[], name: string) => resources.find((one) => one.name === name)?.inputs;

describe('the tables', () => {
  it('are on demand, encrypted and recoverable; those with changes to follow have a stream, those that forget a TTL', async () => {
    new all.OrderStore('store', argsOf('dev'), {});
    const tables = await children('aws:dynamodb/table:Table');
    expect(tables.map(({ name }) => name).toSorted()).toEqual([
      'dead-letters',
      'inbox',
      'ledger',
      'orders',
      'restaurants',
    ]);
    for (const { inputs } of tables) {
      expect(inputs).toMatchObject({
        billingMode: 'PAY_PER_REQUEST',
        pointInTimeRecovery: { enabled: true },
        serverSideEncryption: { enabled: true },
        deletionProtectionEnabled: false,
      });
    }
    expect(inputsOf(tables, 'orders')).toMatchObject({ streamEnabled: true, streamViewType: 'NEW_IMAGE' });
    expect(inputsOf(tables, 'inbox')).toMatchObject({ ttl: { enabled: true } });
  });

  it('of prod cannot be deleted, and have no simulated books', async () => {
    const { ledger } = new all.OrderStore('store', argsOf('prod'), {});
    const tables = await children('aws:dynamodb/table:Table');
    expect(ledger).toBeUndefined();
    expect(tables.map(({ inputs }) => inputs['deletionProtectionEnabled'])).toEqual([true, true, true, true]);
  });
});

describe('the secrets', () => {
  it('are made empty: no value of theirs is in the program', async () => {
    const { pepper, smtp, stripeKey } = new all.Secrets('secrets', argsOf('prod'), {});
    expect(await Promise.all([pepper, smtp, stripeKey].map((secret) => secret && settled(secret.name)))).toEqual([
      'orders-prod/pepper',
      'orders-prod/smtp',
      'orders-prod/stripe-key',
    ]);
    expect((await children('aws:secretsmanager/secretVersion:SecretVersion')).length).toBe(0);
    const secrets = await children('aws:secretsmanager/secret:Secret');
    expect(secrets.map(({ inputs }) => inputs['recoveryWindowInDays'])).toEqual([30, 30, 30, 30]);
  });

  it("keep Stripe's away from where nobody pays", () => {
    const { stripeKey, stripeWebhook } = new all.Secrets('secrets', argsOf('dev'), {});
    expect([stripeKey, stripeWebhook]).toEqual([undefined, undefined]);
  });
});

describe('a function', () => {
  const create = (environment: Readonly<Record<string, pulumi.Input<string>>>) =>
    new all.OrderFunction(
      {
        ...argsOf('dev'),
        fn: 'notify',
        bundles: 'dist',
        environment,
        statements: [{ actions: ['sns:Publish'], resources: ['arn:aws:sns:topic'] }],
      },
      {},
    );

  it('has a role, a log group and rights of its own, and may write no other log', async () => {
    create({});
    const [policy] = await children('aws:iam/rolePolicy:RolePolicy');
    expect(policy?.inputs['role']).toBe('notify-id');
    expect(JSON.parse(policy?.inputs['policy'] as string).Statement).toEqual([
      { Effect: 'Allow', Action: ['sns:Publish'], Resource: ['arn:aws:sns:topic'] },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: ['arn:aws:made:notify:*'],
      },
    ]);
    expect(inputsOf(await children('aws:cloudwatch/logGroup:LogGroup'), 'notify')).toMatchObject({
      name: '/aws/lambda/orders-dev-notify',
      retentionInDays: 14,
    });
  });

  it('runs on arm64 and the supported Node, and is given what it reads', async () => {
    create({ TABLE: 'orders' });
    expect(inputsOf(await children('aws:lambda/function:Function'), 'notify')).toMatchObject({
      architectures: ['arm64'],
      runtime: 'nodejs24.x',
      role: 'arn:aws:made:notify',
      environment: { variables: { TABLE: 'orders' } },
    });
  });

  it('shows no secret that it is given', async () => {
    const { lambda } = create({ KEY: pulumi.secret('canary') });
    expect(await pulumi.isSecret(lambda.environment)).toBe(true);
    expect(await pulumi.isSecret(lambda.name)).toBe(false);
  });
});

describe('sign-in', () => {
  it('is by code alone, and protected in prod', async () => {
    new all.Identity('identity', argsOf('prod'), {});
    expect(inputsOf(await children('aws:cognito/userPool:UserPool'), 'pool')).toMatchObject({
      deletionProtection: 'ACTIVE',
      mfaConfiguration: 'OPTIONAL',
    });
    expect(inputsOf(await children('aws:cognito/userPoolClient:UserPoolClient'), 'app')).toMatchObject({
      generateSecret: false,
      allowedOauthFlows: ['code'],
      writeAttributes: ['email', 'name'],
    });
  });
});

describe('buckets', () => {
  it('are private, versioned, and take TLS alone', async () => {
    new all.Storage('storage', argsOf('dev'), {});
    const buckets = await children('aws:s3/bucket:Bucket');
    expect(buckets.length).toBeGreaterThan(0);
    const blocks = await children('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock');
    expect(blocks).toHaveLength(buckets.length);
    for (const { inputs } of blocks) {
      expect(inputs).toMatchObject({ blockPublicAcls: true, blockPublicPolicy: true, restrictPublicBuckets: true });
    }
    const policies = await children('aws:s3/bucketPolicy:BucketPolicy');
    expect(policies).toHaveLength(buckets.length);
    for (const { inputs } of policies) expect(String(inputs['policy'])).toContain('"aws:SecureTransport":"false"');
  });
});

describe('the bus', () => {
  it('keeps its events for a replay as long as the stack says', async () => {
    new all.EventBus('events', argsOf('prod'), {});
    const [archive] = await children('aws:cloudwatch/eventArchive:EventArchive');
    expect(archive?.inputs['retentionDays']).toBe(90);
  });
});

/** Everything that the last components are made of. */
function whole(environment: 'dev' | 'prod') {
  const args = argsOf(environment);
  const resources = {
    store: new all.OrderStore('store', args, {}),
    secrets: new all.Secrets('secrets', args, {}),
    storage: new all.Storage('storage', args, {}),
    notifications: new all.Notifications('notifications', args, {}),
    events: new all.EventBus('events', args, {}),
    identity: new all.Identity('identity', args, {}),
  };
  const create = (fn: AwsFunction) =>
    new all.OrderFunction({ ...args, fn, bundles: 'dist', environment: {}, statements: [] }, {});
  const names = Object.keys(AWS_FUNCTION_KEYS) as AwsFunction[];
  const functions = Object.fromEntries(names.map((fn) => [fn, create(fn)])) as Record<
    AwsFunction,
    ReturnType<typeof create>
  >;
  const workflow = new all.Workflow('workflow', { ...args, segment: functions.segment }, {});
  const { api: front, operations } = functions;
  const api = new all.HttpApi('http', { ...args, api: front, operations, identity: resources.identity }, {});
  const { relay } = new all.Triggers('triggers', { ...args, functions, resources }, {});
  return { args, resources, functions, workflow, api, relay };
}

describe('the HTTP API', () => {
  it('is throttled, known to its origins alone, and asks for a token before it calls anything', async () => {
    whole('prod');
    expect(inputsOf(await children('aws:apigatewayv2/api:Api'), 'api')).toMatchObject({
      protocolType: 'HTTP',
      corsConfiguration: { allowOrigins: ['https://shop.example.com'] },
    });
    expect(inputsOf(await children('aws:apigatewayv2/stage:Stage'), 'default')).toMatchObject({
      defaultRouteSettings: { throttlingRateLimit: 500, throttlingBurstLimit: 1_000 },
      accessLogSettings: { destinationArn: 'arn:aws:made:access' },
    });
    expect(inputsOf(await children('aws:apigatewayv2/authorizer:Authorizer'), 'cognito')).toMatchObject({
      authorizerType: 'JWT',
      jwtConfiguration: { issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/pool-id', audiences: ['app-id'] },
    });
    const routes = await children('aws:apigatewayv2/route:Route');
    const open = routes.filter(({ inputs }) => inputs['authorizationType'] !== 'JWT').map(({ name }) => name);
    expect(open.toSorted()).toEqual(['GET /healthz', 'GET /openapi.json', 'POST /v1/webhooks/{proxy+}']);
  });
});

describe('the workflow', () => {
  it('is an Express state machine that logs errors without data, and whose timers start it alone', async () => {
    whole('prod');
    expect(inputsOf(await children('aws:sfn/stateMachine:StateMachine'), 'segments')).toMatchObject({
      type: 'EXPRESS',
      loggingConfiguration: { level: 'ERROR', includeExecutionData: false, logDestination: 'arn:aws:made:segments:*' },
      tracingConfiguration: { enabled: true },
    });
    const timers = inputsOf(await children('aws:iam/rolePolicy:RolePolicy'), 'timers');
    expect(JSON.parse(String(timers?.['policy'])).Statement).toEqual([
      { Effect: 'Allow', Action: ['states:StartExecution'], Resource: ['arn:aws:made:segments'] },
    ]);
  });
});

describe('what calls the functions', () => {
  it('hands over what fails one by one, and keeps what is given up on', async () => {
    whole('dev');
    const mappings = await children('aws:lambda/eventSourceMapping:EventSourceMapping');
    expect(mappings.map(({ name }) => name).toSorted()).toEqual([
      'notify',
      'notify-dead-letters',
      'operators',
      'operators-dead-letters',
      'receipt',
      'receipt-dead-letters',
      'relay',
    ]);
    for (const { inputs } of mappings) expect(inputs['functionResponseTypes']).toEqual(['ReportBatchItemFailures']);
    expect(inputsOf(mappings, 'relay')).toMatchObject({
      startingPosition: 'TRIM_HORIZON',
      maximumRecordAgeInSeconds: 21_600,
      destinationConfig: { onFailure: { destinationArn: 'arn:aws:made:undelivered' } },
    });
  });

  it('calls once and keeps the call that failed, where it is the clock', async () => {
    whole('dev');
    const calls = await children('aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig');
    expect(calls.map(({ name }) => name).toSorted()).toEqual(['reconcile-clock', 'sweep-clock']);
    for (const { inputs } of calls) {
      expect(inputs).toMatchObject({
        maximumRetryAttempts: 0,
        destinationConfig: { onFailure: { destination: 'arn:aws:made:clock-dead-letters' } },
      });
    }
  });
});

describe('what watches', () => {
  it('tells the alarms topic, counts what each function of the clock can fail, and keeps to the budget', async () => {
    const { args, ...parts } = whole('prod');
    new all.Observability('observability', { ...args, ...parts }, {});
    const alarms = await children('aws:cloudwatch/metricAlarm:MetricAlarm');
    for (const { inputs } of alarms) expect(inputs['alarmActions']).toEqual(['arn:aws:made:alarms']);
    const errors = (fn: AwsFunction) => inputsOf(alarms, `${fn}-errors`)?.['threshold'];
    expect([errors('api'), errors('sweep'), errors('reconcile')]).toEqual([10, 3, 1]);
    expect(inputsOf(alarms, 'notify-gave-up')).toMatchObject({
      namespace: 'TricloudOrders',
      metricName: 'DeadLetters',
      dimensions: { Environment: 'prod', Function: 'notify' },
      threshold: 1,
    });
    expect(inputsOf(await children('aws:budgets/budget:Budget'), 'budget')).toMatchObject({ limitAmount: '3000' });
    const subscriptions = await children('aws:sns/topicSubscription:TopicSubscription');
    expect(subscriptions.map(({ inputs }) => inputs['endpoint'])).toEqual(Array(2).fill('operators@example.com'));
  });
});

describe('the program', () => {
  it('makes nothing while mail would go to the addresses of the example', async () => {
    const { config } = load(readFileSync('Pulumi.dev.yaml', 'utf8')) as { config: Record<string, unknown> };
    const values = Object.entries(config).map(([key, value]) => [key, String(value)]);
    pulumi.runtime.setAllConfig(Object.fromEntries(values) as Record<string, string>);
    const { default: program } = await import('../../infra/index.ts');
    await expect(program()).rejects.toThrow(
      'operatorsEmail is still operators@example.com and smtpFrom is still orders@example.com',
    );
    expect(made).toEqual([]);
  });

  it('knows no key of another name', async () => {
    pulumi.runtime.setAllConfig({ 'tricloud-orders:environment': 'dev', 'aws:region': 'eu-west-1' });
    const { default: program } = await import('../../infra/index.ts');
    await expect(program()).rejects.toThrow('aws:region: there is no such key');
  });
});
