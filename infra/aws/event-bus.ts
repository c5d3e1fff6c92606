import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as sqs from '@pulumi/aws/sqs/index.js';
import * as pulumi from '@pulumi/pulumi';
import { eventPatternOf } from '../../shared/adapters/aws/event-patterns.ts';
import { deadLetterQueueName, MAX_RECEIVES } from '../../shared/config/aws.ts';
import { CONSUMERS, type Consumer } from '../../shared/domain/rules.ts';
import { Component, type ComponentArgs } from './component.ts';

export interface ConsumerQueue {
  readonly queue: sqs.Queue;
  readonly dead: sqs.Queue;
}

/** A consumer's function may take 30 s for a batch: a message is not handed out again while that may be at work. */
const CONSUMER_TIMEOUT_SECONDS = 30;
const VISIBILITY_SECONDS = 6 * CONSUMER_TIMEOUT_SECONDS;
const FOURTEEN_DAYS = 14 * 86_400;
/** What failed of the clock was made good by the next tick: it is kept for as long as its alarm should be on. */
const ONE_DAY = 86_400;
/** What EventBridge cannot hand to a queue within a day is a dead letter. */
const DELIVERY = { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 };

/** The bus with its archive, and for each consumer a rule, a queue and a dead-letter queue. */
export class EventBus extends Component {
  readonly bus: cloudwatch.EventBus;
  readonly consumers: Readonly<Record<Consumer, ConsumerQueue>>;
  /** Calls of the clock that did not reach their function, or failed in it. */
  readonly clockDeadLetters: sqs.Queue;

  constructor(name: string, args: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('EventBus', name, options);
    const { config, prefix } = args;
    this.bus = new cloudwatch.EventBus('bus', { name: prefix }, { parent: this });
    new cloudwatch.EventArchive(
      'archive',
      { name: `${prefix}-archive`, eventSourceArn: this.bus.arn, retentionDays: config.eventArchiveDays },
      { parent: this },
    );
    const queues = CONSUMERS.map((consumer) => [consumer, this.consumer(consumer, args)] as const);
    this.consumers = Object.fromEntries(queues) as Record<Consumer, ConsumerQueue>;
    this.clockDeadLetters = new sqs.Queue(
      'clock-dead-letters',
      { name: `${prefix}-clock-dead-letters`, messageRetentionSeconds: ONE_DAY, sqsManagedSseEnabled: true },
      { parent: this },
    );
    const onlyTls = policyOf(onlyByTls(this.clockDeadLetters));
    new sqs.QueuePolicy(
      'clock-dead-letters',
      { queueUrl: this.clockDeadLetters.url, policy: onlyTls },
      { parent: this },
    );
    this.registerOutputs({ bus: this.bus.name });
  }

  private consumer(consumer: Consumer, { prefix }: ComponentArgs): ConsumerQueue {
    const parent = { parent: this };
    const dead = new sqs.Queue(
      `${consumer}-dead-letters`,
      {
        name: deadLetterQueueName(prefix, consumer),
        messageRetentionSeconds: FOURTEEN_DAYS,
        visibilityTimeoutSeconds: VISIBILITY_SECONDS,
        sqsManagedSseEnabled: true,
      },
      parent,
    );
    const queue = new sqs.Queue(
      consumer,
      {
        name: `${prefix}-${consumer}`,
        messageRetentionSeconds: FOURTEEN_DAYS,
        visibilityTimeoutSeconds: VISIBILITY_SECONDS,
        sqsManagedSseEnabled: true,
        redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: MAX_RECEIVES }),
      },
      parent,
    );
    const rule = new cloudwatch.EventRule(
      consumer,
      {
        name: `${prefix}-${consumer}`,
        description: `What ${consumer} hears of`,
        eventBusName: this.bus.name,
        eventPattern: JSON.stringify(eventPatternOf(consumer)),
      },
      parent,
    );
    for (const [key, target] of [
      [consumer, queue],
      [`${consumer}-dead-letters`, dead],
    ] as const) {
      new sqs.QueuePolicy(
        key,
        { queueUrl: target.url, policy: policyOf(fromRule(target, rule), onlyByTls(target)) },
        parent,
      );
    }
    new cloudwatch.EventTarget(
      consumer,
      {
        rule: rule.name,
        eventBusName: this.bus.name,
        arn: queue.arn,
        // The event alone: what a consumer takes is the same on every platform.
        inputPath: '$.detail',
        retryPolicy: DELIVERY,
        deadLetterConfig: { arn: dead.arn },
      },
      parent,
    );
    return { queue, dead };
  }
}

function policyOf(...statements: readonly object[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: '2012-10-17', Statement: statements });
}

function fromRule(queue: sqs.Queue, rule: cloudwatch.EventRule): object {
  return {
    Sid: 'FromTheRule',
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue.arn,
    Condition: { ArnEquals: { 'aws:SourceArn': rule.arn } },
  };
}

function onlyByTls(queue: sqs.Queue): object {
  return {
    Sid: 'OnlyTls',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: queue.arn,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}
