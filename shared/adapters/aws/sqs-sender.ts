import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../../ports/dead-letters.ts';
import { PortError } from '../../ports/port-error.ts';
import { awsCall } from './aws-errors.ts';

export interface SqsSenderOptions {
  readonly client: SQSClient;
  /** The consumers' queues: their URLs by their names. */
  readonly queueUrls: Readonly<Record<string, string>>;
}

/** Puts a dead letter's message on its queue again, as the bus would. */
export function sqsSender({ client, queueUrls }: SqsSenderOptions): (letter: DeadLetter) => Promise<void> {
  return async ({ queue, body }) => {
    const url = Object.hasOwn(queueUrls, queue) ? queueUrls[queue] : undefined;
    if (url === undefined) {
      throw new PortError('not-found', 'DeadLetters.redrive', { message: `there is no queue ${queue}` });
    }
    const command = new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(body) });
    await awsCall('DeadLetters.redrive', () => client.send(command));
  };
}
