import * as iam from '@pulumi/aws/iam/index.js';
import * as lambda from '@pulumi/aws/lambda/index.js';
import * as scheduler from '@pulumi/aws/scheduler/index.js';
import type * as sqs from '@pulumi/aws/sqs/index.js';
import type * as pulumi from '@pulumi/pulumi';
import type { AwsFunction } from '../../shared/config/aws.ts';
import { CONSUMERS } from '../../shared/domain/rules.ts';
import { assumedBy, Component, type ComponentArgs, policyDocument } from './component.ts';
import type { OrderFunction } from './function.ts';
import type { Resources } from './resources.ts';

export interface TriggersArgs extends ComponentArgs {
  readonly functions: Readonly<Record<AwsFunction, OrderFunction>>;
  readonly resources: Resources;
}

/** A stream keeps records for a day; what cannot be relayed for six hours goes to the bucket, and holds up the rest no longer. */
const SIX_HOURS = 6 * 3_600;

/** What calls the functions: the orders' stream, the queues, and the clock. */
export class Triggers extends Component {
  readonly relay: lambda.EventSourceMapping;

  constructor(name: string, args: TriggersArgs, options: pulumi.ComponentResourceOptions) {
    super('Triggers', name, options);
    const { functions, resources } = args;
    this.relay = new lambda.EventSourceMapping(
      'relay',
      {
        functionName: functions.relay.lambda.arn,
        eventSourceArn: resources.store.orders.streamArn,
        startingPosition: 'TRIM_HORIZON',
        batchSize: 10,
        parallelizationFactor: 4,
        bisectBatchOnFunctionError: true,
        functionResponseTypes: ['ReportBatchItemFailures'],
        maximumRecordAgeInSeconds: SIX_HOURS,
        maximumRetryAttempts: 10_000,
        destinationConfig: { onFailure: { destinationArn: resources.storage.undelivered.arn } },
        // Without it nothing counts what goes to the bucket.
        metricsConfig: { metrics: ['EventCount'] },
      },
      { parent: this },
    );
    for (const consumer of CONSUMERS) {
      const { queue, dead } = resources.events.consumers[consumer];
      this.queue(consumer, queue, functions[consumer]);
      this.queue(`${consumer}-dead-letters`, dead, functions['dead-letters']);
    }
    this.clock('sweep', 'rate(1 minute)', args);
    this.clock('reconcile', 'rate(1 day)', args);
    this.registerOutputs();
  }

  private queue(key: string, { arn }: sqs.Queue, { lambda: target }: OrderFunction): void {
    new lambda.EventSourceMapping(
      key,
      {
        functionName: target.arn,
        eventSourceArn: arn,
        batchSize: 10,
        functionResponseTypes: ['ReportBatchItemFailures'],
        scalingConfig: { maximumConcurrency: 50 },
      },
      { parent: this },
    );
  }

  private clock(
    fn: 'reconcile' | 'sweep',
    scheduleExpression: string,
    { functions, prefix, resources }: TriggersArgs,
  ): void {
    const { arn, name } = functions[fn].lambda;
    const named = { name: `${prefix}-${fn}-clock`, assumeRolePolicy: assumedBy('scheduler.amazonaws.com') };
    const role = new iam.Role(`${fn}-clock`, named, { parent: this });
    const rights = [
      { actions: ['lambda:InvokeFunction'], resources: [arn] },
      { actions: ['sqs:SendMessage'], resources: [resources.events.clockDeadLetters.arn] },
    ];
    const policy = { role: role.id, policy: policyDocument(rights) };
    const granted = new iam.RolePolicy(`${fn}-clock`, policy, { parent: this });
    new scheduler.Schedule(
      `${fn}-clock`,
      {
        name: `${prefix}-${fn}`,
        scheduleExpression,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn,
          roleArn: role.arn,
          retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 1 },
          deadLetterConfig: { arn: resources.events.clockDeadLetters.arn },
        },
      },
      { parent: this, dependsOn: [granted] },
    );
    // The clock hands a call over and does not wait: what fails is Lambda's to try again. The next tick does what this one did not.
    new lambda.FunctionEventInvokeConfig(
      `${fn}-clock`,
      {
        functionName: name,
        maximumEventAgeInSeconds: 60,
        maximumRetryAttempts: 0,
        destinationConfig: { onFailure: { destination: resources.events.clockDeadLetters.arn } },
      },
      { parent: this },
    );
  }
}
