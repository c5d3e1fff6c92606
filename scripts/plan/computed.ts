/** What a cloud says of a resource once there is one, made up: so that everything that follows from it is seen in a plan. */
export interface Computed {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const ACCOUNT = '000000000000';
const REGION = 'eu-central-1';

type Make = (
  name: string,
  inputs: Readonly<Record<string, unknown>>,
) => Partial<Computed['properties']> & { readonly id?: string };

const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

/** By type: whatever the program reads of it. A property that is missing here would be undefined, and be seen by a type or a rule. */
const MADE_UP: Readonly<Record<string, Make>> = {
  'aws:apigatewayv2/api:Api': () => ({
    id: 'api0123abc',
    arn: `arn:aws:apigateway:${REGION}::/apis/api0123abc`,
    apiEndpoint: `https://api0123abc.execute-api.${REGION}.amazonaws.com`,
    executionArn: arn('execute-api', 'api0123abc'),
  }),
  'aws:cloudwatch/eventBus:EventBus': (name) => ({ arn: arn('events', `event-bus/${name}`) }),
  'aws:cloudwatch/eventRule:EventRule': (name, { eventBusName }) => ({
    arn: arn('events', `rule/${eventBusName}/${name}`),
  }),
  'aws:cloudwatch/logGroup:LogGroup': (name) => ({ arn: arn('logs', `log-group:${name}`) }),
  'aws:cognito/userPool:UserPool': () => ({
    id: `${REGION}_0123abc`,
    arn: arn('cognito-idp', `userpool/${REGION}_0123abc`),
  }),
  'aws:cognito/userPoolClient:UserPoolClient': () => ({ id: 'client0123abc' }),
  'aws:dynamodb/table:Table': (name, { streamEnabled }) => ({
    arn: arn('dynamodb', `table/${name}`),
    ...(streamEnabled === true && { streamArn: arn('dynamodb', `table/${name}/stream/2026-01-01T00:00:00.000`) }),
  }),
  'aws:iam/role:Role': (name) => ({ id: name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` }),
  'aws:lambda/eventSourceMapping:EventSourceMapping': (name) => ({ uuid: `${name}-0123abc` }),
  'aws:lambda/function:Function': (name) => ({
    arn: arn('lambda', `function:${name}`),
    invokeArn: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${arn('lambda', `function:${name}`)}/invocations`,
  }),
  'aws:s3/bucket:Bucket': (_, { bucketPrefix }) => ({
    id: `${bucketPrefix}0123abc`,
    bucket: `${bucketPrefix}0123abc`,
    arn: `arn:aws:s3:::${bucketPrefix}0123abc`,
  }),
  'aws:scheduler/scheduleGroup:ScheduleGroup': (name) => ({ arn: arn('scheduler', `schedule-group/${name}`) }),
  'aws:secretsmanager/secret:Secret': (name) => ({ arn: arn('secretsmanager', `secret:${name}-0123ab`) }),
  'aws:sfn/stateMachine:StateMachine': (name) => ({ arn: arn('states', `stateMachine:${name}`) }),
  'aws:sns/topic:Topic': (name) => ({ arn: arn('sns', name) }),
  'aws:sqs/queue:Queue': (name) => ({
    arn: arn('sqs', name),
    url: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`,
  }),
};

/** Of a resource by its type, its name in the program and its inputs. */
export function computedOf(type: string, logicalName: string, inputs: Readonly<Record<string, unknown>>): Computed {
  const name = typeof inputs['name'] === 'string' ? inputs['name'] : logicalName;
  const { id = `${name}-0123abc`, ...properties } = MADE_UP[type]?.(name, inputs) ?? {};
  return { id, properties: { ...(inputs['name'] !== undefined && { name }), ...properties } };
}
