/** A resource as a program registers it. What is known only later is any other text. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
}

export interface Rule {
  readonly name: string;
  readonly description: string;
  /** `mandatory` stops a deployment; `advisory` is only told. */
  readonly level: 'mandatory' | 'advisory';
  /** What is wrong with one resource; nothing where it keeps the rule, or is none of its business. */
  readonly resource?: (resource: Resource, production: boolean) => string | undefined;
  /** What is wrong with resources together, by resource. */
  readonly stack?: (resources: readonly Resource[], production: boolean) => readonly Finding[];
}

export interface Finding {
  readonly resource: Resource;
  readonly message: string;
}

type Check = (inputs: Fields, resource: Resource) => string | undefined;
type Fields = Readonly<Record<string, unknown>>;

/** A rule about all resources of one type. */
function of(type: string, check: Check): (resource: Resource) => string | undefined {
  return (resource) => (resource.type === type ? check(resource.inputs, resource) : undefined);
}

const all = (resources: readonly Resource[], type: string): readonly Resource[] =>
  resources.filter((resource) => resource.type === type);
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
const at = (inputs: Fields, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => fieldsOf(value)[key], inputs);

const BUCKET = 'aws:s3/bucket:Bucket';
const FUNCTION = 'aws:lambda/function:Function';
const LOG_GROUP = 'aws:cloudwatch/logGroup:LogGroup';
const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const QUEUE = 'aws:sqs/queue:Queue';
const ROLE = 'aws:iam/role:Role';
const ROLE_POLICY = 'aws:iam/rolePolicy:RolePolicy';
const RULE_TARGET = 'aws:cloudwatch/eventTarget:EventTarget';
const TABLE = 'aws:dynamodb/table:Table';
const DEAD = /-dead-letters$/;
/** Rights that AWS gives on no resource: https://docs.aws.amazon.com/service-authorization, "Resource types" of each action. */
const WITHOUT_RESOURCE = [
  'logs:*LogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:*LogDeliveries',
  'logs:PutResourcePolicy',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
/** For everybody: health, the description, and webhooks, which are signed. */
const OPEN_ROUTES: readonly string[] = ['GET /healthz', 'GET /openapi.json', 'POST /v1/webhooks/{proxy+}'];

const SUPPORTED = ['nodejs24.x', 'nodejs22.x'];
const KEEPS_DATA = [TABLE, BUCKET, 'aws:cognito/userPool:UserPool', 'aws:secretsmanager/secret:Secret'];
const SECRET_NAME = /(_KEY|PASSWORD|PEPPER|SECRET|TOKEN)$/;
const SECRET_VALUE = /sk_(test|live)_|whsec_|-----BEGIN|AKIA[0-9A-Z]{16}|:\/\/[^/\s:]+:[^/\s@]+@/;

interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Of a policy document; none where it is known only later. */
function statementsOf(document: unknown): readonly Statement[] {
  if (typeof document !== 'string' || !document.startsWith('{')) return [];
  const statements = listOf(fieldsOf(JSON.parse(document))['Statement']).map(fieldsOf);
  return statements.map((statement) => ({
    effect: String(statement['Effect']),
    actions: listOf(statement['Action']).map(String),
    resources: listOf(statement['Resource']).map(String),
  }));
}

const granted = (inputs: Fields): readonly Statement[] =>
  statementsOf(inputs['policy']).filter(({ effect }) => effect === 'Allow');

function matchesAny(action: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(action));
}

/** A statement on everything is only right where there is nothing to name; a Deny on topics makes texts to phones of it. */
function isTooWide({ actions, resources }: Statement, statements: readonly Statement[]): boolean {
  if (!resources.includes('*')) return false;
  const denied = statements.some(
    ({ effect, actions: forbidden, resources: on }) =>
      effect === 'Deny' && forbidden.includes('sns:Publish') && on.includes('arn:aws:sns:*:*:*'),
  );
  return !actions.every((action) => matchesAny(action, WITHOUT_RESOURCE) || (denied && action === 'sns:Publish'));
}

