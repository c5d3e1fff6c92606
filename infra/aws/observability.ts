import * as budgets from '@pulumi/aws/budgets/index.js';
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import type * as lambda from '@pulumi/aws/lambda/index.js';
import type * as sns from '@pulumi/aws/sns/index.js';
import * as pulumi from '@pulumi/pulumi';
import type { AwsFunction } from '../../shared/config/aws.ts';
import { CONSUMERS } from '../../shared/domain/rules.ts';
import type { MetricName } from '../../shared/ports/metrics.ts';
import { Component, type ComponentArgs } from './component.ts';
import type { OrderFunction } from './function.ts';
import type { HttpApi } from './http-api.ts';
import type { Resources, WorkflowResources } from './resources.ts';

export interface ObservabilityArgs extends ComponentArgs {
  readonly functions: Readonly<Record<AwsFunction, OrderFunction>>;
  readonly resources: Resources;
  readonly workflow: WorkflowResources;
  readonly api: HttpApi;
  /** What reads the orders' stream. */
  readonly relay: lambda.EventSourceMapping;
}

type Dimensions = Readonly<Record<string, pulumi.Input<string>>>;

interface Alarm {
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Dimensions;
  readonly threshold: number;
  readonly statistic?: 'Maximum' | 'Sum';
  readonly minutes?: number;
  /** Too few of them are wrong, and none at all: what counts them may have stopped. */
  readonly atLeast?: boolean;
}

/** Where the functions' own metrics are, by function: as the functions write them. */
const BUSINESS = 'TricloudOrders';
/** Ten errors in five minutes: the figure of the source documents. */
const MOST_ERRORS = 10;
/** Those that are called by the clock alone do not come to ten: once a day, and five times in five minutes. */
const MOST_ERRORS_OF: Readonly<Partial<Record<AwsFunction, number>>> = { reconcile: 1, sweep: 3 };
/** Whoever gives up on messages, and puts them on the list of dead letters. */
const GIVES_UP = [...CONSUMERS, 'dead-letters'] as const;
const MINUTE_MS = 60_000;

/** Alarms that reach somebody, a dashboard, and a budget. Each alarm has its page in docs/runbooks/alarms-aws.md. */
export class Observability extends Component {
  readonly dashboardUrl: pulumi.Output<string>;

  constructor(name: string, args: ObservabilityArgs, options: pulumi.ComponentResourceOptions) {
    super('Observability', name, options);
    const { config, prefix, resources } = args;
    for (const [key, alarm] of Object.entries(alarmsOf(args)))
      this.alarm(key, prefix, alarm, resources.notifications.alarms);
    const dashboard = new cloudwatch.Dashboard(
      'dashboard',
      { dashboardName: prefix, dashboardBody: dashboardOf(args) },
      { parent: this },
    );
    new budgets.Budget(
      'budget',
      {
        name: prefix,
        budgetType: 'COST',
        limitAmount: String(config.monthlyBudget),
        limitUnit: 'USD',
        timeUnit: 'MONTHLY',
        notifications: ['ACTUAL', 'FORECASTED'].map((notificationType) => ({
          notificationType,
          comparisonOperator: 'GREATER_THAN',
          threshold: 100,
          thresholdType: 'PERCENTAGE',
          subscriberEmailAddresses: [config.operatorsEmail],
        })),
      },
      { parent: this },
    );
    const { awsRegion: region } = config;
    this.dashboardUrl = pulumi.interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs({ dashboardUrl: this.dashboardUrl });
  }

  private alarm(key: string, prefix: string, alarm: Alarm, topic: sns.Topic): void {
    const { description, namespace, metric, dimensions, threshold, statistic = 'Sum', minutes = 5, atLeast } = alarm;
    new cloudwatch.MetricAlarm(
      key,
      {
        name: `${prefix}-${key}`,
        alarmDescription: `${description} See docs/runbooks/alarms-aws.md.`,
        namespace,
        metricName: metric,
        dimensions,
        statistic,
        period: minutes * 60,
        evaluationPeriods: 1,
        threshold,
        comparisonOperator: atLeast ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
        treatMissingData: atLeast ? 'breaching' : 'notBreaching',
        alarmActions: [topic.arn],
        okActions: [topic.arn],
      },
      { parent: this },
    );
  }
}

