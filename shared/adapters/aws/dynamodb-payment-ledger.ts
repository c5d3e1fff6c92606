import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { LedgerEntry, Movement, PaymentLedger } from '../../ports/payment-ledger.ts';
import { isPortError } from '../../ports/port-error.ts';
import { awsCall } from './aws-errors.ts';
import { LEDGER_TABLE } from './dynamodb-tables.ts';

export interface DynamoDbPaymentLedgerOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
}

/** An entry with everything that moved by it: one item, so that both are written together. */
interface Row {
  readonly entry: LedgerEntry;
  readonly movements: readonly { readonly number: number; readonly movement: Movement }[];
  readonly place: number;
  readonly version: number;
}

type Item = Record<string, AttributeValue>;

const CONFLICT = { ConditionalCheckFailedException: 'conflict' } as const;
const KIND = 'entry';
/** The item that numbers entries and movements in their order. No reference looks like this. */
const COUNTER = '#numbers';
/** Of this many writers at one payment the last one gives up. */
const TRIES = 50;

/** The simulated gateway's books in a DynamoDB table (see `LEDGER_TABLE`), for development and tests. */
export function dynamoDbPaymentLedger({ client, table }: DynamoDbPaymentLedgerOptions): PaymentLedger {
  const inTurn = turns();

  async function read(reference: string): Promise<Row | undefined> {
    const get = new GetItemCommand({ TableName: table, Key: { reference: { S: reference } }, ConsistentRead: true });
    const { Item: item } = await awsCall('PaymentLedger.get', () => client.send(get));
    return item && rowOf(item);
  }

  async function nextNumber(): Promise<number> {
    const update = new UpdateItemCommand({
      TableName: table,
      Key: { reference: { S: COUNTER } },
      UpdateExpression: 'ADD numbers :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    });
    const { Attributes: counted } = await awsCall('PaymentLedger.insert', () => client.send(update));
    return Number(counted?.['numbers']?.N);
  }

  async function write(operation: string, row: Row): Promise<void> {
    const condition =
      row.version === 1
        ? { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': LEDGER_TABLE.key } }
        : {
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': { N: String(row.version - 1) } },
          };
    const put = new PutItemCommand({ TableName: table, Item: itemOf(row), ...condition });
    await awsCall(operation, () => client.send(put), CONFLICT);
  }

  async function update<Answer>(reference: string, change: Parameters<PaymentLedger['update']>[1]) {
    for (let tries = 1; ; tries += 1) {
      const row = await read(reference);
      if (!row) return undefined;
      const { answer, entry, movement } = change(row.entry);
      if (!entry && !movement) return answer as Answer;
      const movements = movement ? [...row.movements, { number: await nextNumber(), movement }] : row.movements;
      try {
        await write('PaymentLedger.update', { ...row, entry: entry ?? row.entry, movements, version: row.version + 1 });
        return answer as Answer;
      } catch (error) {
        if (!isPortError(error, 'conflict')) throw error;
        if (tries === TRIES) throw error;
      }
    }
  }

  async function query(index: keyof (typeof LEDGER_TABLE)['indexes'], partition: string, more: object = {}) {
    const request = new QueryCommand({
      TableName: table,
      IndexName: index,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': LEDGER_TABLE.indexes[index].partition },
      ExpressionAttributeValues: { ':partition': { S: partition } },
      ...more,
    });
    const { Items: items = [] } = await awsCall('PaymentLedger.list', () => client.send(request));
    return items.map(rowOf);
  }

  return {
    async insert(entry) {
      await write('PaymentLedger.insert', { entry, movements: [], place: await nextNumber(), version: 1 });
    },
    async get(reference) {
      return (await read(reference))?.entry;
    },
    async latest(limit, before = Number.MAX_SAFE_INTEGER) {
      const rows = await query('by-place', KIND, {
        KeyConditionExpression: '#partition = :partition AND place < :before',
        ExpressionAttributeValues: { ':partition': { S: KIND }, ':before': { N: String(before) } },
        ScanIndexForward: false,
        Limit: limit,
      });
      return rows.map(({ place, entry }) => ({ place, entry }));
    },
    async byOrder(orderId) {
      return (await query('by-order', orderId)).map(({ entry }) => entry);
    },
    update: (reference, change) => inTurn(reference, () => update(reference, change)),
    async movements(orderId) {
      const rows = orderId === undefined ? await all(client, table) : await query('by-order', orderId);
      const numbered = rows.flatMap(({ movements }) => movements);
      return numbered.toSorted((left, right) => left.number - right.number).map(({ movement }) => movement);
    },
  };
}

async function all(client: DynamoDBClient, table: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let start: Item | undefined;
  do {
    const scan = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ...(start && { ExclusiveStartKey: start }),
    });
    const { Items: items = [], LastEvaluatedKey: last } = await awsCall('PaymentLedger.list', () => client.send(scan));
    rows.push(...items.filter(({ kind }) => kind?.S === KIND).map(rowOf));
    start = last;
  } while (start !== undefined);
  return rows;
}

function itemOf({ entry, movements, place, version }: Row): Item {
  return {
    reference: { S: entry.reference },
    kind: { S: KIND },
    orderId: { S: entry.orderId },
    place: { N: String(place) },
    version: { N: String(version) },
    entry: { S: JSON.stringify(entry) },
    movements: { S: JSON.stringify(movements) },
  };
}

function rowOf({ entry, movements, place, version }: Item): Row {
  return {
    entry: JSON.parse(entry?.S ?? ''),
    movements: JSON.parse(movements?.S ?? '[]'),
    place: Number(place?.N),
    version: Number(version?.N),
  };
}

/** Updates of one payment within this process come one after the other; those of others are told apart by the version. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(key: string, act: () => Promise<T>): Promise<T> => {
    const turn = (last.get(key) ?? Promise.resolve()).then(act, act);
    last.set(key, turn);
    const forget = () => {
      if (last.get(key) === turn) last.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  };
}
