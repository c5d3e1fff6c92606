import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import { sqlitePaymentLedger } from '../../shared/adapters/sqlite/sqlite-payment-ledger.ts';
import { paymentLedgerSuite } from './payment-ledger.suite.ts';
import { temporaryDatabase } from './temporary-database.ts';

paymentLedgerSuite('memory', async () => ({ ledger: memoryPaymentLedger(), close: async () => {} }));
paymentLedgerSuite('SQLite', async () => {
  const file = temporaryDatabase();
  return { ledger: sqlitePaymentLedger({ database: file.database() }), close: file.close };
});
