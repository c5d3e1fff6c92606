import type { Plan } from '../../scripts/plan/recorded.ts';
import type { AwsFunction } from '../../shared/config/aws.ts';
import type { AwsCall } from '../platforms/aws/deployment.ts';
import { all, resource } from './planned-wiring.ts';

/** One action on one resource, as a policy has them: `dynamodb:GetItem arn:aws:dynamodb:...`. */
export type Right = string;

const ACCOUNT = 'eu-central-1:000000000000';
const RECEIVES = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const READS_STREAM = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
  (one) => `dynamodb:${one}`,
);

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** What the policy of a role grants. */
export function grantedTo(plan: Plan, role: string): readonly Right[] {
  return sorted(
    statementsOf(plan, role)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(rightsOf),
  );
}

/** What it forbids all the same. */
export function forbiddenTo(plan: Plan, role: string): readonly Right[] {
  return sorted(
    statementsOf(plan, role)
      .filter(({ Effect }) => Effect === 'Deny')
      .flatMap(rightsOf),
  );
}

function statementsOf(plan: Plan, role: string): readonly Statement[] {
  const { policy } = resource(plan, 'iam/rolePolicy:RolePolicy', role).inputs;
  return (JSON.parse(String(policy)) as { Statement: Statement[] }).Statement;
}

function rightsOf({ Action, Resource }: Statement): readonly Right[] {
  return Action.flatMap((action) => Resource.map((on) => `${action} ${on}`));
}

/** The rights that a function's calls have shown to be needed: as its policy has to have them, word for word. */
export function usedBy(plan: Plan, calls: readonly AwsCall[], fn: AwsFunction): readonly Right[] {
  return sorted(calls.filter((call) => call.fn === fn).map((call) => rightOf(plan, call)));
}

function rightOf(plan: Plan, { operation, input }: AwsCall): Right {
  const text = (key: string) => String(input[key]);
  switch (operation) {
    case 'CreateSchedule':
      return `scheduler:CreateSchedule arn:aws:scheduler:${ACCOUNT}:schedule/${text('GroupName')}/*`;
    case 'GetObject':
    case 'PutObject':
      return `s3:${operation} arn:aws:s3:::${text('Bucket')}/${text('Key').split('/')[0]}/*`;
    case 'GetSecretValue':
      return `secretsmanager:GetSecretValue ${secretArn(plan, text('SecretId'))}`;
    case 'Publish':
      return `sns:Publish ${input['TopicArn'] ?? '*'}`;
    case 'PutEvents': {
      const [entry] = input['Entries'] as readonly { readonly EventBusName: string }[];
      return `events:PutEvents arn:aws:events:${ACCOUNT}:event-bus/${entry?.EventBusName}`;
    }
    case 'SendMessage':
      return `sqs:SendMessage arn:aws:sqs:${ACCOUNT}:${text('QueueUrl').split('/').at(-1)}`;
    case 'StartExecution':
      return `states:StartExecution ${text('stateMachineArn')}`;
    default: {
      const { TableName: table, IndexName: index, RequestItems: items } = input;
      const name = typeof items === 'object' && items !== null ? Object.keys(items)[0] : table;
      const arn = `arn:aws:dynamodb:${ACCOUNT}:table/${name}`;
      return `dynamodb:${operation} ${index === undefined ? arn : `${arn}/index/${index}`}`;
    }
  }
}

/** Of a secret by its name: Secrets Manager adds six characters. */
function secretArn(plan: Plan, name: string): string {
  const arns = all<{ policy: string }>(plan, 'iam/rolePolicy:RolePolicy').flatMap(
    ({ inputs: { policy } }) => policy.match(/arn:aws:secretsmanager:[^"]+/g) ?? [],
  );
  return arns.find((arn) => arn.replace(/-[^-]{6}$/, '').endsWith(`:secret:${name}`)) ?? `no secret ${name}`;
}

/** What Lambda and the services behind its calls need of a function's role, by what the plan says that it is connected to. */
export function neededBeside(plan: Plan, calls: readonly AwsCall[], fn: AwsFunction): readonly Right[] {
  const { name, environment, tracingConfig } = resource(plan, 'lambda/function:Function', fn).inputs as {
    name: string;
    environment: { variables: Record<string, string> };
    tracingConfig: { mode: string };
  };
  const { SCHEDULE_ROLE_ARN: timers = '', RECEIPTS_BUCKET: receipts } = environment.variables;
  const schedules = calls.some((call) => call.fn === fn && call.operation === 'CreateSchedule');
  const mappings = all<Mapping>(plan, 'lambda/eventSourceMapping:EventSourceMapping').filter(({ inputs }) =>
    inputs.functionName.endsWith(`:${name}`),
  );
  const invocations = all<Invocation>(plan, 'lambda/functionEventInvokeConfig:FunctionEventInvokeConfig').filter(
    ({ inputs }) => inputs.functionName === name,
  );
  return sorted([
    ...on(`arn:aws:logs:${ACCOUNT}:log-group:/aws/lambda/${name}:*`, ['logs:CreateLogStream', 'logs:PutLogEvents']),
    ...(tracingConfig.mode === 'Active' ? on('*', ['xray:PutTelemetryRecords', 'xray:PutTraceSegments']) : []),
    ...mappings.flatMap(({ inputs }) => neededBy(inputs)),
    // Lambda sends what failed by the function's own role.
    ...invocations.flatMap(({ inputs }) => on(inputs.destinationConfig.onFailure.destination, ['sqs:SendMessage'])),
    // A schedule acts by a role that is handed to it.
    ...(schedules ? on(timers, ['iam:PassRole']) : []),
    // Without it a receipt that is missing would look like one that is forbidden.
    ...(receipts !== undefined && fn === 'api' ? on(`arn:aws:s3:::${receipts}`, ['s3:ListBucket']) : []),
  ]);
}

interface Invocation {
  readonly functionName: string;
  readonly destinationConfig: { readonly onFailure: { readonly destination: string } };
}

interface Mapping {
  readonly functionName: string;
  readonly eventSourceArn: string;
  readonly destinationConfig?: { readonly onFailure: { readonly destinationArn: string } };
}

function neededBy({ eventSourceArn, destinationConfig }: Mapping): readonly Right[] {
  const bucket = destinationConfig?.onFailure.destinationArn;
  return [
    ...on(eventSourceArn, eventSourceArn.startsWith('arn:aws:sqs:') ? RECEIVES : READS_STREAM),
    ...(bucket === undefined ? [] : [...on(bucket, ['s3:ListBucket']), ...on(`${bucket}/*`, ['s3:PutObject'])]),
  ];
}

export function on(resourceArn: string, actions: readonly string[]): readonly Right[] {
  return actions.map((action) => `${action} ${resourceArn}`);
}

export function sorted(rights: readonly Right[]): readonly Right[] {
  return [...new Set(rights)].toSorted();
}
