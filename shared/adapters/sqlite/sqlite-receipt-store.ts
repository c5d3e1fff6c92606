import type { Receipt } from '../../domain/receipt.ts';
import type { ReceiptStore } from '../../ports/receipt-store.ts';
import { fromBody } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import type { Database } from './sqlite-database.ts';

export interface SqliteReceiptStoreOptions {
  readonly database: Database;
}

const TABLE = 'CREATE TABLE IF NOT EXISTS receipts (order_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;';

/** Receipts in a SQLite file. */
export function sqliteReceiptStore({ database }: SqliteReceiptStoreOptions): ReceiptStore {
  database.migrate('receipts', TABLE);
  const statement = preparedStatements();

  return {
    async putOnce(receipt) {
      const body = JSON.stringify(receipt);
      const { orderId } = receipt;
      await database.write('ReceiptStore.putOnce', (db) =>
        statement(db, 'INSERT INTO receipts (order_id, body) VALUES (?, ?) ON CONFLICT DO NOTHING').run(orderId, body),
      );
    },

    async get(orderId) {
      const row = database.read('ReceiptStore.get', (db) =>
        statement(db, 'SELECT body FROM receipts WHERE order_id = ?').get(orderId),
      );
      return row && fromBody<Receipt>(row);
    },
  };
}
