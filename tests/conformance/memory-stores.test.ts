import { memoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryReceiptStore } from '../../shared/adapters/memory/memory-receipt-store.ts';
import { memoryRestaurantCatalog } from '../../shared/adapters/memory/memory-restaurant-catalog.ts';
import { changeFeedSuite } from './change-feed.suite.ts';
import { drain } from './drain.ts';
import { inboxSuite } from './inbox.suite.ts';
import { orderStoreSuite } from './order-store.suite.ts';
import { receiptStoreSuite } from './receipt-store.suite.ts';
import { restaurantCatalogSuite } from './restaurant-catalog.suite.ts';

const close = async () => {};

orderStoreSuite('memory', async () => {
  const { orders, feed } = memoryOrderStore();
  return { orders, committed: () => drain(feed), close };
});
changeFeedSuite('memory', async () => ({ ...memoryOrderStore(), close }));
restaurantCatalogSuite('memory', async () => ({ restaurants: memoryRestaurantCatalog(), close }));
inboxSuite('memory', async () => ({ inbox: memoryInbox(), close }));
receiptStoreSuite('memory', async () => ({ receipts: memoryReceiptStore(), close }));
