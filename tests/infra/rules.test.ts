import { describe, expect, inject, it } from 'vitest';
import { findingsOf, type Resource, RULES } from '../../infra/policy/rules.ts';

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
const policy = (...statements: readonly object[]) => ({ policy: JSON.stringify({ Statement: statements }) });
const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: 'Allow', Action, Resource });

/** How each rule is broken, by nothing but what it is about. */
const BREAKS: Readonly<Record<string, readonly Break[]>> = {
  'bucket-public-access': [
    remove('BucketPublicAccessBlock', 'receipts'),
    change('BucketPublicAccessBlock', { blockPublicPolicy: false }),
  ],
  'bucket-tls': [remove('BucketPolicy', 'receipts'), change('BucketPolicy', { policy: '{"Statement":[]}' })],
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
  'no-wildcard-actions': [change('RolePolicy', policy(allow('dynamodb:*', 'arn:aws:dynamodb:::table/orders')))],
  'no-wildcard-resources': [
    change('RolePolicy', policy(allow('dynamodb:GetItem', '*'))),
    change('RolePolicy', policy(allow(['sns:Publish'], ['*']))),
    change('RolePolicy', policy(allow(['xray:PutTraceSegments', 's3:GetObject'], '*'))),
  ],
  'no-managed-policies': [
    add('aws:iam/rolePolicyAttachment:RolePolicyAttachment'),
    change('Role', { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
  ],
  'role-per-function': [remove('Role', 'api')],
  'log-retention': [change('LogGroup', { retentionInDays: undefined }), change('LogGroup', { retentionInDays: 0 })],
  'queue-dead-letters': [change('Queue', { redrivePolicy: undefined }, {}, 'notify')],
  'rule-dead-letters': [
    change('EventTarget', { deadLetterConfig: undefined }),
    change('EventTarget', { retryPolicy: undefined }),
  ],
  'stream-dead-letters': [
    change('EventSourceMapping', { destinationConfig: undefined }, {}, 'relay'),
    change('EventSourceMapping', { maximumRecordAgeInSeconds: undefined }, {}, 'relay'),
  ],
  'partial-batches': [change('EventSourceMapping', { functionResponseTypes: [] })],
  'dead-letter-alarms': [remove('MetricAlarm', 'notify-dead-letters')],
  'alarm-actions': [change('MetricAlarm', { alarmActions: [] }, {}, 'relay-behind')],
  'supported-runtime': [
    change('Function', { runtime: 'nodejs18.x' }),
    change('Function', { architectures: ['x86_64'] }),
  ],
  'no-plain-secrets': [
    change('Function', { environment: { variables: { STRIPE: 'sk_live_canary' } } }),
    change('Function', { environment: { variables: { DB_PASSWORD: 'canary' } } }),
    change('Function', { environment: { variables: { SMTP_URL: 'smtps://user:canary@mail.example' } } }),
  ],
  'no-secret-values': [add('aws:secretsmanager/secretVersion:SecretVersion')],
  'api-throttling': [change('Stage', { defaultRouteSettings: {} }), change('Stage', { accessLogSettings: undefined })],
  'api-authorization': [change('Route', { authorizationType: 'NONE' }, {}, 'GET /v1/{proxy+}')],
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

describe('the rules for deployments', () => {
  const resources: Resource[] = [...inject('plans').prod.resources];

  it('are at least eighteen, each with a name, a sentence, and a way to break it', () => {
    expect(RULES.length).toBeGreaterThanOrEqual(18);
    expect(Object.keys(BREAKS).toSorted()).toEqual(RULES.map(({ name }) => name).toSorted());
    expect(RULES.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
  });

  it('are all kept by the plan of prod', () => {
    expect(findingsOf(resources, true)).toEqual([]);
  });

  const cases = Object.entries(BREAKS).flatMap(([rule, breaks]) =>
    breaks.map((broken, index) => [rule, index, broken] as const),
  );

  it.each(cases)('bite: %s (%i)', (rule, _, broken) => {
    const found = findingsOf(broken(resources), true).map(({ rule: { name } }) => name);
    expect([...new Set(found)]).toEqual([rule]);
  });

  it('that are about prod leave other environments alone', () => {
    const open = change('Table', { deletionProtectionEnabled: false }, { protect: false })(resources);
    expect(findingsOf(open, false)).toEqual([]);
  });
});
