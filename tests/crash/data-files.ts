import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type LocalAdapters, openAdapters } from '../../functions/local/adapters.ts';
import { systemClock } from '../../shared/adapters/in-process/system-clock.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { Receipt } from '../../shared/domain/receipt.ts';
import type { Page, PageRequest } from '../../shared/ports/page.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';

/** All that the local platform keeps, and the gateway's own books, as they lie in the files. */
export interface DataFiles {
  readonly orders: readonly Order[];
  /** Ids of the changes that wait for the relay. */
  readonly changes: readonly string[];
  /** Messages that are not done, and letters, each as `<queue> <order id> <message id>`. */
  readonly messages: readonly string[];
  readonly deadLetters: readonly string[];
  readonly notices: readonly Notice[];
  readonly receipts: readonly Receipt[];
  /** The orders that the gateway has a payment of. */
  readonly paymentsOf: readonly string[];
  readonly movements: readonly Movement[];
}

const DATA = 'orders.sqlite';
const BOOKS = 'gateway.sqlite';
const PAGE = 1_000;
/** More than there can be. */
const ALL = 1_000_000;

/** Reads the files in `folder`, which nobody may have open, with all orders of one customer. */
export async function readDataFiles(folder: string, customerId: string): Promise<DataFiles> {
  const adapters = openAdapters(join(folder, DATA), { clock: systemClock(), onEnqueue: () => undefined });
  const kept = await readAdapters(adapters, customerId).finally(adapters.close);
  return { ...kept, paymentsOf: ordersInBooks(folder) };
}

/** Reads a copy of what a killed process left, so that the next start finds the files, logs and all, as the kill left them. */
export async function lookAfterCrash(folder: string, customerId: string): Promise<DataFiles> {
  const copy = await mkdtemp(join(tmpdir(), 'tricloud-orders-crash-'));
  try {
    for (const file of [DATA, BOOKS].flatMap((name) => [name, `${name}-wal`])) {
      await copyFile(join(folder, file), join(copy, file));
    }
    return await readDataFiles(copy, customerId);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function readAdapters(adapters: LocalAdapters, customerId: string): Promise<Omit<DataFiles, 'paymentsOf'>> {
  const orders = await everyPage((page) => adapters.orders.list({ customerId }, page));
  const receipts = await Promise.all(orders.map(({ id }) => adapters.receipts.get(id)));
  return {
    orders,
    changes: (await adapters.feed.pull(ALL)).map(({ id }) => id),
    messages: (await adapters.queue.take(Number.MAX_SAFE_INTEGER, ALL)).map(named),
    deadLetters: (await everyPage((page) => adapters.deadLetters.list({}, page))).map(named),
    notices: await adapters.notices.sent(),
    receipts: receipts.filter((receipt) => receipt !== undefined),
    movements: await adapters.ledger.movements(),
  };
}

async function everyPage<T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await list({ limit: PAGE, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

function named({ queue, orderId, id }: { readonly queue: string; readonly orderId: string; readonly id: string }) {
  return `${queue} ${orderId} ${id}`;
}

/** The port asks for one order at a time; this asks for those that nobody knows of. */
function ordersInBooks(folder: string): string[] {
  const books = new DatabaseSync(join(folder, BOOKS), { readOnly: true });
  try {
    return books
      .prepare('SELECT DISTINCT order_id FROM payments')
      .all()
      .map((row) => String(row['order_id']));
  } finally {
    books.close();
  }
}
