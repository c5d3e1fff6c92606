import { BUCKET_RULES } from './buckets.ts';
import { DEAD_LETTER_RULES } from './dead-letters.ts';
import { RIGHTS_RULES } from './rights.ts';
import {
  ALARM,
  advisory,
  all,
  among,
  at,
  BUCKET,
  type Finding,
  FUNCTION,
  fieldsOf,
  LATER,
  LOG_GROUP,
  listOf,
  MAPPING,
  mandatory,
  of,
  parsed,
  QUEUE,
  type Resource,
  type Rule,
} from './rule.ts';

export type { Finding, Resource, Rule } from './rule.ts';

const SECRET = 'aws:secretsmanager/secret:Secret';
const TABLE = 'aws:dynamodb/table:Table';
const USER_POOL = 'aws:cognito/userPool:UserPool';

/** For everybody: health, the description, and webhooks, which are signed. */
const OPEN_ROUTES: readonly string[] = ['GET /healthz', 'GET /openapi.json', 'POST /v1/webhooks/{proxy+}'];
/** In none of them is a password sent. */
const SIGN_IN_FLOWS = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'];

const SUPPORTED = ['nodejs24.x', 'nodejs22.x'];
const KEEPS_DATA = [TABLE, BUCKET, USER_POOL, SECRET];
const SECRET_NAME = /(_KEY|PASSWORD|PEPPER|SECRET|TOKEN)$/;
const SECRET_VALUE = /sk_(test|live)_|whsec_|-----BEGIN|AKIA[0-9A-Z]{16}|:\/\/[^/\s:]+:[^/\s@]+@/;

