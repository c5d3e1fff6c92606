import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import type { Plan } from '../../scripts/plan/recorded.ts';
import { INBOX_TABLE } from '../../shared/adapters/aws/dynamodb-tables.ts';
import { CONSUMERS } from '../../shared/domain/rules.ts';
import { all, resource } from './planned-wiring.ts';

/** What is connected with what: between the functions, where no call of theirs can tell. */
const plans = inject('plans');
const ACCOUNT = 'eu-central-1:000000000000';

interface Permission {
  readonly function: string;
  readonly principal: string;
  readonly sourceArn: string;
}
interface Integration {
  readonly apiId: string;
  readonly integrationUri: string;
  readonly payloadFormatVersion: string;
}
interface Route {
  readonly routeKey: string;
  readonly target: string;
  readonly authorizerId?: string;
  readonly authorizationType: string;
}
interface Mapping {
  readonly enabled?: boolean;
  readonly functionName: string;
  readonly eventSourceArn: string;
  readonly maximumRetryAttempts?: number;
}
interface Target {
  readonly rule: string;
  readonly eventBusName: string;
  readonly arn: string;
  readonly inputPath: string;
  readonly retryPolicy: { readonly maximumEventAgeInSeconds: number; readonly maximumRetryAttempts: number };
  readonly deadLetterConfig: { readonly arn: string };
}
interface Alarm {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly comparisonOperator: string;
  readonly treatMissingData: string;
}