function alarmsOf(args: ObservabilityArgs): Readonly<Record<string, Alarm>> {
  const { api, config, functions, relay, resources, workflow } = args;
  const alarms: Record<string, Alarm> = {};
  for (const [fn, { lambda }] of Object.entries(functions)) {
    const dimensions = { FunctionName: lambda.name };
    const of = (metric: string, threshold: number, description: string): Alarm => ({
      namespace: 'AWS/Lambda',
      metric,
      dimensions,
      threshold,
      description,
    });
    const most = MOST_ERRORS_OF[fn as AwsFunction] ?? MOST_ERRORS;
    alarms[`${fn}-errors`] = of('Errors', most, `The function ${fn} fails.`);
    alarms[`${fn}-throttles`] = of('Throttles', 1, `The function ${fn} is throttled.`);
  }
  const queues = CONSUMERS.map((consumer) => [consumer, resources.events.consumers[consumer].dead] as const);
  for (const [key, queue] of [...queues, ['clock', resources.events.clockDeadLetters] as const]) {
    alarms[`${key}-dead-letters`] = {
      description: `Messages stay in the dead-letter queue of ${key}.`,
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queue.name },
      threshold: 1,
      statistic: 'Maximum',
    };
  }
  const business = (metric: MetricName, fn: AwsFunction, description: string): Alarm => ({
    description,
    namespace: BUSINESS,
    metric,
    dimensions: { Environment: config.environment, Function: fn },
    threshold: 1,
  });
  for (const fn of GIVES_UP) {
    alarms[`${fn}-gave-up`] = business('DeadLetters', fn, `Messages are on the list of dead letters, by ${fn}.`);
  }
  const givenUp = (metric: string, description: string): Alarm => ({
    description,
    namespace: 'AWS/Lambda',
    metric,
    dimensions: { EventSourceMappingUUID: relay.uuid },
    threshold: 1,
  });
  return {
    ...alarms,
    'relay-undelivered': givenUp(
      'OnFailureDestinationDeliveredEventCount',
      'Records of the stream were given up on, and are in the bucket of what was not delivered.',
    ),
    'relay-dropped': givenUp('DroppedEventCount', 'Records of the stream were given up on, and not even kept.'),
    'relay-behind': {
      description: 'Events and segments are late: the stream is not read fast enough.',
      namespace: 'AWS/Lambda',
      metric: 'IteratorAge',
      dimensions: { FunctionName: functions.relay.lambda.name },
      threshold: 5 * MINUTE_MS,
      statistic: 'Maximum',
    },
    'failed-executions': {
      description: 'Segments fail with a defect.',
      namespace: 'AWS/States',
      metric: 'ExecutionsFailed',
      dimensions: { StateMachineArn: workflow.machine.arn },
      threshold: MOST_ERRORS,
    },
    'timed-out-executions': {
      description: 'Segments take longer than their state machine lets them.',
      namespace: 'AWS/States',
      metric: 'ExecutionsTimedOut',
      dimensions: { StateMachineArn: workflow.machine.arn },
      threshold: 1,
    },
    'api-5xx': {
      description: 'The API answers with 5xx: its own, and those of its functions.',
      namespace: 'AWS/ApiGateway',
      metric: '5xx',
      dimensions: { ApiId: api.id },
      threshold: MOST_ERRORS,
    },
    'sweep-silent': {
      description: 'The sweeper is not called: what was lost stays lost.',
      namespace: 'AWS/Lambda',
      metric: 'Invocations',
      dimensions: { FunctionName: functions.sweep.lambda.name },
      threshold: 1,
      atLeast: true,
    },
    // One that does not get on is started again four times in a quarter of an hour; one that was lost, once.
    'orders-stuck': {
      ...business('OrdersStuck', 'sweep', 'Orders are past due, and were started again.'),
      threshold: 3,
      minutes: 15,
    },
    'payment-differences': business(
      'PaymentDiscrepancies',
      'reconcile',
      'Orders and the books of the provider differ.',
    ),
    'refund-failed': business('RefundsFailed', 'relay', 'A refund failed: the customer waits for their money.'),
    'orders-lost': business('OrderCreationErrors', 'api', 'Orders could not be taken.'),
  };
}

/** A row each for functions, tables, queues and the business. */
function dashboardOf({ config, functions, resources }: ObservabilityArgs): pulumi.Output<string> {
  const region = config.awsRegion;
  const widget = (title: string, x: number, y: number, metrics: readonly pulumi.Input<unknown>[]) => ({
    type: 'metric',
    x,
    y,
    width: 12,
    height: 6,
    properties: { title, region, stat: 'Sum', period: 300, view: 'timeSeries', metrics },
  });
  const lambdas = Object.values(functions).map(({ lambda }) => lambda.name);
  const { orders, inbox } = resources.store;
  const queues = CONSUMERS.map((consumer) => resources.events.consumers[consumer]);
  // The most that there were: a sum would count a message again for each minute that it waits.
  const depth = (queue: pulumi.Output<string>) => [
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    'QueueName',
    queue,
    { stat: 'Maximum' },
  ];
  const business = (metric: MetricName, fn: AwsFunction) => [
    BUSINESS,
    metric,
    'Environment',
    config.environment,
    'Function',
    fn,
  ];
  return pulumi.jsonStringify({
    widgets: [
      widget(
        'Functions: errors',
        0,
        0,
        lambdas.map((fn) => ['AWS/Lambda', 'Errors', 'FunctionName', fn]),
      ),
      widget(
        'Functions: invocations',
        12,
        0,
        lambdas.map((fn) => ['AWS/Lambda', 'Invocations', 'FunctionName', fn]),
      ),
      widget(
        'Tables: write units',
        0,
        6,
        [orders, inbox].map(({ name }) => ['AWS/DynamoDB', 'ConsumedWriteCapacityUnits', 'TableName', name]),
      ),
      widget(
        'Tables: throttled',
        12,
        6,
        [orders, inbox].map(({ name }) => ['AWS/DynamoDB', 'WriteThrottleEvents', 'TableName', name]),
      ),
      widget(
        'Queues: waiting',
        0,
        12,
        queues.map(({ queue }) => depth(queue.name)),
      ),
      widget(
        'Queues: given up on',
        12,
        12,
        GIVES_UP.map((fn) => business('DeadLetters', fn)),
      ),
      widget('Orders', 0, 18, [
        business('OrdersCreated', 'relay'),
        business('PaymentFailures', 'relay'),
        business('OrdersStuck', 'sweep'),
      ]),
      widget('Money', 12, 18, [
        business('OrderValue', 'relay'),
        business('RefundsFailed', 'relay'),
        business('PaymentDiscrepancies', 'reconcile'),
      ]),
    ],
  });
}
