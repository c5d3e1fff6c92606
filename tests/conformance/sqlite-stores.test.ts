import { sqliteInbox } from '../../shared/adapters/sqlite/sqlite-inbox.ts';
import { sqliteOrderStore } from '../../shared/adapters/sqlite/sqlite-order-store.ts';
import { sqliteReceiptStore } from '../../shared/adapters/sqlite/sqlite-receipt-store.ts';
import { sqliteRestaurantCatalog } from '../../shared/adapters/sqlite/sqlite-restaurant-catalog.ts';
import { changeFeedSuite } from './change-feed.suite.ts';
import { drain } from './drain.ts';
import { inboxSuite } from './inbox.suite.ts';
import { orderStoreSuite } from './order-store.suite.ts';
import { receiptStoreSuite } from './receipt-store.suite.ts';
import { restaurantCatalogSuite } from './restaurant-catalog.suite.ts';
import { temporaryDatabase } from './temporary-database.ts';

for (const [name, recentOrders] of [
  ['SQLite', 0],
  ['SQLite, with two orders in memory', 2],
  ['SQLite, with all orders in memory', 5_000],
] as const) {
  orderStoreSuite(name, async () => {
    const file = temporaryDatabase();
    const { orders, feed } = sqliteOrderStore({ database: file.database(), recentOrders });
    return { orders, committed: () => drain(feed), close: file.close };
  });
}
changeFeedSuite('SQLite', async () => {
  const file = temporaryDatabase();
  return { ...sqliteOrderStore({ database: file.database() }), close: file.close };
});
restaurantCatalogSuite('SQLite', async () => {
  const file = temporaryDatabase();
  return { restaurants: sqliteRestaurantCatalog({ database: file.database() }), close: file.close };
});
inboxSuite('SQLite', async () => {
  const file = temporaryDatabase();
  return { inbox: sqliteInbox({ database: file.database() }), close: file.close };
});
receiptStoreSuite('SQLite', async () => {
  const file = temporaryDatabase();
  return { receipts: sqliteReceiptStore({ database: file.database() }), close: file.close };
});
