import * as sns from '@pulumi/aws/sns/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { Component, type ComponentArgs } from './component.ts';

/** Where the operators listen: for orders that need them, and for alarms. */
export class Notifications extends Component {
  readonly operators: sns.Topic;
  readonly alarms: sns.Topic;

  constructor(name: string, { config, prefix }: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('Notifications', name, options);
    this.operators = this.topic('operators', prefix, config.operatorsEmail, 'alias/aws/sns');
    // CloudWatch may not use the key of the account's topics; alarms hold nothing personal.
    this.alarms = this.topic('alarms', prefix, config.operatorsEmail);
    this.registerOutputs({ operators: this.operators.arn });
  }

  private topic(key: string, prefix: string, email: string, keyId?: string): sns.Topic {
    const named = { name: `${prefix}-${key}`, ...(keyId !== undefined && { kmsMasterKeyId: keyId }) };
    const topic = new sns.Topic(key, named, { parent: this });
    new sns.TopicSubscription(key, { topic: topic.arn, protocol: 'email', endpoint: email }, { parent: this });
    return topic;
  }
}