export const RULES: readonly Rule[] = [
  ...BUCKET_RULES,
  ...RIGHTS_RULES,
  ...DEAD_LETTER_RULES,
  mandatory('table-recovery', 'Tables can be restored to any second, and are encrypted.', {
    resource: of(TABLE, (inputs) => {
      if (at(inputs, 'pointInTimeRecovery', 'enabled') !== true) return 'has no point-in-time recovery';
      return at(inputs, 'serverSideEncryption', 'enabled') === true ? undefined : 'is not encrypted';
    }),
  }),
  mandatory('queue-encryption', 'Queues are encrypted.', {
    resource: of(QUEUE, ({ sqsManagedSseEnabled, kmsMasterKeyId }) =>
      sqsManagedSseEnabled === true || kmsMasterKeyId !== undefined ? undefined : 'is not encrypted',
    ),
  }),
  mandatory('log-retention', 'Logs are kept for a time that somebody has chosen.', {
    resource: of(LOG_GROUP, ({ retentionInDays }) =>
      typeof retentionInDays === 'number' && retentionInDays > 0 ? undefined : 'has no retention',
    ),
  }),
  mandatory('partial-batches', 'One bad message of a batch does not take the others with it.', {
    resource: of(MAPPING, ({ functionResponseTypes }) =>
      listOf(functionResponseTypes).includes('ReportBatchItemFailures')
        ? undefined
        : 'does not report failures of single items',
    ),
  }),
  mandatory('alarm-actions', 'Alarms reach somebody.', {
    resource: of(ALARM, ({ alarmActions }) => (listOf(alarmActions).length > 0 ? undefined : 'has no action')),
  }),
  mandatory('supported-runtime', 'Functions run on a runtime that is supported, on Graviton.', {
    resource: of(FUNCTION, ({ runtime, architectures }) => {
      if (!SUPPORTED.includes(String(runtime))) return `runs on ${runtime}: use ${SUPPORTED[0]}`;
      return listOf(architectures).includes('arm64') ? undefined : 'does not run on arm64';
    }),
  }),
  mandatory('no-plain-secrets', 'Secrets are given by the name of one of the stack, never by value.', {
    stack: among(FUNCTION, ({ inputs }, resources) => {
      const names = [LATER, ...all(resources, SECRET).map((secret) => secret.inputs['name'])];
      const variables = Object.entries(fieldsOf(at(inputs, 'environment', 'variables')));
      const plain = variables.find(([key, value]) =>
        key.endsWith('_SECRET') ? !names.includes(value) : SECRET_NAME.test(key) || SECRET_VALUE.test(String(value)),
      );
      return plain && `has ${plain[0]} in its environment: give the name of a secret`;
    }),
  }),
  mandatory('no-secret-values', 'The program knows no secret: its state would.', {
    resource: of('aws:secretsmanager/secretVersion:SecretVersion', () => 'puts a value into the state'),
  }),
  mandatory('api-throttling', 'APIs are throttled, and have access logs.', {
    resource: of('aws:apigatewayv2/stage:Stage', (inputs) => {
      if (typeof at(inputs, 'defaultRouteSettings', 'throttlingRateLimit') !== 'number') return 'is not throttled';
      return at(inputs, 'accessLogSettings', 'destinationArn') === undefined ? 'has no access log' : undefined;
    }),
  }),
  mandatory('api-authorization', 'Every route asks for a token, but those that are for everybody.', {
    resource: of('aws:apigatewayv2/route:Route', ({ authorizationType, routeKey }) =>
      authorizationType === 'JWT' || OPEN_ROUTES.includes(String(routeKey))
        ? undefined
        : `lets anybody call ${routeKey}`,
    ),
  }),
  mandatory('sign-in-by-code', 'Apps get tokens by code alone: they see no password, and keep no secret.', {
    resource: of('aws:cognito/userPoolClient:UserPoolClient', (inputs) => {
      if (String(inputs['allowedOauthFlows']) !== 'code') return 'gets tokens by another flow than code';
      if (inputs['generateSecret'] === true) return 'has a secret that no browser can keep';
      const flow = listOf(inputs['explicitAuthFlows']).find((one) => !SIGN_IN_FLOWS.includes(String(one)));
      return flow === undefined ? undefined : `signs in by ${flow}`;
    }),
  }),
  mandatory('cors-origins', 'No API may be called from everywhere.', {
    resource: of('aws:apigatewayv2/api:Api', (inputs) =>
      listOf(at(inputs, 'corsConfiguration', 'allowOrigins')).includes('*')
        ? 'may be called from every origin'
        : undefined,
    ),
  }),
  mandatory('protect-data', 'In prod nothing that keeps data can be deleted by a deployment.', {
    resource: ({ type, protect }, production) =>
      production && KEEPS_DATA.includes(type) && !protect ? 'is not protected' : undefined,
  }),
  mandatory('deletion-protection', 'In prod tables and the people who sign in cannot be deleted by hand either.', {
    resource: ({ type, inputs }, production) => {
      if (!production) return undefined;
      if (type === TABLE && inputs['deletionProtectionEnabled'] !== true) return 'has no deletion protection';
      return type === USER_POOL && inputs['deletionProtection'] !== 'ACTIVE' ? 'has no deletion protection' : undefined;
    },
  }),
  mandatory('default-tags', 'Everything says which project and environment it belongs to.', {
    resource: of('pulumi:providers:aws', ({ defaultTags }) => {
      const tags = fieldsOf(parsed(defaultTags)['tags']);
      const missing = ['project', 'environment', 'managedBy'].find((tag) => tags[tag] === undefined);
      return missing && `has no default tag ${missing}`;
    }),
  }),
  mandatory('workflow-logs', 'State machines log their errors, and no data of customers.', {
    resource: of('aws:sfn/stateMachine:StateMachine', (inputs) => {
      const logging = fieldsOf(inputs['loggingConfiguration']);
      if (!['ALL', 'ERROR'].includes(String(logging['level']))) return 'does not log errors';
      return logging['includeExecutionData'] === false ? undefined : 'logs what is in the orders';
    }),
  }),
  advisory('tracing', 'In prod requests are traced.', {
    resource: ({ type, inputs }, production) =>
      production && type === FUNCTION && at(inputs, 'tracingConfig', 'mode') !== 'Active' ? 'is not traced' : undefined,
  }),
];

export interface PolicyFinding extends Finding {
  readonly rule: Rule;
}

/** Everything that is wrong with what a program registers. */
export function findingsOf(resources: readonly Resource[], production: boolean): readonly PolicyFinding[] {
  return RULES.flatMap((rule) => [
    ...resources.flatMap((resource) => {
      const message = rule.resource?.(resource, production);
      return message === undefined ? [] : [{ rule, resource, message }];
    }),
    ...(rule.stack?.(resources, production) ?? []).map((finding) => ({ rule, ...finding })),
  ]);
}
