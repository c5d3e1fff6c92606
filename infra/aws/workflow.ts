import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import * as scheduler from '@pulumi/aws/scheduler/index.js';
import * as sfn from '@pulumi/aws/sfn/index.js';
import * as pulumi from '@pulumi/pulumi';
import { assumedBy, Component, type ComponentArgs, policyDocument } from './component.ts';
import type { OrderFunction } from './function.ts';
import type { WorkflowResources } from './resources.ts';
import { stateMachine } from './state-machine.ts';

export interface WorkflowArgs extends ComponentArgs {
  /** Runs the steps. */
  readonly segment: OrderFunction;
}

const RETRY_BASE_MS = 2_000;

/** The state machine that runs a segment, and the group of the timers that start one. */
export class Workflow extends Component implements WorkflowResources {
  readonly machine: sfn.StateMachine;
  readonly timers: scheduler.ScheduleGroup;
  readonly timersRole: iam.Role;

  constructor(name: string, args: WorkflowArgs, options: pulumi.ComponentResourceOptions) {
    super('Workflow', name, options);
    const { config, prefix, segment } = args;
    const parent = { parent: this };
    const logs = new cloudwatch.LogGroup(
      'segments',
      { name: `/aws/vendedlogs/states/${prefix}-segments`, retentionInDays: config.logRetentionDays },
      parent,
    );
    const role = new iam.Role(
      'segments',
      { name: `${prefix}-segments`, assumeRolePolicy: assumedBy('states.amazonaws.com') },
      parent,
    );
    const rights = new iam.RolePolicy(
      'segments',
      {
        role: role.id,
        policy: policyDocument([
          { actions: ['lambda:InvokeFunction'], resources: [segment.lambda.arn] },
          // What Step Functions needs to write logs and traces belongs to no resource.
          { actions: LOG_DELIVERY, resources: ['*'] },
          ...(config.tracing ? [{ actions: TRACES, resources: ['*'] }] : []),
        ]),
      },
      parent,
    );
    this.machine = new sfn.StateMachine(
      'segments',
      {
        name: `${prefix}-segments`,
        type: 'EXPRESS',
        roleArn: role.arn,
        definition: pulumi.jsonStringify(
          segment.lambda.arn.apply((functionArn) => stateMachine({ functionArn, retryBaseMs: RETRY_BASE_MS })),
        ),
        loggingConfiguration: {
          level: 'ERROR',
          includeExecutionData: false,
          logDestination: pulumi.interpolate`${logs.arn}:*`,
        },
        tracingConfiguration: { enabled: config.tracing },
      },
      { ...parent, dependsOn: [rights] },
    );
    this.timers = new scheduler.ScheduleGroup('timers', { name: `${prefix}-timers` }, parent);
    this.timersRole = new iam.Role(
      'timers',
      { name: `${prefix}-timers`, assumeRolePolicy: assumedBy('scheduler.amazonaws.com') },
      parent,
    );
    new iam.RolePolicy(
      'timers',
      {
        role: this.timersRole.id,
        policy: policyDocument([{ actions: ['states:StartExecution'], resources: [this.machine.arn] }]),
      },
      parent,
    );
    this.registerOutputs({ machine: this.machine.arn });
  }
}

const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];
/** Source: docs.aws.amazon.com/step-functions, "IAM policies for X-Ray". */
const TRACES = [
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
