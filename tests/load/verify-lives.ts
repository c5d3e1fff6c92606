import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { PlacedOrder } from './customer.ts';
import { type HttpAnswer, jsonOf, send } from './http-client.ts';
import { inParallel } from './in-parallel.ts';

/** What became of the orders that were acknowledged. */
export interface LivesChecked {
  readonly acknowledged: number;
  /** Confirmed by the kitchen. */
  readonly confirmed: number;
  /** By the gateway's own books: charged exactly once, and nothing refunded. */
  readonly chargedOnce: number;
  /** Both of it. */
  readonly completed: number;
  readonly deadLetters: number;
  /** Orders that were looked at one by one: status, receipt, and the notice that the order is confirmed. */
  readonly sampled: number;
  /** What was wrong with one of those, or with the look-up. */
  readonly problems: readonly string[];
}

export interface VerifyOptions {
  readonly client: Dispatcher;
  readonly orders: readonly PlacedOrder[];
  readonly confirmed: ReadonlySet<string>;
  readonly tokenOf: (user: number) => string;
  /** How long receipts and notices may take after the last confirmation. */
  readonly patienceMs: number;
}

const SAMPLE = 500;
const POLL_MS = 250;
const SHOWN_PROBLEMS = 10;

/** Whether the platform lets look inside, as the local one does. */
export async function canVerify(client: Dispatcher): Promise<boolean> {
  return (await look(client, '/dev/ledger?orderId=none')).status === 200;
}

/** Waits until what follows the orders is done as well, and compares all that was acknowledged with the gateway's books. */
export async function verifyLives(options: VerifyOptions): Promise<LivesChecked> {
  const { client, orders, confirmed } = options;
  const sample = spread(
    orders.filter(({ id }) => confirmed.has(id)),
    SAMPLE,
  );
  const problems = await settledSample(options, sample);
  const charges = await movementsByOrder(client);
  const chargedOnce = orders.filter(({ id }) => charges.get(id) === 'charge');
  const { deadLetters } = jsonOf(await look(client, '/dev/deadletters'));
  return {
    acknowledged: orders.length,
    confirmed: confirmed.size,
    chargedOnce: chargedOnce.length,
    completed: chargedOnce.filter(({ id }) => confirmed.has(id)).length,
    deadLetters: Array.isArray(deadLetters) ? deadLetters.length : Number.NaN,
    sampled: sample.length,
    problems: problems.slice(0, SHOWN_PROBLEMS),
  };
}

export function livesAreWhole({ acknowledged, completed, deadLetters, problems }: LivesChecked): boolean {
  return completed === acknowledged && deadLetters === 0 && problems.length === 0;
}

/** Looks at the sample again and again until nothing is wrong with it, or patience ends; answers what still is. */
async function settledSample(options: VerifyOptions, sample: readonly PlacedOrder[]): Promise<string[]> {
  const end = performance.now() + options.patienceMs;
  let rest = sample;
  for (;;) {
    const found = await inParallel(rest, async (order) => ({ order, problem: await problemOf(options, order) }));
    const wrong = found.filter(({ problem }) => problem !== undefined);
    if (wrong.length === 0 || performance.now() > end) {
      return wrong.map(({ order, problem }) => `${order.id}: ${problem}`);
    }
    rest = wrong.map(({ order }) => order);
    await pause(POLL_MS);
  }
}

async function problemOf({ client, tokenOf }: VerifyOptions, { id, user }: PlacedOrder): Promise<string | undefined> {
  const token = tokenOf(user);
  const order = await look(client, `/v1/orders/${id}`, token);
  const { status } = jsonOf(order);
  if (status !== 'confirmed') return `is ${status ?? order.status}`;
  const receipt = await look(client, `/v1/orders/${id}/receipt`, token);
  if (receipt.status !== 200) return `has no receipt (${receipt.status})`;
  const { notices } = jsonOf(await look(client, `/dev/notices?orderId=${id}`));
  const told = Array.isArray(notices) && notices.some(isConfirmation);
  return told ? undefined : 'its customer was not told of the confirmation';
}

function isConfirmation(notice: { readonly recipient: string; readonly subject: string }): boolean {
  return notice.recipient === 'customer' && notice.subject.endsWith('- confirmed');
}

/** All that moved for each order, in its order: `charge`, or `charge refund`. */
async function movementsByOrder(client: Dispatcher): Promise<ReadonlyMap<string, string>> {
  const { movements } = jsonOf(await look(client, '/dev/ledger'));
  const moved = new Map<string, string>();
  for (const { orderId, kind } of Array.isArray(movements) ? movements : []) {
    const before = moved.get(orderId);
    moved.set(orderId, before === undefined ? kind : `${before} ${kind}`);
  }
  return moved;
}

function look(client: Dispatcher, path: string, token?: string): Promise<HttpAnswer> {
  return send(client, { method: 'GET', path, ...(token !== undefined && { token }) });
}

/** At most so many, evenly from the first to the last. */
function spread<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)]).filter(
    (item) => item !== undefined,
  );
}
