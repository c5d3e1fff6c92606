import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { startFauxqs } from 'fauxqs';
import { CONSUMERS, type Consumer } from '../../../shared/domain/rules.ts';
import { emulatorClient } from '../../emulators/aws/tables.ts';
import type { AwsWiring } from './wiring.ts';

export interface Queue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

type SqsFunction = (event: SQSEvent) => Promise<SQSBatchResponse>;

/** The consumers' queues with their dead-letter queues, as a deployment makes them. */
export async function startQueues(planned: AwsWiring['queues'], visibilitySeconds: number) {
  /** When the last message that was given back can be had again. */
  let backAt = 0;
  const server = await startFauxqs({ port: 0, logger: false, defaultRegion: 'eu-central-1' });
  const client = new SQSClient(emulatorClient(server.address));
  const made = CONSUMERS.map((consumer) => {
    const { queue: name, dead: deadName, maxReceives } = planned[consumer];
    const dead = server.createQueue(deadName);
    const redrive = { deadLetterTargetArn: dead.queueArn, maxReceiveCount: String(maxReceives) };
    const queue = server.createQueue(name, {
      attributes: { VisibilityTimeout: String(visibilitySeconds), RedrivePolicy: JSON.stringify(redrive) },
    });
    return [consumer, { queue: asQueue(queue), dead: asQueue(dead) }] as const;
  });
  const queues = Object.fromEntries(made) as Readonly<
    Record<Consumer, { readonly queue: Queue; readonly dead: Queue }>
  >;

  return {
    address: server.address,
    client,
    queues,
    send: (queue: string, body: unknown) => void server.sendMessage(queue, JSON.stringify(body)),
    /** Hands a batch of what is there to a function, as Lambda does; answers whether there was any. */
    async poll({ name, url, arn }: Queue, call: SqsFunction): Promise<boolean> {
      // It is asked without a call first: most queues have nothing most of the time. What was held comes back when it is received.
      const { messages: held } = server.inspectQueue(name) ?? {};
      if (!held || Object.values(held).every(({ length }) => length === 0)) return false;
      const receive = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['All'],
      });
      const { Messages: messages = [] } = await client.send(receive);
      if (messages.length === 0) return false;
      const { batchItemFailures } = await call({ Records: messages.map((message) => recordOf(message, arn)) });
      if (batchItemFailures.length > 0) backAt = Date.now() + visibilitySeconds * 1_000 + 50;
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const done = messages.filter(({ MessageId: id }) => !failed.has(id ?? ''));
      const entries = done.map(({ MessageId: Id, ReceiptHandle }) => ({ Id, ReceiptHandle }));
      if (entries.length > 0) await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries }));
      return true;
    },
    /** Whether a message that was given back is not there again yet. */
    waiting: () => Date.now() < backAt,
    async stop(): Promise<void> {
      client.destroy();
      await server.stop();
    },
  };
}

function asQueue({ queueUrl: url, queueArn: arn }: { readonly queueUrl: string; readonly queueArn: string }): Queue {
  return { name: arn.split(':').at(-1) ?? '', url, arn };
}

function recordOf({ MessageId, ReceiptHandle, Body, Attributes }: Message, arn: string): SQSEvent['Records'][number] {
  return {
    messageId: MessageId ?? '',
    receiptHandle: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: { ApproximateReceiveCount: '1', ...Attributes } as SQSEvent['Records'][number]['attributes'],
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: 'eu-central-1',
  };
}
