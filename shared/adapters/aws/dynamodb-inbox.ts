import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../ports/clock.ts';
import type { Inbox } from '../../ports/inbox.ts';
import { awsCall } from './aws-errors.ts';

export interface DynamoDbInboxOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** Longer than the 30 days that the port promises, and than anything is delivered or published again. */
const KEPT_SECONDS = 45 * 86_400;

/** What consumers have done, in a DynamoDB table (see `INBOX_TABLE`) that forgets it after 45 days. */
export function dynamoDbInbox({ client, table, clock }: DynamoDbInboxOptions): Inbox {
  return {
    async seen(consumer, key) {
      const get = new GetItemCommand({
        TableName: table,
        Key: { key: { S: keyOf(consumer, key) } },
        ConsistentRead: true,
        ProjectionExpression: 'expiresAt',
      });
      const { Item: item } = await awsCall('Inbox.seen', () => client.send(get));
      return item !== undefined;
    },
    async record(consumer, key) {
      const expiresAt = Math.floor(clock.now() / 1_000) + KEPT_SECONDS;
      const item = { key: { S: keyOf(consumer, key) }, expiresAt: { N: String(expiresAt) } };
      await awsCall('Inbox.record', () => client.send(new PutItemCommand({ TableName: table, Item: item })));
    },
  };
}

/** The consumer's length keeps two pairs with the same letters apart. */
function keyOf(consumer: string, key: string): string {
  return `${consumer.length}#${consumer}#${key}`;
}
