import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { dynamoDbDeadLetters } from '../../shared/adapters/aws/dynamodb-dead-letters.ts';
import { dynamoDbInbox } from '../../shared/adapters/aws/dynamodb-inbox.ts';
import { orderChangeOf } from '../../shared/adapters/aws/dynamodb-order-item.ts';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { dynamoDbPaymentLedger } from '../../shared/adapters/aws/dynamodb-payment-ledger.ts';
import { dynamoDbRestaurantCatalog } from '../../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import {
  DEAD_LETTERS_TABLE,
  INBOX_TABLE,
  LEDGER_TABLE,
  ORDERS_TABLE,
  RESTAURANTS_TABLE,
  type TableDefinition,
} from '../../shared/adapters/aws/dynamodb-tables.ts';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import type { DeadLetter } from '../../shared/ports/dead-letters.ts';
import { DYNAMODB_LANES, type Emulator } from '../emulators/aws/dynamodb.ts';
import { streamReader } from '../emulators/aws/stream-reader.ts';
import { createTable, dynamoDbAt, tableInput } from '../emulators/aws/tables.ts';
import { deadLettersSuite } from './dead-letters.suite.ts';
import { inboxSuite } from './inbox.suite.ts';
import { orderStoreSuite } from './order-store.suite.ts';
import { paymentLedgerSuite } from './payment-ledger.suite.ts';
import { restaurantCatalogSuite } from './restaurant-catalog.suite.ts';

const cursorKey = Buffer.from('a key for cursors');

describe.each(DYNAMODB_LANES)('$name', ({ name, notRun, start }) => {
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`${name}: not run: ${notRun}\n`));
    return;
  }
  let emulator: Emulator;
  let client: ReturnType<typeof dynamoDbAt>;
  beforeAll(async () => {
    emulator = await start();
    client = dynamoDbAt(emulator.url);
  });
  afterAll(async () => {
    client.destroy();
    await emulator.stop();
  });

  /** A new table of this definition, and the ARN of its stream. */
  const newTable = async (definition: TableDefinition) => {
    const table = `table-${randomUUID()}`;
    return { table, stream: await createTable(client, tableInput(table, definition)) };
  };
  const close = async () => {};

  orderStoreSuite(name, async () => {
    const { table, stream } = await newTable(ORDERS_TABLE);
    if (stream === undefined) throw new Error('the table has no stream');
    const reader = streamReader(emulator.url, stream);
    return {
      orders: dynamoDbOrderStore({ client, table, cursorKey }),
      committed: async () => {
        const records = await reader.read();
        return records.flatMap(({ dynamodb }) => (dynamodb?.NewImage ? [orderChangeOf(dynamodb.NewImage)] : []));
      },
      close: async () => reader.close(),
    };
  });
  restaurantCatalogSuite(name, async () => {
    const { table } = await newTable(RESTAURANTS_TABLE);
    return { restaurants: dynamoDbRestaurantCatalog({ client, table, cursorKey }), close };
  });
  inboxSuite(name, async () => {
    const { table } = await newTable(INBOX_TABLE);
    return { inbox: dynamoDbInbox({ client, table, clock: systemClock() }), close };
  });
  paymentLedgerSuite(name, async () => {
    const { table } = await newTable(LEDGER_TABLE);
    return { ledger: dynamoDbPaymentLedger({ client, table }), close };
  });
  deadLettersSuite(name, async () => {
    const { table } = await newTable(DEAD_LETTERS_TABLE);
    const sent: Omit<DeadLetter, 'id' | 'error' | 'failedAt'>[] = [];
    const send = async ({ queue, orderId, body, correlationId }: DeadLetter) =>
      void sent.push({ queue, orderId, body, correlationId, attempts: 0 });
    const letters = dynamoDbDeadLetters({ client, table, cursorKey, clock: systemClock(), send });
    return {
      deadLetters: letters,
      async fail(casualties) {
        for (const casualty of casualties) await letters.bury({ ...casualty, id: randomUUID(), attempts: 1 });
      },
      waiting: async () => sent,
      close,
    };
  });
});