describe.each(['dev', 'prod'] as const)('aws-%s', (environment) => {
  const plan = plans[environment];
  const prefix = `orders-${environment}`;
  const fn = (name: string) => `arn:aws:lambda:${ACCOUNT}:function:${prefix}-${name}`;
  const queue = (name: string) => `arn:aws:sqs:${ACCOUNT}:${prefix}-${name}`;

  it('answers every operation of the API by the function that is for it, with a token where it wants one', () => {
    for (const { method, path, open } of operations()) {
      const { route, served } = routed(plan, method, path);
      const own = /^\/v1\/(operations|webhooks)\//.test(path) ? 'operations' : 'api';
      expect([method, path, served.integrationUri.includes(`${fn(own)}/invocations`)]).toEqual([method, path, true]);
      expect(served.payloadFormatVersion).toBe('2.0');
      const [authorizer] = all(plan, 'apigatewayv2/authorizer:Authorizer');
      const wanted = open ? ['NONE', undefined] : ['JWT', idOf(authorizer?.name ?? '')];
      expect([route.authorizationType, route.authorizerId]).toEqual(wanted);
    }
    expect(resource(plan, 'apigatewayv2/stage:Stage', 'default').inputs).toMatchObject({
      name: '$default',
      autoDeploy: true,
    });
  });

  it('lets the gateway call both of its functions, and nobody else', () => {
    const permissions = all<Permission>(plan, 'lambda/permission:Permission').map(({ inputs }) => inputs);
    expect(permissions.map((one) => [one.function, one.principal]).toSorted()).toEqual([
      [`${prefix}-api`, 'apigateway.amazonaws.com'],
      [`${prefix}-operations`, 'apigateway.amazonaws.com'],
    ]);
    for (const { sourceArn } of permissions) expect(sourceArn).toMatch(/^arn:aws:execute-api:.*\/\*\/\*$/);
  });

  it('takes events from its own bus to the queue of each consumer, for a day, and then to its dead letters', () => {
    const bus = resource(plan, 'cloudwatch/eventBus:EventBus', 'bus').inputs['name'];
    for (const consumer of CONSUMERS) {
      const rule = resource(plan, 'cloudwatch/eventRule:EventRule', consumer).inputs;
      const target = resource(plan, 'cloudwatch/eventTarget:EventTarget', consumer).inputs as unknown as Target;
      expect([rule['eventBusName'], target.eventBusName, target.rule]).toEqual([bus, bus, rule['name']]);
      expect(target).toMatchObject({
        arn: queue(consumer),
        inputPath: '$.detail',
        retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: queue(`${consumer}-dead-letters`) },
      });
      for (const name of [consumer, `${consumer}-dead-letters`]) {
        const { policy } = resource(plan, 'sqs/queuePolicy:QueuePolicy', name).inputs;
        const [allowed] = JSON.parse(String(policy)).Statement;
        expect(allowed).toMatchObject({
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Resource: queue(name),
          Condition: {
            ArnEquals: { 'aws:SourceArn': `arn:aws:events:${ACCOUNT}:rule/${prefix}/${prefix}-${consumer}` },
          },
        });
      }
    }
  });

  it('keeps messages for a fortnight, and hands one out again only when a function cannot be at work on it', () => {
    for (const name of CONSUMERS.flatMap((consumer) => [consumer, `${consumer}-dead-letters`])) {
      expect(resource(plan, 'sqs/queue:Queue', name).inputs).toMatchObject({
        messageRetentionSeconds: 14 * 86_400,
        visibilityTimeoutSeconds: 180,
      });
    }
    for (const consumer of CONSUMERS) {
      const { redrivePolicy } = resource(plan, 'sqs/queue:Queue', consumer).inputs;
      expect(JSON.parse(String(redrivePolicy))).toEqual({
        deadLetterTargetArn: queue(`${consumer}-dead-letters`),
        maxReceiveCount: 3,
      });
    }
  });

  it('calls each function with what is for it', () => {
    const orders = resource(plan, 'dynamodb/table:Table', 'orders').inputs['name'];
    const mappings = all<Mapping>(plan, 'lambda/eventSourceMapping:EventSourceMapping');
    expect(mappings.filter(({ inputs }) => inputs.enabled === false)).toEqual([]);
    const pairs = mappings.map(({ inputs }) => [
      inputs.eventSourceArn.replace(/\/stream\/.*$/, ''),
      inputs.functionName,
    ]);
    expect(pairs.toSorted()).toEqual(
      [
        [`arn:aws:dynamodb:${ACCOUNT}:table/${orders}`, fn('relay')],
        ...CONSUMERS.map((consumer) => [queue(consumer), fn(consumer)]),
        ...CONSUMERS.map((consumer) => [queue(`${consumer}-dead-letters`), fn('dead-letters')]),
      ].toSorted(),
    );
    const relay = mappings.find(({ name }) => name === 'relay');
    expect(relay?.inputs.maximumRetryAttempts).toBe(10_000);
  });

  it('has the clock call the sweeper every minute, and the reconciliation every day', () => {
    for (const [name, rate] of [
      ['sweep', 'rate(1 minute)'],
      ['reconcile', 'rate(1 day)'],
    ] as const) {
      const schedule = resource(plan, 'scheduler/schedule:Schedule', `${name}-clock`).inputs;
      const role = resource(plan, 'iam/role:Role', `${name}-clock`).inputs['name'];
      expect(schedule).toMatchObject({
        scheduleExpression: rate,
        target: { arn: fn(name), roleArn: `arn:aws:iam::000000000000:role/${role}` },
      });
    }
  });

  it('tells those who redrive which queue is whose', () => {
    const { variables } = resource(plan, 'lambda/function:Function', 'operations').inputs['environment'] as {
      variables: Record<string, string>;
    };
    for (const consumer of CONSUMERS) {
      expect(variables[`${consumer.toUpperCase()}_QUEUE_URL`]).toMatch(new RegExp(`/${prefix}-${consumer}$`));
    }
  });

  it('lets each role be taken by the one service that acts by it', () => {
    const services: Readonly<Record<string, string>> = {
      segments: 'states',
      timers: 'scheduler',
      'sweep-clock': 'scheduler',
      'reconcile-clock': 'scheduler',
    };
    for (const { name, inputs } of all<{ assumeRolePolicy: string }>(plan, 'iam/role:Role')) {
      const [{ Principal, Effect, Action }] = JSON.parse(inputs.assumeRolePolicy).Statement;
      expect([name, Effect, Action, Principal]).toEqual([
        name,
        'Allow',
        'sts:AssumeRole',
        { Service: `${services[name] ?? 'lambda'}.amazonaws.com` },
      ]);
    }
  });

  it('forgets what an inbox has to, and keeps receipts', () => {
    expect(resource(plan, 'dynamodb/table:Table', 'inbox').inputs['ttl']).toEqual({
      attributeName: INBOX_TABLE.expires,
      enabled: true,
    });
    const { rules } = resource(plan, 's3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'receipts').inputs;
    expect((rules as readonly object[]).filter((rule) => 'expiration' in rule)).toEqual([]);
  });

  it('signs people in by the pool itself', () => {
    expect(resource(plan, 'cognito/userPoolClient:UserPoolClient', 'app').inputs['supportedIdentityProviders']).toEqual(
      ['COGNITO'],
    );
  });

  it("watches AWS's own metrics by their names, where AWS has them", () => {
    const alarms = all<Alarm>(plan, 'cloudwatch/metricAlarm:MetricAlarm').map(({ inputs }) => inputs);
    const watched = alarms
      .filter(({ namespace }) => namespace.startsWith('AWS/'))
      .map(({ namespace, metricName, dimensions }) =>
        [namespace, metricName, Object.keys(dimensions).join()].join(' '),
      );
    expect([...new Set(watched)].toSorted()).toEqual(AWS_METRICS);
    const sources = alarms.flatMap(({ dimensions }) => dimensions['EventSourceMappingUUID'] ?? []);
    expect(sources).toEqual([idOf('relay'), idOf('relay')]);
    const silent = alarms.filter(({ comparisonOperator }) => comparisonOperator !== 'GreaterThanOrEqualToThreshold');
    expect(
      silent.map(({ metricName, comparisonOperator, treatMissingData }) => [
        metricName,
        comparisonOperator,
        treatMissingData,
      ]),
    ).toEqual([['Invocations', 'LessThanThreshold', 'breaching']]);
  });
});

