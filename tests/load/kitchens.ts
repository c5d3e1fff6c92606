import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { PlacedOrder } from './customer.ts';
import { failureOf, jsonOf, send } from './http-client.ts';
import { type Latency, latencyRecorder } from './latency.ts';
import type { Measurements } from './measurements.ts';

/** The restaurants. Each confirms its orders one after another once they are paid, so that every order goes its whole way. */
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

/** How long a kitchen leaves an order alone that is not paid yet: twice as long each time, so that asking is not a load of its own. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const POLL_MS = 100;
const BODY = JSON.stringify({ accepted: true });

export function kitchens({ tokens, connect, measure }: KitchensOptions): Kitchens {
  const confirmed = new Set<string>();
  const refused = new Map<string, number>();
  const lives = latencyRecorder();
  let waiting = 0;
  let lastProgress = performance.now();
  let givenUp = false;

  async function confirm(client: Dispatcher, token: string, { id }: PlacedOrder): Promise<string> {
    const path = `/v1/orders/${id}/confirmation`;
    const answer = await send(client, { method: 'POST', path, token, body: BODY });
    const { status, code } = jsonOf(answer);
    if (code === 'illegal-transition') {
      measure.record('early', answer.elapsedMs);
      return 'later';
    }
    const good = answer.status === 200 && status === 'confirmed';
    const failure = good ? undefined : failureOf(answer, 'not confirmed');
    measure.record('confirm', answer.elapsedMs, failure);
    if (answer.status === 0 || answer.status >= 500) return 'later';
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

  function kitchen(token: string): Kitchen {
    const client = connect();
    const orders: WaitingOrder[] = [];
    let atWork = false;
    async function work(): Promise<void> {
      atWork = true;
      for (let next = orders.shift(); next; next = orders.shift()) {
        const outcome = givenUp ? 'given up' : await confirm(client, token, next.order);
        if (outcome === 'later') void takeLater(next);
        else settled(next.order, outcome);
      }
      atWork = false;
    }
    function take(next: WaitingOrder): void {
      orders.push(next);
      if (!atWork) void work();
    }
    async function takeLater({ order, pauseMs }: WaitingOrder): Promise<void> {
      await pause(pauseMs);
      take({ order, pauseMs: Math.min(2 * pauseMs, LONGEST_PAUSE_MS) });
    }
    return { take, close: () => client.close() };
  }

  const all = new Map(Object.entries(tokens).map(([id, token]) => [id, kitchen(token)]));
  return {
    take(order) {
      waiting += 1;
      all.get(order.restaurantId)?.take({ order, pauseMs: FIRST_PAUSE_MS });
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

interface WaitingOrder {
  readonly order: PlacedOrder;
  /** Before the next try, when this one is too early. */
  readonly pauseMs: number;
}

interface Kitchen {
  take(next: WaitingOrder): void;
  close(): Promise<void>;
}
