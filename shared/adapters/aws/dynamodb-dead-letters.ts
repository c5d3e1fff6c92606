import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../ports/clock.ts';
import { signedCursors } from '../../ports/cursor.ts';
import type { DeadLetter, DeadLetterQuery, DeadLetters } from '../../ports/dead-letters.ts';
import { isPortError } from '../../ports/port-error.ts';
import { awsCall } from './aws-errors.ts';
import { bodyOf, readBodies } from './dynamodb-body-index.ts';
import { DEAD_LETTERS_TABLE } from './dynamodb-tables.ts';

export interface DynamoDbDeadLettersOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly cursorKey: Uint8Array;
  readonly clock: Pick<Clock, 'now'>;
  /** Puts a letter's message on its queue again. */
  readonly send: (letter: DeadLetter) => Promise<void>;
}

/** Dead letters, and the way onto their list. */
export interface LetterBox extends DeadLetters {
  /** Keeps a letter; one with the same id is kept once. Durable when it resolves. */
  bury(letter: DeadLetter): Promise<void>;
}

interface KeyPosition {
  readonly key: string;
}

const KIND = 'letter';
const TAKEN = { ConditionalCheckFailedException: 'conflict' } as const;
/** A redrive that died leaves its letter to others after this long. */
const CLAIM_MS = 60_000;
/** Letters that are looked at for one page of a queue's letters about one order. */
const LONGEST_WALK = 1_000;

/**
 * Dead letters in a DynamoDB table (see `DEAD_LETTERS_TABLE`). A redrive claims the letter, sends its message and removes it: of several
 * at once one does so. One that dies in between leaves the letter on the list, and its message may come twice.
 */
export function dynamoDbDeadLetters(options: DynamoDbDeadLettersOptions): LetterBox {
  const { client, table, clock, send } = options;
  const cursors = signedCursors<KeyPosition>('DeadLetters.list', options.cursorKey);
  const arrival = arrivals(clock);

  async function claim(id: string): Promise<DeadLetter | undefined> {
    const now = clock.now();
    const update = new UpdateItemCommand({
      TableName: table,
      Key: { id: { S: id } },
      UpdateExpression: 'SET claimedUntil = :until',
      ConditionExpression: 'attribute_exists(id) AND (attribute_not_exists(claimedUntil) OR claimedUntil <= :now)',
      ExpressionAttributeValues: { ':until': { N: String(now + CLAIM_MS) }, ':now': { N: String(now) } },
      ReturnValues: 'ALL_NEW',
    });
    try {
      const { Attributes: item } = await awsCall('DeadLetters.redrive', () => client.send(update), TAKEN);
      return item && bodyOf<DeadLetter>(item);
    } catch (error) {
      if (isPortError(error, 'conflict')) return undefined;
      throw error;
    }
  }

  async function release(id: string): Promise<void> {
    const update = new UpdateItemCommand({
      TableName: table,
      Key: { id: { S: id } },
      UpdateExpression: 'REMOVE claimedUntil',
      ConditionExpression: 'attribute_exists(id)',
    });
    await awsCall('DeadLetters.redrive', () => client.send(update));
  }

  return {
    async bury(letter) {
      const put = new PutItemCommand({
        TableName: table,
        Item: itemOf(letter, arrival()),
        ConditionExpression: 'attribute_not_exists(id)',
      });
      await awsCall('DeadLetters.bury', () => client.send(put), TAKEN).catch((error: unknown) => {
        if (!isPortError(error, 'conflict')) throw error;
      });
    },

    async list(query, { limit, cursor }) {
      const filters = { ...query };
      let after = cursors.read(filters, cursor)?.key;
      const items: DeadLetter[] = [];
      for (let walked = 0; ; ) {
        const range = { ...placeOf(query), after, limit: limit - items.length };
        const page = await readBodies<DeadLetter>(client, table, 'DeadLetters.list', range);
        items.push(...page.items.map(({ body }) => body).filter((letter) => matches(letter, query)));
        walked += page.items.length;
        after = page.items.at(-1)?.sort;
        const done = items.length === limit || walked >= LONGEST_WALK;
        if (!page.more || after === undefined) return { items, nextCursor: null };
        if (done) return { items, nextCursor: cursors.write(filters, { key: after }) };
      }
    },

    async get(id) {
      const get = new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true });
      const { Item: item } = await awsCall('DeadLetters.get', () => client.send(get));
      return item && bodyOf<DeadLetter>(item);
    },

    async redrive(id) {
      const letter = await claim(id);
      if (!letter) return false;
      try {
        await send(letter);
      } catch (error) {
        await release(id);
        throw error;
      }
      const remove = new DeleteItemCommand({ TableName: table, Key: { id: { S: id } } });
      await awsCall('DeadLetters.redrive', () => client.send(remove));
      return true;
    },
  };
}

/** By order where that is asked for: an order has few. */
function placeOf({ queue, orderId }: DeadLetterQuery) {
  const { indexes } = DEAD_LETTERS_TABLE;
  if (orderId !== undefined) return { index: 'by-order', definition: indexes['by-order'], partition: orderId };
  if (queue !== undefined) return { index: 'by-queue', definition: indexes['by-queue'], partition: queue };
  return { index: 'by-time', definition: indexes['by-time'], partition: KIND };
}

function matches(letter: DeadLetter, { queue }: DeadLetterQuery): boolean {
  return queue === undefined || letter.queue === queue;
}

function itemOf(letter: DeadLetter, arrived: string): Record<string, AttributeValue> {
  return {
    id: { S: letter.id },
    kind: { S: KIND },
    queue: { S: letter.queue },
    orderId: { S: letter.orderId },
    failedKey: { S: `${padded(letter.failedAt)}#${arrived}#${letter.id}` },
    body: { S: JSON.stringify(letter) },
  };
}

/** Texts that grow with every letter of this process, and with the time. */
function arrivals({ now }: Pick<Clock, 'now'>): () => string {
  let last = 0;
  return () => {
    last = Math.max(now(), last + 1);
    return padded(last);
  };
}

function padded(instant: number): string {
  return String(instant).padStart(15, '0');
}
