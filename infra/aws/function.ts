import { join } from 'node:path';
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import * as lambda from '@pulumi/aws/lambda/index.js';
import * as pulumi from '@pulumi/pulumi';
import type { AwsFunction } from '../../shared/config/aws.ts';
import { assumedBy, Component, type ComponentArgs, policyDocument, type Statement } from './component.ts';

export interface OrderFunctionArgs extends ComponentArgs {
  readonly fn: AwsFunction;
  /** The folder with the functions' bundles. */
  readonly bundles: string;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** What it may do, beside writing its log. */
  readonly statements: readonly Statement[];
}

interface Size {
  readonly timeout: number;
  readonly memorySize: number;
}

const USUAL: Size = { timeout: 30, memorySize: 512 };
/** A step must end before the state machine gives it up (13 s at least), and a call before its HTTP API does (29 s). */
const SIZES: Readonly<Partial<Record<AwsFunction, Size>>> = {
  api: { timeout: 10, memorySize: 1_024 },
  operations: { timeout: 28, memorySize: 512 },
  segment: { timeout: 12, memorySize: 512 },
  relay: { timeout: 60, memorySize: 512 },
  sweep: { timeout: 55, memorySize: 512 },
  reconcile: { timeout: 900, memorySize: 512 },
};

/** A function with a role, a log group and rights of its own. */
export class OrderFunction extends Component {
  readonly lambda: lambda.Function;
  readonly logs: cloudwatch.LogGroup;

  constructor(args: OrderFunctionArgs, options: pulumi.ComponentResourceOptions) {
    const { fn, config, prefix, bundles, environment, statements } = args;
    super('Function', fn, options);
    const parent = { parent: this };
    const name = `${prefix}-${fn}`;
    this.logs = new cloudwatch.LogGroup(
      fn,
      { name: `/aws/lambda/${name}`, retentionInDays: config.logRetentionDays },
      parent,
    );
    const role = new iam.Role(fn, { name, assumeRolePolicy: assumedBy('lambda.amazonaws.com') }, parent);
    const policy = new iam.RolePolicy(
      fn,
      { role: role.id, policy: policyDocument([...statements, ...this.ownStatements(config.tracing)]) },
      parent,
    );
    this.lambda = new lambda.Function(
      fn,
      {
        name,
        role: role.arn,
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        handler: 'index.handler',
        code: new pulumi.asset.FileArchive(join(bundles, 'aws', fn)),
        ...(SIZES[fn] ?? USUAL),
        environment: { variables: { ...environment, NODE_OPTIONS: '--enable-source-maps' } },
        loggingConfig: { logFormat: 'Text', logGroup: this.logs.name },
        tracingConfig: { mode: config.tracing ? 'Active' : 'PassThrough' },
        ...(fn === 'api' && config.apiConcurrency > 0 && { reservedConcurrentExecutions: config.apiConcurrency }),
      },
      { ...parent, dependsOn: [policy] },
    );
    this.registerOutputs({ arn: this.lambda.arn });
  }

  private ownStatements(tracing: boolean): readonly Statement[] {
    const logs = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [pulumi.interpolate`${this.logs.arn}:*`],
    };
    // Traces belong to no resource.
    const traces = { actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] };
    return tracing ? [logs, traces] : [logs];
  }
}
