import type * as dynamodb from '@pulumi/aws/dynamodb/index.js';
import * as pulumi from '@pulumi/pulumi';
import type { AwsFunction } from '../../shared/config/aws.ts';
import type { Consumer } from '../../shared/domain/rules.ts';
import type { Statement } from './component.ts';
import type { Resources, WorkflowResources } from './resources.ts';

/** What a function may do: the calls that its adapters make, on the resources that it makes them on, and nothing else. */
export function statementsOf(
  fn: AwsFunction,
  resources: Resources,
  workflow?: WorkflowResources,
): readonly Statement[] {
  const { store, secrets, storage, notifications, events } = resources;
  const { orders, restaurants, inbox, deadLetters } = store;
  switch (fn) {
    case 'api':
      return [
        table(orders, 'GetItem', 'PutItem', 'BatchGetItem'),
        indexes(orders, 'by-customer', 'by-restaurant', 'by-restaurant-status', 'by-status'),
        table(restaurants, 'GetItem'),
        indexes(restaurants, 'by-id', 'by-cuisine'),
        { actions: ['s3:GetObject'], resources: [pulumi.interpolate`${storage.receipts.arn}/receipts/*`] },
        // Without it a receipt that is missing would look like one that is forbidden.
        { actions: ['s3:ListBucket'], resources: [storage.receipts.arn] },
        secret(secrets.pepper),
      ];
    case 'operations':
      return [
        table(orders, 'GetItem', 'PutItem', 'BatchGetItem', 'Scan'),
        indexes(orders, 'by-due', 'by-swept'),
        // Webhooks are remembered; where payments are simulated there are none.
        ...(secrets.stripeWebhook ? [table(inbox, 'GetItem', 'PutItem')] : []),
        table(deadLetters, 'GetItem', 'UpdateItem', 'DeleteItem'),
        indexes(deadLetters, 'by-time', 'by-queue', 'by-order'),
        { actions: ['events:PutEvents'], resources: [events.bus.arn] },
        sends(...Object.values(events.consumers).map(({ queue }) => queue)),
        secret(secrets.pepper, secrets.stripeKey, secrets.stripeWebhook),
        ...books(resources, 'by-place'),
      ];
    case 'relay':
      return [
        stream(orders),
        { actions: ['events:PutEvents'], resources: [events.bus.arn] },
        { actions: ['s3:PutObject'], resources: [pulumi.interpolate`${storage.undelivered.arn}/*`] },
        { actions: ['s3:ListBucket'], resources: [storage.undelivered.arn] },
        ...starts(workflow),
        ...timers(workflow),
      ];
    case 'segment':
      return [table(orders, 'GetItem', 'PutItem'), ...books(resources), ...stripeKey(resources)];
    case 'sweep':
      return [
        table(orders, 'PutItem', 'BatchGetItem'),
        indexes(orders, 'by-due'),
        ...starts(workflow),
        sends(events.clockDeadLetters),
      ];
    case 'reconcile':
      return [
        table(orders, 'GetItem', 'PutItem'),
        ...books(resources, 'by-place'),
        ...stripeKey(resources),
        sends(events.clockDeadLetters),
      ];
    case 'notify':
      return [
        ...consumes(resources, 'notify'),
        table(orders, 'GetItem'),
        table(restaurants, 'GetItem'),
        table(inbox, 'GetItem', 'PutItem'),
        secret(secrets.smtp),
        // A phone number is no resource: everything may be published to but topics.
        { actions: ['sns:Publish'], resources: ['*'] },
        { effect: 'Deny', actions: ['sns:Publish'], resources: ['arn:aws:sns:*:*:*'] },
      ];
    case 'receipt':
      return [
        ...consumes(resources, 'receipt'),
        table(orders, 'GetItem'),
        { actions: ['s3:PutObject'], resources: [pulumi.interpolate`${storage.receipts.arn}/receipts/*`] },
      ];
    case 'operators':
      return [
        ...consumes(resources, 'operators'),
        table(inbox, 'GetItem', 'PutItem'),
        { actions: ['sns:Publish'], resources: [notifications.operators.arn] },
      ];
    case 'dead-letters':
      return [table(deadLetters, 'PutItem'), receives(Object.values(events.consumers).map(({ dead }) => dead.arn))];
  }
}

function table({ arn }: dynamodb.Table, ...operations: readonly string[]): Statement {
  return { actions: operations.map((operation) => `dynamodb:${operation}`), resources: [arn] };
}

function indexes({ arn }: dynamodb.Table, ...names: readonly string[]): Statement {
  return { actions: ['dynamodb:Query'], resources: names.map((name) => pulumi.interpolate`${arn}/index/${name}`) };
}

function stream({ streamArn }: dynamodb.Table): Statement {
  const actions = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];
  return { actions: actions.map((action) => `dynamodb:${action}`), resources: [streamArn] };
}

/** The simulated gateway's own; whoever reconciles walks them by an index. */
function books({ store: { ledger } }: Resources, index?: string): readonly Statement[] {
  if (!ledger) return [];
  return [table(ledger, 'GetItem', 'PutItem', 'UpdateItem'), ...(index === undefined ? [] : [indexes(ledger, index)])];
}

function stripeKey({ secrets: { stripeKey: key } }: Resources): readonly Statement[] {
  return key ? [secret(key)] : [];
}

function secret(...secrets: readonly ({ readonly arn: pulumi.Output<string> } | undefined)[]): Statement {
  return { actions: ['secretsmanager:GetSecretValue'], resources: secrets.flatMap((one) => (one ? [one.arn] : [])) };
}

function consumes({ store, events }: Resources, consumer: Consumer): readonly Statement[] {
  return [receives([events.consumers[consumer].queue.arn]), table(store.deadLetters, 'PutItem')];
}

function receives(resources: readonly pulumi.Output<string>[]): Statement {
  return { actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], resources };
}

function sends(...queues: readonly { readonly arn: pulumi.Output<string> }[]): Statement {
  return { actions: ['sqs:SendMessage'], resources: queues.map(({ arn }) => arn) };
}

function starts(workflow: WorkflowResources | undefined): readonly Statement[] {
  return workflow ? [{ actions: ['states:StartExecution'], resources: [workflow.machine.arn] }] : [];
}

function timers(workflow: WorkflowResources | undefined): readonly Statement[] {
  if (!workflow) return [];
  const { timers: group, timersRole } = workflow;
  // A schedule's ARN is its group's, with `schedule/<group>/` in place of `schedule-group/`.
  const schedules = group.arn.apply((arn) => `${arn.replace(':schedule-group/', ':schedule/')}/*`);
  return [
    { actions: ['scheduler:CreateSchedule'], resources: [schedules] },
    {
      actions: ['iam:PassRole'],
      resources: [timersRole.arn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    },
  ];
}
