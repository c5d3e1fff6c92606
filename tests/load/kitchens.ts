import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { PlacedOrder } from './customer.ts';
import { failureOf, type HttpAnswer, jsonOf, send } from './http-client.ts';
import { type Latency, latencyRecorder } from './latency.ts';
import type { Measurements } from './measurements.ts';

/** The restaurants. Each looks for its paid orders every second, and confirms them one after another: every order goes its whole way. */
export interface Kitchens {
  take(order: PlacedOrder): void;
  /** Orders that are not confirmed yet. */
  waiting(): number;
  readonly confirmed: ReadonlySet<string>;
  /** Orders that can never be confirmed, by what was answered. */
  refused(): Readonly<Record<string, number>>;
  /** From the moment that an order was acknowledged until it was confirmed. */
  untilConfirmed(): Latency;
  /** Resolves when none is waiting, or when for `patienceMs` none was confirmed; then the rest is given up. */
  drain(patienceMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface KitchensOptions {
  /** By restaurant id. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Gives each kitchen a connection of its own. */
  readonly connect: () => Dispatcher;
  readonly measure: Measurements;
}

/** How often a kitchen looks, and how much it sees at once. */
const LOOK_MS = 1_000;
const PAGE = 20;
const POLL_MS = 100;
const BODY = JSON.stringify({ accepted: true });

export function kitchens({ tokens, connect, measure }: KitchensOptions): Kitchens {
  const confirmed = new Set<string>();
  const refused = new Map<string, number>();
  const lives = latencyRecorder();
  let waiting = 0;
  let lastProgress = performance.now();
  let givenUp = false;

  /** The ids of the first page, or what was answered instead of a list. */
  async function paidOrders(
    client: Dispatcher,
    restaurantId: string,
    token: string,
  ): Promise<readonly string[] | string> {
    const path = `/v1/orders?restaurantId=${restaurantId}&status=paid&limit=${PAGE}`;
    const answer = await send(client, { method: 'GET', path, token });
    const { orders } = jsonOf(answer) as { readonly orders?: readonly { readonly id: string }[] };
    const failure = orders ? undefined : failureOf(answer, 'without orders');
    measure.record('list', answer.elapsedMs, failure);
    if (isPassing(answer)) return [];
    return failure ?? orders?.map(({ id }) => id) ?? [];
  }

  async function confirm(client: Dispatcher, token: string, id: string): Promise<string> {
    const path = `/v1/orders/${id}/confirmation`;
    const answer = await send(client, { method: 'POST', path, token, body: BODY });
    const good = answer.status === 200 && jsonOf(answer)['status'] === 'confirmed';
    const failure = good ? undefined : failureOf(answer, 'not confirmed');
    measure.record('confirm', answer.elapsedMs, failure);
    if (isPassing(answer)) return 'later';
    return failure ?? 'confirmed';
  }

  function settled({ id, placedAt }: PlacedOrder, outcome: string): void {
    waiting -= 1;
    lastProgress = performance.now();
    if (outcome !== 'confirmed') {
      refused.set(outcome, (refused.get(outcome) ?? 0) + 1);
      return;
    }
    confirmed.add(id);
    lives.record(performance.now() - placedAt);
  }

  function kitchen(restaurantId: string, token: string): Kitchen {
    const client = connect();
    const orders = new Map<string, PlacedOrder>();
    let atWork = false;

    function settle(order: PlacedOrder, outcome: string): void {
      orders.delete(order.id);
      settled(order, outcome);
    }
    /** Answers whether there may be more to confirm at once. */
    async function confirmPaid(): Promise<boolean> {
      const paid = await paidOrders(client, restaurantId, token);
      if (typeof paid === 'string') {
        for (const order of orders.values()) settle(order, paid);
        return false;
      }
      const known = paid.flatMap((id) => orders.get(id) ?? []);
      for (const order of known) {
        const outcome = await confirm(client, token, order.id);
        if (outcome !== 'later') settle(order, outcome);
      }
      return paid.length === PAGE && known.length > 0;
    }
    async function work(): Promise<void> {
      atWork = true;
      // Not all of them at the same moment.
      await pause(Math.random() * LOOK_MS);
      while (orders.size > 0 && !givenUp) {
        const more = await confirmPaid();
        if (!more) await pause(LOOK_MS);
      }
      for (const order of orders.values()) settle(order, 'not paid');
      atWork = false;
    }
    return {
      take(order) {
        if (orders.has(order.id)) return settled(order, 'the id of another order');
        orders.set(order.id, order);
        if (!atWork) void work();
      },
      close: () => client.close(),
    };
  }

  const all = new Map(Object.entries(tokens).map(([id, token]) => [id, kitchen(id, token)]));
  return {
    take(order) {
      waiting += 1;
      all.get(order.restaurantId)?.take(order);
    },
    waiting: () => waiting,
    confirmed,
    refused: () => Object.fromEntries(refused),
    untilConfirmed: () => lives.figures(),
    async drain(patienceMs) {
      lastProgress = performance.now();
      while (waiting > 0) {
        await pause(POLL_MS);
        givenUp ||= performance.now() - lastProgress > patienceMs;
      }
    },
    async close() {
      await Promise.all(all.values().map((each) => each.close()));
    },
  };
}

/** A failure after which the same may be asked again. */
function isPassing({ status }: HttpAnswer): boolean {
  return status === 0 || status >= 500;
}

interface Kitchen {
  take(order: PlacedOrder): void;
  close(): Promise<void>;
}
