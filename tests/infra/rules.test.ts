import { describe, expect, inject, it } from 'vitest';
import { LATER } from '../../infra/policy/rule.ts';
import { findingsOf, type Resource, RULES } from '../../infra/policy/rules.ts';
import { UNKNOWN } from '../../scripts/plan/recorded.ts';

type Break = (resources: Resource[]) => readonly Resource[];

/** Of the provider's types; components have such names, too. */
const isOf = (resource: Resource, type: string) =>
  resource.type.endsWith(`:${type}`) && !resource.type.startsWith('orders:');

/** The same resources, the first of this type (and name) with other inputs. */
const change =
  (type: string, inputs: Readonly<Record<string, unknown>>, more: Partial<Resource> = {}, name?: string): Break =>
  (resources) => {
    const hit = resources.find((one) => isOf(one, type) && (name === undefined || one.name === name));
    if (!hit) throw new Error(`there is no ${type}`);
    return resources.map((one) => (one === hit ? { ...one, ...more, inputs: { ...one.inputs, ...inputs } } : one));
  };
const remove =
  (type: string, name: string): Break =>
  (resources) =>
    resources.filter((one) => !(isOf(one, type) && one.name === name));
const add =
  (type: string, inputs: Readonly<Record<string, unknown>> = {}): Break =>
  (resources) => [
    ...resources,
    { type, name: 'added', urn: `urn:pulumi:aws-prod::tricloud-orders::${type}::added`, inputs, protect: true },
  ];
const all =
  (...breaks: readonly Break[]): Break =>
  (resources) =>
    breaks.reduce((broken, one) => [...one(broken)], resources);
const document = (...statements: readonly object[]) => JSON.stringify({ Statement: statements });
const policy = (...statements: readonly object[]) => ({ policy: document(...statements) });
const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: 'Allow', Action, Resource });
const deny = (Action: string | string[], Resource: string | string[], Condition: object = {}) => ({
  Effect: 'Deny',
  Action,
  Resource,
  Condition,
});
const open = (Principal: unknown, more: object = {}) => ({ ...allow('sqs:SendMessage', QUEUE), Principal, ...more });

const QUEUE = 'arn:aws:sqs:eu-central-1:000000000000:orders-prod-notify';
const BUCKET = 'arn:aws:s3:::orders-prod-receipts-0123abc';
const HTTP = { Bool: { 'aws:SecureTransport': 'false' } };
const OLD_TLS = { NumericLessThan: { 's3:TlsVersion': '1.2' } };
const refuse = (Condition: object, more: object = {}) => ({
  ...deny('s3:*', [BUCKET, `${BUCKET}/*`], Condition),
  Principal: '*',
  ...more,
});
const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const STREAM = {
  startingPosition: 'LATEST',
  maximumRecordAgeInSeconds: 3_600,
  destinationConfig: { onFailure: { destinationArn: BUCKET } },
  functionResponseTypes: ['ReportBatchItemFailures'],
};
const EVENTS = { Service: 'events.amazonaws.com' };

/** More than one thing, or somebody else's. */
const TOO_WIDE = [
  'arn:aws:*',
  'arn:aws:dynamodb:eu-central-1:000000000000:table/*',
  'arn:aws:dynamodb:eu-central-1:000000000000:table/orders-prod-order?',
  'arn:aws:dynamodb:eu-central-1:000000000000:table/orders-prod-orders/index/*',
  'arn:aws:logs:eu-central-1:000000000000:log-group:*:*',
  'arn:aws:logs:eu-central-1:000000000000:log-group:/aws/lambda/strange:*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::orders-prod-*/*',
  'arn:aws:s3:::orders-prod-receipts-of-others/*',
  'arn:aws:s3:::strange/*',
  'arn:aws:scheduler:eu-central-1:000000000000:schedule/*/*',
  'arn:aws:scheduler:eu-central-1:000000000000:schedule/strange/*',
];