const mandatory = (name: string, description: string, check: Pick<Rule, 'resource' | 'stack'>): Rule => ({
  name,
  description,
  level: 'mandatory',
  ...check,
});
const advisory = (name: string, description: string, check: Pick<Rule, 'resource' | 'stack'>): Rule => ({
  name,
  description,
  level: 'advisory',
  ...check,
});

/** Buckets and what has to stand beside each of them. */
const besideBucket = (type: string, message: string, isGood: (inputs: Fields) => boolean): Pick<Rule, 'stack'> => ({
  stack: (resources) =>
    all(resources, BUCKET)
      .filter(({ name }) => !all(resources, type).some((beside) => beside.name === name && isGood(beside.inputs)))
      .map((resource) => ({ resource, message })),
});

export const RULES: readonly Rule[] = [
  mandatory(
    'bucket-public-access',
    'No bucket can be made public.',
    besideBucket(
      'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
      'has no block of public access with all four settings',
      (inputs) =>
        ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'].every(
          (key) => inputs[key] === true,
        ),
    ),
  ),
  mandatory(
    'bucket-tls',
    'Buckets take no request without TLS 1.2 or later.',
    besideBucket(
      'aws:s3/bucketPolicy:BucketPolicy',
      'has no policy that refuses requests without TLS 1.2',
      ({ policy }) =>
        typeof policy === 'string' &&
        (!policy.startsWith('{') || (policy.includes('aws:SecureTransport') && policy.includes('s3:TlsVersion'))),
    ),
  ),
  mandatory(
    'bucket-encryption',
    'Buckets are encrypted.',
    besideBucket(
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
      'is not encrypted by a rule of its own',
      ({ rules }) => listOf(rules).length > 0,
    ),
  ),
  mandatory(
    'bucket-versioning',
    'What is overwritten or deleted in a bucket can be had again.',
    besideBucket(
      'aws:s3/bucketVersioning:BucketVersioning',
      'is not versioned',
      (inputs) => at(inputs, 'versioningConfiguration', 'status') === 'Enabled',
    ),
  ),
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
  mandatory('no-wildcard-actions', 'No role may do everything.', {
    resource: of(ROLE_POLICY, (inputs) => {
      const wide = granted(inputs)
        .flatMap(({ actions }) => actions)
        .find((action) => action.includes('*'));
      return wide === undefined ? undefined : `allows ${wide}: name the actions`;
    }),
  }),
  mandatory('no-wildcard-resources', 'No role may act on everything.', {
    resource: of(ROLE_POLICY, (inputs) => {
      const statements = statementsOf(inputs['policy']);
      const wide = granted(inputs).find((statement) => isTooWide(statement, statements));
      return wide && `allows ${wide.actions.join(', ')} on everything: name the resources`;
    }),
  }),
  mandatory('no-managed-policies', 'Rights are written out: a managed policy grants more than a function needs.', {
    resource: (resource) => {
      if (resource.type === 'aws:iam/rolePolicyAttachment:RolePolicyAttachment') return 'attaches a managed policy';
      return resource.type === ROLE && resource.inputs['managedPolicyArns'] !== undefined
        ? 'has managed policies'
        : undefined;
    },
  }),
  mandatory('role-per-function', 'Each function has a role of its own.', {
    stack: (resources) => {
      const roles = all(resources, ROLE).map(({ name }) => name);
      return all(resources, FUNCTION)
        .filter(({ name }) => !roles.includes(name))
        .map((resource) => ({ resource, message: 'has no role of its own' }));
    },
  }),
  mandatory('log-retention', 'Logs are kept for a time that somebody has chosen.', {
    resource: of(LOG_GROUP, ({ retentionInDays }) =>
      typeof retentionInDays === 'number' && retentionInDays > 0 ? undefined : 'has no retention',
    ),
  }),
  mandatory('queue-dead-letters', 'What a queue cannot hand out ends in a dead-letter queue.', {
    resource: of(QUEUE, ({ redrivePolicy }, { name }) =>
      redrivePolicy !== undefined || DEAD.test(name) ? undefined : 'has no dead-letter queue',
    ),
  }),
  mandatory('rule-dead-letters', 'What a rule cannot deliver is tried again, and ends in a dead-letter queue.', {
    resource: of(RULE_TARGET, (inputs) => {
      if (at(inputs, 'deadLetterConfig', 'arn') === undefined) return 'has no dead-letter queue';
      return inputs['retryPolicy'] === undefined ? 'does not say how often it is tried' : undefined;
    }),
  }),
  mandatory('stream-dead-letters', 'What a consumer of a stream gives up on is kept.', {
    resource: of(MAPPING, (inputs) => {
      if (inputs['startingPosition'] === undefined) return undefined;
      if (at(inputs, 'destinationConfig', 'onFailure', 'destinationArn') === undefined)
        return 'has no destination for what fails';
      return inputs['maximumRecordAgeInSeconds'] === undefined ? 'does not say for how long it tries' : undefined;
    }),
  }),
  mandatory('partial-batches', 'One bad message of a batch does not take the others with it.', {
    resource: of(MAPPING, ({ functionResponseTypes }) =>
      listOf(functionResponseTypes).includes('ReportBatchItemFailures')
        ? undefined
        : 'does not report failures of single items',
    ),
  }),
  mandatory('dead-letter-alarms', 'Each dead-letter queue has an alarm that reaches somebody.', {
    stack: (resources) => {
      const watched = all(resources, 'aws:cloudwatch/metricAlarm:MetricAlarm')
        .filter(
          ({ inputs }) =>
            inputs['metricName'] === 'ApproximateNumberOfMessagesVisible' && listOf(inputs['alarmActions']).length > 0,
        )
        .map(({ inputs }) => at(inputs, 'dimensions', 'QueueName'));
      return all(resources, QUEUE)
        .filter(({ name, inputs }) => DEAD.test(name) && !watched.includes(inputs['name']))
        .map((resource) => ({ resource, message: 'has no alarm with an action' }));
    },
  }),
  mandatory('alarm-actions', 'Alarms reach somebody.', {
    resource: of('aws:cloudwatch/metricAlarm:MetricAlarm', ({ alarmActions }) =>
      listOf(alarmActions).length > 0 ? undefined : 'has no action',
    ),
  }),
  mandatory('supported-runtime', 'Functions run on a runtime that is supported, on Graviton.', {
    resource: of(FUNCTION, ({ runtime, architectures }) => {
      if (!SUPPORTED.includes(String(runtime))) return `runs on ${runtime}: use ${SUPPORTED[0]}`;
      return listOf(architectures).includes('arm64') ? undefined : 'does not run on arm64';
    }),
  }),
  mandatory('no-plain-secrets', 'Secrets are given by name, never by value.', {
    resource: of(FUNCTION, (inputs) => {
      const variables = Object.entries(fieldsOf(at(inputs, 'environment', 'variables')));
      const plain = variables.find(
        ([key, value]) =>
          SECRET_VALUE.test(String(value)) ||
          (SECRET_NAME.test(key) && !key.endsWith('_SECRET') && key !== 'STRIPE_KEY_SECRET'),
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
      return type === 'aws:cognito/userPool:UserPool' && inputs['deletionProtection'] !== 'ACTIVE'
        ? 'has no deletion protection'
        : undefined;
    },
  }),
  mandatory('default-tags', 'Everything says which project and environment it belongs to.', {
    resource: of('pulumi:providers:aws', ({ defaultTags }) => {
      const tags = fieldsOf(
        at(fieldsOf(typeof defaultTags === 'string' ? JSON.parse(defaultTags) : defaultTags), 'tags'),
      );
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
