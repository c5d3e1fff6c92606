import type { LedgerEntry, Movement, PaymentLedger } from '../../ports/payment-ledger.ts';
import { PortError } from '../../ports/port-error.ts';
import { fromBody } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import type { Database } from './sqlite-database.ts';

export interface SqlitePaymentLedgerOptions {
  /** A file of its own: the provider's books are no part of the platform's data. */
  readonly database: Database;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS payments (
    number INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS payments_by_order ON payments (order_id, number);

  CREATE TABLE IF NOT EXISTS movements (
    number INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS movements_by_order ON movements (order_id, number);`;

const INSERT = 'INSERT INTO payments (reference, order_id, body) VALUES (?, ?, ?) ON CONFLICT (reference) DO NOTHING';
const GET = 'SELECT body FROM payments WHERE reference = ?';
const BY_ORDER = 'SELECT body FROM payments WHERE order_id = ? ORDER BY number';
const LATEST = 'SELECT number, body FROM payments WHERE number < :before ORDER BY number DESC LIMIT :limit';
const REPLACE = 'UPDATE payments SET body = ? WHERE reference = ?';
const MOVE = 'INSERT INTO movements (order_id, body) VALUES (?, ?)';
const MOVEMENTS = 'SELECT body FROM movements ORDER BY number';
const MOVEMENTS_OF = 'SELECT body FROM movements WHERE order_id = ? ORDER BY number';

/** Books that outlive the process. An update is one transaction: it reads, changes and adds its movement, or does nothing. */
export function sqlitePaymentLedger({ database }: SqlitePaymentLedgerOptions): PaymentLedger {
  database.migrate('payment ledger', TABLES);
  const statement = preparedStatements();
  return {
    insert({ reference, orderId, ...rest }) {
      return database.write('PaymentLedger.insert', (db) => {
        const body = JSON.stringify({ reference, orderId, ...rest });
        const { changes } = statement(db, INSERT).run(reference, orderId, body);
        if (changes === 0) throw new PortError('conflict', 'PaymentLedger.insert');
      });
    },
    async get(reference) {
      const row = database.read('PaymentLedger.get', (db) => statement(db, GET).get(reference));
      return row && fromBody<LedgerEntry>(row);
    },
    async latest(limit, before = Number.MAX_SAFE_INTEGER) {
      const rows = database.read('PaymentLedger.latest', (db) => statement(db, LATEST).all({ limit, before }));
      return rows.map((row) => ({ place: Number(row['number']), entry: fromBody<LedgerEntry>(row) }));
    },
    async byOrder(orderId) {
      const rows = database.read('PaymentLedger.byOrder', (db) => statement(db, BY_ORDER).all(orderId));
      return rows.map(fromBody<LedgerEntry>);
    },
    update(reference, change) {
      return database.write('PaymentLedger.update', (db) => {
        const row = statement(db, GET).get(reference);
        if (!row) return undefined;
        const { answer, entry, movement } = change(fromBody<LedgerEntry>(row));
        if (entry) statement(db, REPLACE).run(JSON.stringify(entry), reference);
        if (movement) statement(db, MOVE).run(movement.orderId, JSON.stringify(movement));
        return answer;
      });
    },
    async movements(orderId) {
      const rows = database.read('PaymentLedger.movements', (db) =>
        orderId === undefined ? statement(db, MOVEMENTS).all() : statement(db, MOVEMENTS_OF).all(orderId),
      );
      return rows.map(fromBody<Movement>);
    },
  };
}