/** How each rule is broken, by nothing but what it is about. */
const BREAKS: Readonly<Record<string, readonly Break[]>> = {
  'bucket-public-access': [
    remove('BucketPublicAccessBlock', 'receipts'),
    change('BucketPublicAccessBlock', { blockPublicPolicy: false }),
    // Of another bucket than it is called after; of none.
    change('BucketPublicAccessBlock', { bucket: 'orders-prod-undelivered-0123abc' }, {}, 'receipts'),
    add('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', { bucket: 'strange', blockPublicAcls: true }),
    add('aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock', { blockPublicAcls: false }),
  ],
  'bucket-tls': [
    remove('BucketPolicy', 'receipts'),
    change('BucketPolicy', { policy: '{"Statement":[]}' }),
    change('BucketPolicy', { policy: 'aws:SecureTransport s3:TlsVersion' }),
    ...[
      [refuse(HTTP)],
      [refuse(OLD_TLS)],
      [refuse({ ...HTTP, ...OLD_TLS })],
      [refuse(HTTP), refuse({ NumericLessThan: { 's3:TlsVersion': '1.1' } })],
      [refuse({ Bool: { 'aws:SecureTransport': 'true' } }), refuse(OLD_TLS)],
      [refuse(HTTP), refuse(OLD_TLS, { Resource: BUCKET })],
      [refuse(HTTP, { Resource: 'arn:aws:s3:::strange/*' }), refuse(OLD_TLS)],
      [refuse(HTTP, { Action: 's3:GetObject' }), refuse(OLD_TLS)],
      [refuse(HTTP, { Principal: { AWS: '000000000000' } }), refuse(OLD_TLS)],
      [refuse(HTTP, { Principal: undefined, NotPrincipal: { AWS: '000000000000' } }), refuse(OLD_TLS)],
      [refuse(HTTP, { Effect: 'Allow', Principal: { AWS: '000000000000' } }), refuse(OLD_TLS)],
    ].map((statements) => change('BucketPolicy', policy(...statements), {}, 'receipts')),
  ],
  'bucket-encryption': [remove('BucketServerSideEncryptionConfiguration', 'undelivered')],
  'bucket-versioning': [
    remove('BucketVersioning', 'receipts'),
    change('BucketVersioning', { versioningConfiguration: { status: 'Suspended' } }),
  ],
  'table-recovery': [
    change('Table', { pointInTimeRecovery: { enabled: false } }),
    change('Table', { serverSideEncryption: undefined }),
  ],
  'queue-encryption': [change('Queue', { sqsManagedSseEnabled: false })],
  'no-wildcard-actions': [
    change('RolePolicy', policy(allow('dynamodb:*', 'arn:aws:dynamodb:::table/orders'))),
    change('RolePolicy', policy(allow('dynamodb:?etItem', 'arn:aws:dynamodb:::table/orders'))),
    change('RolePolicy', policy({ Effect: 'Allow', NotAction: 'iam:PassRole', Resource: QUEUE })),
  ],
  'no-wildcard-resources': [
    change('RolePolicy', policy(allow('dynamodb:GetItem', '*'))),
    change('RolePolicy', policy(allow(['sns:Publish'], ['*']))),
    change('RolePolicy', policy(allow(['xray:PutTraceSegments', 's3:GetObject'], '*'))),
    ...TOO_WIDE.map((arn) => change('RolePolicy', policy(allow('s3:GetObject', [QUEUE, arn])))),
    change('RolePolicy', policy({ Effect: 'Allow', Action: 'sqs:SendMessage', NotResource: QUEUE })),
    // Topics that are denied now and then are allowed now and then.
    change('RolePolicy', policy(allow('sns:Publish', '*'), deny('sns:Publish', 'arn:aws:sns:*:*:*', HTTP))),
    // As an object, and as a text that does not begin with a brace.
    change('RolePolicy', { policy: { Statement: allow('dynamodb:GetItem', '*') } }),
    change('RolePolicy', { policy: `\n${document(allow('dynamodb:GetItem', '*'))}` }),
  ],
  'no-managed-policies': [
    add('aws:iam/rolePolicyAttachment:RolePolicyAttachment'),
    add('aws:iam/policyAttachment:PolicyAttachment'),
    add('aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive'),
    change('Role', { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
  ],
  'rights-beside-roles': [
    change('Role', { inlinePolicies: [{ name: 'all', policy: document(allow('*', '*')) }] }),
    add('aws:iam/policy:Policy', policy(allow('*', '*'))),
    add('aws:iam/rolePoliciesExclusive:RolePoliciesExclusive'),
  ],
  'no-iam-users': [
    add('aws:iam/user:User'),
    add('aws:iam/userPolicy:UserPolicy', policy(allow('*', '*'))),
    add('aws:iam/userPolicyAttachment:UserPolicyAttachment'),
    add('aws:iam/group:Group'),
    add('aws:iam/groupPolicy:GroupPolicy', policy(allow('*', '*'))),
    add('aws:iam/accessKey:AccessKey'),
  ],
  'no-public-principals': [
    change('Role', { assumeRolePolicy: document(open('*')) }),
    change('Role', { assumeRolePolicy: { Statement: [open({ AWS: ['*'] }, { Condition: HTTP })] } }),
    change('QueuePolicy', policy(open({ AWS: '*' }))),
    change('QueuePolicy', policy(open(undefined, { NotPrincipal: { AWS: '000000000000' } }))),
    change('QueuePolicy', policy(open('*', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:*' } } }))),
    change('QueuePolicy', policy(open('*', { Condition: { ArnEqualsIfExists: { 'aws:SourceArn': QUEUE } } }))),
    change('QueuePolicy', policy(open('*', { Condition: { ArnNotEquals: { 'aws:SourceArn': QUEUE } } }))),
    change('QueuePolicy', policy(open('*', { Condition: { ArnEquals: { 'aws:SourceArn': [QUEUE, '*'] } } }))),
    change('QueuePolicy', policy(open(EVENTS))),
    add('aws:sns/topicPolicy:TopicPolicy', policy(open(EVENTS, { Condition: HTTP }))),
    add('aws:cloudwatch/logResourcePolicy:LogResourcePolicy', { policyDocument: document(open('*')) }),
  ],
  'no-public-functions': [
    add('aws:lambda/functionUrl:FunctionUrl', { authorizationType: 'NONE' }),
    change('Permission', { principal: '*' }),
    change('Permission', { sourceArn: undefined }),
    change('Permission', { sourceArn: 'arn:aws:execute-api:eu-central-1:*:*' }),
    change('Permission', { principal: '000000000000', functionUrlAuthType: 'NONE' }),
  ],
  'role-per-function': [remove('Role', 'api')],
  'log-retention': [change('LogGroup', { retentionInDays: undefined }), change('LogGroup', { retentionInDays: 0 })],
  'queue-dead-letters': [
    change('Queue', { redrivePolicy: undefined }, {}, 'notify'),
    change('Queue', { redrivePolicy: '' }, {}, 'notify'),
    change('Queue', { redrivePolicy: JSON.stringify({ deadLetterTargetArn: `${QUEUE}-dead-letters` }) }, {}, 'notify'),
    change('Queue', { redrivePolicy: JSON.stringify({ maxReceiveCount: 3 }) }, {}, 'notify'),
    // Nothing ends in the queue that is called so.
    all(
      change('Queue', { redrivePolicy: { deadLetterTargetArn: QUEUE, maxReceiveCount: 3 } }, {}, 'notify'),
      change('EventTarget', { deadLetterConfig: { arn: QUEUE } }, {}, 'notify'),
    ),
  ],
  'rule-dead-letters': [
    change('EventTarget', { deadLetterConfig: undefined }),
    change('EventTarget', { retryPolicy: undefined }),
  ],
  'schedule-dead-letters': [
    change('Schedule', { target: undefined }),
    change('Schedule', { target: { retryPolicy: { maximumRetryAttempts: 1 } } }),
    change('Schedule', { target: { deadLetterConfig: { arn: QUEUE } } }),
    remove('FunctionEventInvokeConfig', 'sweep-clock'),
    change('FunctionEventInvokeConfig', { destinationConfig: undefined }),
  ],
  'stream-dead-letters': [
    change('EventSourceMapping', { destinationConfig: undefined }, {}, 'relay'),
    change('EventSourceMapping', { maximumRecordAgeInSeconds: undefined }, {}, 'relay'),
  ],
  'partial-batches': [change('EventSourceMapping', { functionResponseTypes: [] })],
  'dead-letter-alarms': [
    remove('MetricAlarm', 'notify-dead-letters'),
    remove('MetricAlarm', 'relay-undelivered'),
    remove('MetricAlarm', 'relay-dropped'),
    change('EventSourceMapping', { metricsConfig: undefined }, {}, 'relay'),
    // A second stream, which the alarms of the first do not watch.
    add(MAPPING, { ...STREAM, metricsConfig: { metrics: ['EventCount'] } }),
    add(MAPPING, STREAM),
  ],
  'alarm-actions': [change('MetricAlarm', { alarmActions: [] }, {}, 'relay-behind')],
  'supported-runtime': [
    change('Function', { runtime: 'nodejs18.x' }),
    change('Function', { architectures: ['x86_64'] }),
  ],
  'no-plain-secrets': [
    change('Function', { environment: { variables: { STRIPE: 'sk_live_canary' } } }),
    change('Function', { environment: { variables: { DB_PASSWORD: 'canary' } } }),
    change('Function', { environment: { variables: { SMTP_URL: 'smtps://user:canary@mail.example' } } }),
    change('Function', { environment: { variables: { STRIPE_KEY_SECRET: 'canary' } } }),
    remove('Secret', 'smtp'),
  ],
  'no-secret-values': [add('aws:secretsmanager/secretVersion:SecretVersion')],
  'api-throttling': [change('Stage', { defaultRouteSettings: {} }), change('Stage', { accessLogSettings: undefined })],
  'api-authorization': [change('Route', { authorizationType: 'NONE' }, {}, 'GET /v1/{proxy+}')],
  'sign-in-by-code': [
    change('UserPoolClient', { allowedOauthFlows: ['code', 'implicit'] }),
    change('UserPoolClient', { allowedOauthFlows: undefined }),
    change('UserPoolClient', { explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_PASSWORD_AUTH'] }),
    change('UserPoolClient', { explicitAuthFlows: ['ADMIN_NO_SRP_AUTH'] }),
    change('UserPoolClient', { generateSecret: true }),
  ],
  'cors-origins': [change('Api', { corsConfiguration: { allowOrigins: ['*'] } })],
  'protect-data': [change('Table', {}, { protect: false }), change('Secret', {}, { protect: false })],
  'deletion-protection': [
    change('Table', { deletionProtectionEnabled: false }),
    change('UserPool', { deletionProtection: 'INACTIVE' }),
  ],
  'default-tags': [change('aws', { defaultTags: JSON.stringify({ tags: { project: 'x' } }) })],
  'workflow-logs': [
    change('StateMachine', { loggingConfiguration: { level: 'OFF', includeExecutionData: false } }),
    change('StateMachine', { loggingConfiguration: { level: 'ERROR', includeExecutionData: true } }),
  ],
  tracing: [change('Function', { tracingConfig: { mode: 'PassThrough' } })],
};

/** What is right, and looks like what is not. */
const KEPT: Readonly<Record<string, Break>> = {
  'statements for a bucket and its objects apart': change(
    'BucketPolicy',
    policy(...[HTTP, OLD_TLS].flatMap((one) => [BUCKET, `${BUCKET}/*`].map((arn) => refuse(one, { Resource: arn })))),
    {},
    'receipts',
  ),
  'a block that is called otherwise than its bucket': change('BucketPublicAccessBlock', {}, { name: 'other' }),
  'everything below a bucket that has its whole name': all(
    change('Bucket', { bucket: 'orders-prod-receipts-0123abc', bucketPrefix: undefined }, {}, 'receipts'),
    change('RolePolicy', policy(allow('s3:GetObject', `${BUCKET}/*`))),
  ),
  'everybody who comes from one source': change(
    'QueuePolicy',
    policy(open({ AWS: '*' }, { Condition: { ArnLike: { 'AWS:SourceArn': QUEUE } } })),
  ),
  'a function that another account may call': change('Permission', { principal: '000000000000', sourceArn: undefined }),
  'a URL that asks who is there': add('aws:lambda/functionUrl:FunctionUrl', { authorizationType: 'AWS_IAM' }),
  'a secret whose name is known later': change('Function', { environment: { variables: { SMTP_SECRET: LATER } } }),
};

describe('the rules for deployments', () => {
  const resources: Resource[] = [...inject('plans').prod.resources];

  it('are at least eighteen, each with a name, a sentence, and a way to break it', () => {
    expect(RULES.length).toBeGreaterThanOrEqual(18);
    expect(Object.keys(BREAKS).toSorted()).toEqual(RULES.map(({ name }) => name).toSorted());
    expect(RULES.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
    // The policy pack has two kinds of policies, and no third.
    expect(RULES.filter(({ resource, stack }) => (resource === undefined) === (stack === undefined))).toEqual([]);
  });

  it('are all kept by the plan of prod', () => {
    expect(findingsOf(resources, true)).toEqual([]);
  });

  it('are all kept where nothing is there yet: what is known later is no reason to refuse it', () => {
    expect(LATER).toBe(UNKNOWN);
    const first = resources.map((one) => {
      const inputs = JSON.stringify(one.inputs, (_, value: unknown) =>
        typeof value === 'string' && /000000000000|0123abc/.test(value) ? LATER : value,
      );
      return { ...one, inputs: JSON.parse(inputs) as Resource['inputs'] };
    });
    expect(findingsOf(first, true)).toEqual([]);
  });

  const cases = Object.entries(BREAKS).flatMap(([rule, breaks]) =>
    breaks.map((broken, index) => [rule, index, broken] as const),
  );

  it.each(cases)('bite: %s (%i)', (rule, _, broken) => {
    const found = findingsOf(broken(resources), true).map(({ rule: { name } }) => name);
    expect([...new Set(found)]).toEqual([rule]);
  });

  it.each(Object.entries(KEPT))('leave alone: %s', (_, changed) => {
    expect(findingsOf(changed(resources), true)).toEqual([]);
  });

  it('that are about prod leave other environments alone', () => {
    const loose = change('Table', { deletionProtectionEnabled: false }, { protect: false })(resources);
    expect(findingsOf(loose, false)).toEqual([]);
  });
});
