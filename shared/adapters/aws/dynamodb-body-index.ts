import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { awsCall } from './aws-errors.ts';
import type { IndexDefinition } from './dynamodb-tables.ts';

export interface BodyRange {
  readonly index: string;
  readonly definition: IndexDefinition;
  readonly partition: string;
  /** Only those behind this sort key. */
  readonly after?: string | undefined;
  /** Only those up to this sort key. */
  readonly upTo?: string | undefined;
  readonly limit: number;
}

/** What was found, in the order of the index. `more` says whether there was more than `limit`. */
export interface Bodies<Body> {
  readonly items: readonly { readonly body: Body; readonly sort: string }[];
  readonly more: boolean;
}

/** Sorts before every key that there is. */
const FIRST = '!';
/** Sorts behind every key that there is. */
const LAST = '~';

/** Reads a page of JSON bodies from an index that holds them, oldest key first. */
export async function readBodies<Body>(
  client: DynamoDBClient,
  table: string,
  operation: string,
  { index, definition, partition, after, upTo, limit }: BodyRange,
): Promise<Bodies<Body>> {
  // No key is empty, and DynamoDB refuses to look for one.
  if (partition === '') return { items: [], more: false };
  const { sort } = definition;
  const query = new QueryCommand({
    TableName: table,
    IndexName: index,
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :first AND :last',
    ExpressionAttributeNames: { '#partition': definition.partition, '#sort': sort.name },
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      // The first text behind `after`.
      ':first': { S: after === undefined ? FIRST : `${after}\u0000` },
      ':last': { S: upTo ?? LAST },
    },
    Limit: limit + 1,
  });
  const { Items: found = [] } = await awsCall(operation, () => client.send(query));
  const items = found.slice(0, limit).map((item) => ({ body: bodyOf<Body>(item), sort: item[sort.name]?.S ?? '' }));
  return { items, more: found.length > limit };
}

export function bodyOf<Body>({ body }: Record<string, AttributeValue>): Body {
  if (body?.S === undefined) throw new Error('defect: an item has no body');
  return JSON.parse(body.S) as Body;
}
