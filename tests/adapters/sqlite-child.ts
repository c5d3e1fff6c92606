import { openDatabase } from '../../shared/adapters/sqlite/sqlite-database.ts';
import { sqliteOrderStore } from '../../shared/adapters/sqlite/sqlite-order-store.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import { anOrder } from '../fixtures.ts';

/**
 * Another process that opens a database: `node sqlite-child.ts <file>`. It prints `open`, or why it could not, and then the
 * id of every order whose creation has resolved, until it is killed.
 */
const [file = ''] = process.argv.slice(2);
try {
  const { orders } = sqliteOrderStore({ database: openDatabase(file) });
  process.stdout.write('open\n');
  await Promise.all(Array.from({ length: 10 }, () => createForEver()));

  async function createForEver(): Promise<void> {
    for (;;) {
      const order = anOrder();
      await orders.create(order, eventsAfter(order, 0));
      process.stdout.write(`${order.id}\n`);
    }
  }
} catch (error) {
  process.stdout.write(`${error}\n`);
}
