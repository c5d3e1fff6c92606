import { dirname, join } from 'node:path';
import { memoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { memoryMessageQueue } from '../../shared/adapters/memory/memory-message-queue.ts';
import { memoryNoticeLog } from '../../shared/adapters/memory/memory-notice-log.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import { memoryReceiptStore } from '../../shared/adapters/memory/memory-receipt-store.ts';
import { memoryRestaurantCatalog } from '../../shared/adapters/memory/memory-restaurant-catalog.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import { type Database, openDatabase } from '../../shared/adapters/sqlite/sqlite-database.ts';
import { sqliteInbox } from '../../shared/adapters/sqlite/sqlite-inbox.ts';
import { sqliteLocalSecret } from '../../shared/adapters/sqlite/sqlite-local-secrets.ts';
import { sqliteMessageQueue } from '../../shared/adapters/sqlite/sqlite-message-queue.ts';
import { sqliteNoticeLog } from '../../shared/adapters/sqlite/sqlite-notice-log.ts';
import { sqliteOrderStore } from '../../shared/adapters/sqlite/sqlite-order-store.ts';
import { sqlitePaymentLedger } from '../../shared/adapters/sqlite/sqlite-payment-ledger.ts';
import { sqliteReceiptStore } from '../../shared/adapters/sqlite/sqlite-receipt-store.ts';
import { sqliteRestaurantCatalog } from '../../shared/adapters/sqlite/sqlite-restaurant-catalog.ts';
import type { ChangeFeed } from '../../shared/ports/change-feed.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { Inbox } from '../../shared/ports/inbox.ts';
import type { MessageQueue } from '../../shared/ports/message-queue.ts';
import type { NoticeLog } from '../../shared/ports/notice-log.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import type { PaymentLedger } from '../../shared/ports/payment-ledger.ts';
import type { PaymentNewsReader } from '../../shared/ports/payment-news.ts';
import type { PaymentRecords } from '../../shared/ports/payment-records.ts';
import type { ReceiptStore } from '../../shared/ports/receipt-store.ts';
import type { RestaurantCatalog } from '../../shared/ports/restaurant-catalog.ts';

/** Everything of the local platform that keeps something. */
export interface LocalAdapters {
  readonly orders: OrderStore;
  readonly feed: ChangeFeed;
  readonly restaurants: RestaurantCatalog;
  readonly inbox: Inbox;
  readonly receipts: ReceiptStore;
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
  readonly notices: NoticeLog;
  readonly payments: PaymentGateway;
  /** The provider's books, as the platform may read them. */
  readonly records: PaymentRecords;
  /** Absent where the provider posts no news. */
  readonly news?: PaymentNewsReader;
  /** The simulated gateway's own books, to look inside; empty where another provider takes the money. */
  readonly ledger: PaymentLedger;
  /** The kept secret of this name; `fresh` becomes it when there is none yet. */
  secret(name: string, fresh: string): Promise<string>;
  close(): Promise<void>;
}

interface Options {
  readonly clock: Clock;
  /** Called when there is something new in a queue. */
  readonly onEnqueue: () => void;
}

/** Adapters over `dataFile`, with the gateway's ledger in `gateway.sqlite` beside it; `:memory:` keeps nothing. */
export function openAdapters(dataFile: string, options: Options): LocalAdapters {
  return dataFile === ':memory:' ? memoryAdapters(options) : sqliteAdapters(dataFile, options);
}

function memoryAdapters({ clock, onEnqueue }: Options): LocalAdapters {
  const ledger = memoryPaymentLedger();
  const secrets = new Map<string, string>();
  return {
    ...memoryOrderStore(),
    ...memoryMessageQueue({ onEnqueue }),
    restaurants: memoryRestaurantCatalog(),
    inbox: memoryInbox(),
    receipts: memoryReceiptStore(),
    notices: memoryNoticeLog(),
    payments: simulatedPaymentGateway({ ledger, clock }),
    records: simulatedPaymentRecords({ ledger }),
    ledger,
    async secret(name, fresh) {
      secrets.set(name, secrets.get(name) ?? fresh);
      return secrets.get(name) ?? fresh;
    },
    async close() {
      // Nothing is kept.
    },
  };
}

function sqliteAdapters(dataFile: string, { clock, onEnqueue }: Options): LocalAdapters {
  const database = openDatabase(dataFile);
  let books: Database;
  try {
    books = openDatabase(join(dirname(dataFile), 'gateway.sqlite'));
  } catch (error) {
    void database.close();
    throw error;
  }
  const ledger = sqlitePaymentLedger({ database: books });
  return {
    ...sqliteOrderStore({ database }),
    ...sqliteMessageQueue({ database, onEnqueue }),
    restaurants: sqliteRestaurantCatalog({ database }),
    inbox: sqliteInbox({ database }),
    receipts: sqliteReceiptStore({ database }),
    notices: sqliteNoticeLog({ database }),
    payments: simulatedPaymentGateway({ ledger, clock }),
    records: simulatedPaymentRecords({ ledger }),
    ledger,
    secret: (name, fresh) => sqliteLocalSecret(database, name, fresh),
    async close() {
      await database.close();
      await books.close();
    },
  };
}