/** As AWS documents them: namespace, metric, dimensions. */
const AWS_METRICS = [
  'AWS/ApiGateway 5xx ApiId',
  'AWS/Lambda DroppedEventCount EventSourceMappingUUID',
  'AWS/Lambda Errors FunctionName',
  'AWS/Lambda Invocations FunctionName',
  'AWS/Lambda IteratorAge FunctionName',
  'AWS/Lambda OnFailureDestinationDeliveredEventCount EventSourceMappingUUID',
  'AWS/Lambda Throttles FunctionName',
  'AWS/SQS ApproximateNumberOfMessagesVisible QueueName',
  'AWS/States ExecutionsFailed StateMachineArn',
  'AWS/States ExecutionsTimedOut StateMachineArn',
];

/** Everything that the API's description has. */
function operations(): readonly { readonly method: string; readonly path: string; readonly open: boolean }[] {
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, object> };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => /^(delete|get|head|patch|post|put)$/.test(method))
      .map((method) => ({ method: method.toUpperCase(), path, open: /^\/healthz|\/webhooks\//.test(path) })),
  );
  return [...described, { method: 'GET', path: '/openapi.json', open: true }];
}

/** As the gateway chooses: of the routes that fit, the one with the longest path. */
function routed(plan: Plan, method: string, path: string): { route: Route; served: Integration } {
  const fits = (key: string) => {
    const [ofMethod, pattern = ''] = key.split(' ');
    if (ofMethod !== method) return false;
    return pattern.endsWith('/{proxy+}') ? path.startsWith(pattern.slice(0, -'{proxy+}'.length)) : pattern === path;
  };
  const [route] = all<Route>(plan, 'apigatewayv2/route:Route')
    .map(({ inputs }) => inputs)
    .filter(({ routeKey }) => fits(routeKey))
    .toSorted((left, right) => right.routeKey.length - left.routeKey.length);
  if (!route) throw new Error(`no route takes ${method} ${path}`);
  const served = all<Integration>(plan, 'apigatewayv2/integration:Integration').find(
    ({ name }) => route.target === `integrations/${idOf(name)}`,
  );
  if (!served) throw new Error(`${route.routeKey} leads nowhere`);
  return { route, served: served.inputs };
}

/** As the plan's stand-in for the engine makes them up. */
function idOf(name: string): string {
  return `${name}-0123abc`;
}
