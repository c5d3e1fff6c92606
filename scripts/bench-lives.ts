import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalAdapters } from '../functions/local/adapters.ts';
import { jsonLogger } from '../functions/local/logger.ts';
import { type LocalServer, startLocal } from '../functions/local/server.ts';
import { wakingOrderStore } from '../functions/local/waking-order-store.ts';
import { hmacIds } from '../shared/adapters/in-process/hmac-ids.ts';
import { systemClock } from '../shared/adapters/in-process/system-clock.ts';
import type { Actor } from '../shared/application/actor.ts';
import { confirmOrder } from '../shared/application/order-commands.ts';
import { type PlacePorts, placeOrder } from '../shared/application/place-order.ts';
import { readLocalSettings } from '../shared/config/settings.ts';
import type { Order } from '../shared/domain/order.ts';

export interface LivesOptions {
  readonly storage: 'memory' | 'sqlite';
  /** Lives in all, and how many of them are under way at a time. */
  readonly lives: number;
  readonly concurrency: number;
}

export interface LivesResult {
  readonly storage: LivesOptions['storage'];
  readonly livesPerSecond: number;
  /** Of all threads of this process: what a life costs, however busy the machine is with other things. */
  readonly cpuMicrosecondsPerLife: number;
  /** What each life has left behind; every one must have. */
  readonly perLife: { readonly charges: number; readonly receipts: number; readonly notices: number };
}

const CUSTOMERS = 1_000;
const KITCHENS: Actor = { subject: 'kitchens', operator: true, restaurants: [] };
const RESTAURANTS = 100;

/**
 * Takes orders through their whole life in this process, without HTTP: placed, charged, confirmed, with receipt and notices. The
 * time counts until the last notice is sent. Fails when a life is not complete.
 */
export async function benchLives({ storage, lives, concurrency }: LivesOptions): Promise<LivesResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-bench-'));
  const dataFile = storage === 'memory' ? ':memory:' : join(folder, 'orders.sqlite');
  const bench = await startBench(dataFile);
  try {
    await runLives(bench, Math.ceil(lives / 5), concurrency, 'warm-up');
    const cpu = process.cpuUsage();
    const started = performance.now();
    const ids = await runLives(bench, lives, concurrency, 'run');
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      storage,
      livesPerSecond: lives / seconds,
      cpuMicrosecondsPerLife: (user + system) / lives,
      perLife: await completed(bench, ids),
    };
  } finally {
    await bench.server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly server: LocalServer;
  readonly adapters: LocalAdapters;
  readonly ports: PlacePorts;
  /** Resolves when the order is confirmed. */
  confirmed(orderId: string): Promise<void>;
}

async function startBench(dataFile: string): Promise<Bench> {
  const clock = systemClock();
  const settings = readLocalSettings({ PORT: '0', LOG_LEVEL: 'error', DATA_FILE: dataFile });
  const waiting = new Map<string, () => void>();
  const kept: { adapters?: LocalAdapters } = {};
  const server = await startLocal({
    settings,
    logger: jsonLogger({ level: settings.logLevel }),
    adapt: (adapters) => {
      kept.adapters = { ...adapters, orders: noticing(adapters, (order) => react(order)) };
      return kept.adapters;
    },
  });
  const { adapters } = kept;
  if (!adapters) throw new Error('the platform did not open its adapters');
  const orders = wakingOrderStore(adapters.orders, server.container.pump.wake);
  const ids = hmacIds({ pepper: 'p'.repeat(32), environment: 'bench' });
  function react({ id, status }: Order): void {
    if (status === 'paid') void confirmOrder({ orders, clock }, { actor: KITCHENS, orderId: id, accepted: true });
    if (status !== 'confirmed') return;
    waiting.get(id)?.();
    waiting.delete(id);
  }
  return {
    server,
    adapters,
    ports: { orders, restaurants: adapters.restaurants, ids, clock },
    confirmed: (orderId) => new Promise((resolve) => waiting.set(orderId, resolve)),
  };
}

/** The kitchens learn of a paid order at once, without asking again and again. */
function noticing({ orders }: LocalAdapters, saved: (order: Order) => void): LocalAdapters['orders'] {
  return {
    ...orders,
    async save(order, events, expectedRevision) {
      await orders.save(order, events, expectedRevision);
      saved(order);
    },
  };
}

async function runLives(bench: Bench, lives: number, concurrency: number, run: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < lives) {
      begun += 1;
      ids.push(await live(bench, `${run}-${begun}`, begun));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await bench.server.container.pump.idle();
  return ids;
}

async function live({ ports, confirmed }: Bench, key: string, number: number): Promise<string> {
  const customer: Actor = { subject: `bench-${number % CUSTOMERS}`, operator: false, restaurants: [] };
  const orderId = ports.ids.orderId(customer.subject, key);
  const done = confirmed(orderId);
  const placed = await placeOrder(ports, {
    actor: customer,
    key,
    correlationId: key,
    body: {
      restaurantId: `rest-${number % RESTAURANTS}`,
      items: [
        { menuItemId: 'pizza', quantity: 1 },
        { menuItemId: 'soda', quantity: 2 },
      ],
      deliveryAddress: '123 Main St',
      paymentMethod: 'pm_card_visa',
      contact: { email: 'bench@customers.example' },
    },
  });
  if (placed.kind === 'refused') throw new Error(`an order was refused: ${placed.message}`);
  await done;
  return orderId;
}

async function completed({ adapters }: Bench, ids: readonly string[]): Promise<LivesResult['perLife']> {
  const kept = new Set(ids);
  const movements = (await adapters.ledger.movements()).filter(({ orderId }) => kept.has(orderId));
  const notices = (await adapters.notices.sent()).filter(({ orderId }) => kept.has(orderId));
  const receipts = await Promise.all(ids.map((id) => adapters.receipts.get(id)));
  const letters = await adapters.deadLetters.list({}, { limit: 1 });
  const perLife = {
    charges: movements.length / ids.length,
    receipts: receipts.filter((receipt) => receipt !== undefined).length / ids.length,
    notices: notices.length / ids.length,
  };
  if (perLife.charges !== 1 || perLife.receipts !== 1 || letters.items.length > 0) {
    throw new Error(
      `not every life was complete: ${JSON.stringify({ ...perLife, deadLetters: letters.items.length })}`,
    );
  }
  return perLife;
}
