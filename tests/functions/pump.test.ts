import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Pump, type PumpOptions, pump } from '../../functions/local/pump.ts';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryMessageQueue } from '../../shared/adapters/memory/memory-message-queue.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import type { OrderChange } from '../../shared/domain/change.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { ChangeFeed } from '../../shared/ports/change-feed.ts';
import type { MessageQueue } from '../../shared/ports/message-queue.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { anOrder, aPosition, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const SWEEP_MS = 60_000;
const BASE_MS = 1_000;
const MOST_AT_ONCE = 256;

interface Options {
  readonly relay?: PumpOptions['relay'];
  readonly handle?: (body: unknown) => Promise<unknown>;
  readonly sweep?: () => Promise<void>;
  readonly sweepIntervalMs?: number;
  readonly reconcile?: () => Promise<unknown>;
  readonly reconcileIntervalMs?: number;
  readonly feed?: (inner: ChangeFeed) => ChangeFeed;
  readonly queue?: (inner: MessageQueue) => MessageQueue;
}

const pumps: Pump[] = [];

beforeEach(() => {
  // Its naps pass only when a test says so; turns of the event loop are real.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(async () => {
  await Promise.all(pumps.splice(0).map((one) => one.stop()));
  vi.useRealTimers();
});

/** A pump over memory adapters, with queue `notify`, and what it did. */
function platform(options: Options = {}) {
  const clock = manualClock(NOON);
  const { orders, feed } = memoryOrderStore();
  const awake: { pump?: Pump } = {};
  const { queue, deadLetters } = memoryMessageQueue({ onEnqueue: () => awake.pump?.wake() });
  const relayed: string[] = [];
  const handled: { body: unknown; at: number }[] = [];
  const logs: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const log = (level: string) => (fields: Record<string, unknown>, message: string) =>
    logs.push({ level, fields, message });
  const metrics = countingMetrics();
  const made = pump({
    feed: (options.feed ?? same)(feed),
    queue: (options.queue ?? same)(queue),
    relay:
      options.relay ??
      (async (changes) => {
        relayed.push(...changes.map(({ orderId }) => orderId));
        return [];
      }),
    handlers: {
      notify: async (body) => {
        handled.push({ body, at: clock.now() - NOON });
        await options.handle?.(body);
      },
    },
    sweep: options.sweep ?? (async () => undefined),
    sweepIntervalMs: options.sweepIntervalMs ?? SWEEP_MS,
    ...(options.reconcile && { reconcile: options.reconcile }),
    ...(options.reconcileIntervalMs && { reconcileIntervalMs: options.reconcileIntervalMs }),
    retryBaseMs: BASE_MS,
    clock,
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
    metrics,
  });
  awake.pump = made;
  pumps.push(made);
  return {
    pump: made,
    clock,
    queue,
    orders,
    relayed,
    handled,
    logs,
    async commit(): Promise<string> {
      const order = anOrder({ position: aPosition() });
      await orders.create(order, eventsAfter(order, 0));
      return order.id;
    },
    put: (body: unknown, dueAt = NOON, name = 'notify') =>
      queue.enqueue([{ queue: name, orderId: 'ord_a', body, dueAt, correlationId: 'ord_a' }]),
    metrics,
    letters: async () => (await deadLetters.list({}, { limit: 100 })).items,
    /** Lets time go by, for the platform's clock and for its naps. */
    async pass(ms: number): Promise<void> {
      await turns();
      clock.advance(ms);
      vi.advanceTimersByTime(ms);
      await turns();
    },
  };
}

function same<T>(port: T): T {
  return port;
}

/** Enough turns of the event loop for all that needs no timer. */
async function turns(): Promise<void> {
  for (let taken = 0; taken < 20; taken += 1) await turn();
}

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

describe('what the pump moves', () => {
  it('is what was committed before it started, and what is committed later', async () => {
    const { pump: running, relayed, commit } = platform();
    const first = await commit();
    running.start();
    await running.idle();
    const second = await commit();
    running.wake();
    await running.idle();
    expect(relayed).toEqual([first, second]);
  });

  it('is each change once', async () => {
    const { pump: running, relayed, commit } = platform();
    const ids = [await commit(), await commit()];
    running.start();
    await running.idle();
    for (let times = 0; times < 3; times += 1) {
      running.wake();
      await running.idle();
    }
    expect(relayed).toEqual(ids);
  });

  it('is more than one batch of changes', async () => {
    const { pump: running, relayed, commit } = platform();
    for (let made = 0; made < 450; made += 1) await commit();
    running.start();
    await running.idle();
    expect(new Set(relayed).size).toBe(450);
    expect(relayed).toHaveLength(450);
  });

  it('is every message that is due, handed to its handler and ended', async () => {
    const { pump: running, handled, put, letters, queue } = platform();
    await put('first');
    running.start();
    await running.idle();
    await put('second');
    await running.idle();
    expect(handled.map(({ body }) => body)).toEqual(['first', 'second']);
    expect(await letters()).toEqual([]);
    expect(await queue.nextDueAt()).toBeUndefined();
  });

  it('waits until it falls due, and comes by itself then', async () => {
    const { pump: running, handled, put, pass } = platform();
    await put('timer', NOON + 5_000);
    running.start();
    await running.idle();
    await pass(4_999);
    expect(handled).toEqual([]);
    await pass(1);
    expect(handled).toEqual([{ body: 'timer', at: 5_000 }]);
  });

  it('is ended once it was handled', async () => {
    const ended: string[] = [];
    const { pump: running, put } = platform({
      queue: (inner) => ({
        ...inner,
        async done(id) {
          ended.push(id);
          await inner.done(id);
        },
      }),
    });
    await put('first');
    await put('second');
    running.start();
    await running.idle();
    expect(new Set(ended).size).toBe(2);
  });

  it('is looked for once a minute, should the clock of the machine jump', async () => {
    const { pump: running, handled, put, clock } = platform({ sweepIntervalMs: 86_400_000 });
    await put('timer', NOON + 3_600_000);
    running.start();
    await running.idle();
    await turns();
    clock.advance(3_600_000);
    vi.advanceTimersByTime(60_000);
    await turns();
    expect(handled).toHaveLength(1);
  });
});

describe('a message that fails', () => {
  const unavailable = async () => {
    throw new PortError('unavailable', 'NotificationSender.send');
  };

  it('is delivered again, later each time, and moved to the dead letters after five deliveries', async () => {
    const { pump: running, handled, put, pass, letters, logs, metrics } = platform({ handle: unavailable });
    await put({ event: 1 });
    running.start();
    await running.idle();
    for (const pause of [1_000, 4_000, 16_000, 64_000]) await pass(pause);
    await pass(1_000_000);
    expect(handled.map(({ at }) => at)).toEqual([0, 1_000, 5_000, 21_000, 85_000]);
    expect(metrics.sums()).toEqual({ DeadLetters: 1 });
    expect(await letters()).toEqual([
      {
        id: expect.any(String),
        queue: 'notify',
        orderId: 'ord_a',
        body: { event: 1 },
        error: 'PortError: NotificationSender.send: unavailable',
        attempts: 5,
        correlationId: 'ord_a',
        failedAt: NOON + 85_000,
      },
    ]);
    expect(logs.map(({ level, fields }) => `${level} ${fields['attempts']}`)).toEqual([
      'warn 1',
      'warn 2',
      'warn 3',
      'warn 4',
      'error 5',
    ]);
  });

  it('and can never work is moved there at once', async () => {
    const {
      pump: running,
      handled,
      put,
      letters,
    } = platform({
      handle: async () => {
        throw new PortError('invalid-argument', 'parseEvent');
      },
    });
    await put('poison');
    running.start();
    await running.idle();
    expect(handled).toHaveLength(1);
    expect(await letters()).toMatchObject([{ body: 'poison', attempts: 1 }]);
  });

  it('and has no handler is moved there in the end', async () => {
    const { pump: running, put, pass, letters } = platform();
    await put('stray', NOON, 'nobody');
    running.start();
    await running.idle();
    expect(await letters()).toEqual([]);
    for (const pause of [1_000, 4_000, 16_000, 64_000]) await pass(pause);
    expect(await letters()).toMatchObject([
      { queue: 'nobody', attempts: 5, error: 'Error: there is no handler for queue nobody' },
    ]);
  });

  it('does not hold up the others', async () => {
    const {
      pump: running,
      handled,
      put,
    } = platform({
      handle: async (body) => {
        if (body === 'bad') throw new TypeError('undefined is not a function');
      },
    });
    for (const body of ['bad', 'good', 'better']) await put(body);
    running.start();
    await running.idle();
    expect(handled.map(({ body }) => body)).toEqual(['bad', 'good', 'better']);
  });

  it('once, and then works, is not delivered again', async () => {
    let calls = 0;
    const {
      pump: running,
      handled,
      put,
      pass,
      letters,
    } = platform({
      handle: async () => {
        calls += 1;
        if (calls === 1) await unavailable();
      },
    });
    await put('flaky');
    running.start();
    await running.idle();
    await pass(1_000);
    await pass(1_000_000);
    expect(handled).toHaveLength(2);
    expect(await letters()).toEqual([]);
  });

  it('and cannot be given back is given back as soon as that works, and nothing else suffers', async () => {
    let failures = 2;
    const {
      pump: running,
      handled,
      pass,
      put,
      logs,
    } = platform({
      handle: async (body) => {
        if (body === 'held' && handled.length === 1) await unavailable();
      },
      queue: (inner) => ({
        ...inner,
        retry: async (...message) => {
          failures -= 1;
          await (failures >= 0 ? unavailable() : inner.retry(...message));
        },
      }),
    });
    await put('held');
    running.start();
    await pass(0);
    await put('another');
    await pass(1_000);
    await pass(1_000);
    await pass(BASE_MS);
    expect(handled.map(({ body }) => body)).toEqual(['held', 'another', 'held']);
    expect(logs.filter(({ message }) => message === 'message could not be ended')).toHaveLength(2);
  });

  it('and cannot be given back does not hold up the stop', async () => {
    const {
      pump: running,
      pass,
      put,
    } = platform({
      handle: unavailable,
      queue: (inner) => ({ ...inner, retry: unavailable }),
    });
    await put('held');
    running.start();
    await pass(0);
    await expect(running.stop()).resolves.toBeUndefined();
  });
});

describe('a relay that fails', () => {
  it('is tried again after a second, with all that was committed', async () => {
    let calls = 0;
    const {
      pump: running,
      commit,
      pass,
      logs,
    } = platform({
      relay: async () => {
        calls += 1;
        if (calls === 1) throw new PortError('unavailable', 'EventPublisher.publish');
        return [];
      },
    });
    await commit();
    running.start();
    await running.idle();
    running.wake();
    await running.idle();
    expect(calls).toBe(1);
    await pass(1_000);
    expect(calls).toBe(2);
    await pass(1_000_000);
    expect(calls).toBe(2);
    expect(logs).toMatchObject([{ level: 'error', message: 'changes were not relayed; they are tried again' }]);
  });

  it('for some changes is tried again for those alone', async () => {
    const seen: string[][] = [];
    const {
      pump: running,
      commit,
      pass,
    } = platform({
      relay: async (changes) => {
        seen.push(changes.map(({ orderId }) => orderId));
        return seen.length === 1 ? changes.slice(1, 2).map((change) => ({ change, reason: 'throttled' })) : [];
      },
    });
    const ids = [await commit(), await commit(), await commit()];
    running.start();
    await running.idle();
    await pass(1_000);
    expect(seen).toEqual([ids, [ids[1]]]);
  });

  it('is tried again soon, also when the timer is a little ahead of the clock', async () => {
    let calls = 0;
    const {
      pump: running,
      commit,
      clock,
      pass,
    } = platform({
      relay: async () => {
        calls += 1;
        if (calls === 1) throw new PortError('unavailable', 'EventPublisher.publish');
        return [];
      },
    });
    await commit();
    running.start();
    await running.idle();
    clock.advance(-1);
    await pass(1_000);
    expect(calls).toBe(1);
    await pass(1);
    expect(calls).toBe(2);
  });

  it('to acknowledge relays again, also what it could not relay the first time', async () => {
    const seen: string[][] = [];
    let acknowledged = 0;
    const {
      pump: running,
      commit,
      pass,
    } = platform({
      relay: async (changes) => {
        seen.push(changes.map(({ orderId }) => orderId));
        return seen.length === 1 ? changes.slice(0, 1).map((change) => ({ change, reason: 'throttled' })) : [];
      },
      feed: (inner) => ({
        ...inner,
        async acknowledge(ids) {
          acknowledged += 1;
          if (acknowledged === 1) throw new PortError('unavailable', 'ChangeFeed.acknowledge');
          await inner.acknowledge(ids);
        },
      }),
    });
    const ids = [await commit(), await commit()];
    running.start();
    await running.idle();
    await pass(1_000);
    await pass(1_000);
    expect(seen).toEqual([ids, ids]);
  });

  it('to acknowledge is let be for a second, however often it is woken by what it relays', async () => {
    let calls = 0;
    const made = platform({
      relay: async () => {
        calls += 1;
        await made.put(`relayed ${calls}`);
        return [];
      },
      feed: (inner) => ({
        ...inner,
        async acknowledge(ids) {
          // A pump that does not let it be would otherwise never end.
          if (calls > 50) return inner.acknowledge(ids);
          throw new PortError('unavailable', 'ChangeFeed.acknowledge');
        },
      }),
    });
    await made.commit();
    made.pump.start();
    await made.pass(0);
    expect(calls).toBe(1);
    await made.pass(1_000);
    expect(calls).toBe(2);
  });
});

describe('a store that fails', () => {
  const failing = (method: string, times: number) => {
    let left = times;
    return () => {
      left -= 1;
      if (left >= 0) throw new PortError('unavailable', method);
    };
  };

  it.each(['pull', 'take', 'nextDueAt'] as const)('at %s does not stop the pump', async (method) => {
    const fail = failing(method, 1);
    const {
      pump: running,
      commit,
      put,
      pass,
      relayed,
      handled,
      logs,
    } = platform({
      feed: (inner) => ({
        ...inner,
        async pull(limit) {
          if (method === 'pull') fail();
          return inner.pull(limit);
        },
      }),
      queue: (inner) => ({
        ...inner,
        async take(now, limit) {
          if (method === 'take') fail();
          return inner.take(now, limit);
        },
        async nextDueAt() {
          if (method === 'nextDueAt') fail();
          return inner.nextDueAt();
        },
      }),
    });
    const id = await commit();
    await put('message');
    await put('later', NOON + 1_000);
    running.start();
    await running.idle();
    await pass(1_000);
    expect(relayed).toEqual([id]);
    expect(handled.map(({ body }) => body)).toEqual(['message', 'later']);
    expect(logs).toHaveLength(1);
  });

  it('for long is asked once a second, whatever is due', async () => {
    const {
      pump: running,
      put,
      pass,
      logs,
    } = platform({
      queue: (inner) => ({
        ...inner,
        async take() {
          throw new PortError('unavailable', 'MessageQueue.take');
        },
      }),
    });
    await put('due');
    running.start();
    await turns();
    logs.length = 0;
    for (let passed = 0; passed < 5_000; passed += 50) await pass(50);
    expect(logs.length).toBeGreaterThanOrEqual(4);
    expect(logs.length).toBeLessThanOrEqual(6);
  });
});

describe('the sweeper', () => {
  it('runs once each interval, and not at the start', async () => {
    const sweeps: number[] = [];
    const times = platform({
      sweep: async () => {
        sweeps.push(times.clock.now() - NOON);
      },
    });
    times.pump.start();
    await times.pump.idle();
    await times.pass(SWEEP_MS - 1);
    times.pump.wake();
    await times.pump.idle();
    expect(sweeps).toEqual([]);
    for (let passed = 0; passed < 3; passed += 1) await times.pass(SWEEP_MS);
    times.pump.wake();
    await times.pump.idle();
    expect(sweeps).toEqual([119_999, 179_999, 239_999]);
  });

  it('that fails is logged, holds nothing up, and is tried again the next time', async () => {
    let sweeps = 0;
    const {
      pump: running,
      put,
      handled,
      pass,
      logs,
    } = platform({
      sweep: async () => {
        sweeps += 1;
        throw new PortError('unavailable', 'OrderStore.due');
      },
    });
    running.start();
    await running.idle();
    await pass(SWEEP_MS);
    await put('message');
    await running.idle();
    expect(handled).toHaveLength(1);
    await pass(SWEEP_MS);
    expect(sweeps).toBe(2);
    expect(logs.map(({ message }) => message)).toEqual([
      'sweep failed; the next one tries again',
      'sweep failed; the next one tries again',
    ]);
  });
});

describe('many messages at once', () => {
  it('are worked on together, but no more than 256 of them', async () => {
    const held = gate();
    let working = 0;
    let most = 0;
    const {
      pump: running,
      put,
      handled,
    } = platform({
      handle: async () => {
        working += 1;
        most = Math.max(most, working);
        await held.opened;
        working -= 1;
      },
    });
    for (let made = 0; made < MOST_AT_ONCE + 50; made += 1) await put(made);
    running.start();
    await turns();
    expect(handled).toHaveLength(MOST_AT_ONCE);
    held.open();
    await running.idle();
    expect(handled).toHaveLength(MOST_AT_ONCE + 50);
    expect(most).toBe(MOST_AT_ONCE);
  });

  it('that fill all hands are waited for without asking again and again', async () => {
    const held = gate();
    let asked = 0;
    const {
      pump: running,
      put,
      pass,
      handled,
    } = platform({
      handle: () => held.opened,
      feed: (inner) => ({
        ...inner,
        async pull(limit) {
          asked += 1;
          return inner.pull(limit);
        },
      }),
    });
    for (let made = 0; made < MOST_AT_ONCE + 1; made += 1) await put(made);
    running.start();
    await turns();
    asked = 0;
    for (let passed = 0; passed < 1_000; passed += 10) await pass(10);
    expect(asked).toBeLessThanOrEqual(1);
    held.open();
    await running.idle();
    expect(handled).toHaveLength(MOST_AT_ONCE + 1);
  });
});

describe('a wake', () => {
  it('in the middle of a round is not lost', async () => {
    const held = gate();
    const rounds: string[][] = [];
    const { pump: running, commit } = platform({
      relay: async (changes: readonly OrderChange[]) => {
        rounds.push(changes.map(({ orderId }) => orderId));
        if (rounds.length === 1) await held.opened;
        return [];
      },
    });
    const first = await commit();
    running.start();
    await turns();
    const second = await commit();
    running.wake();
    await turns();
    expect(rounds).toEqual([[first]]);
    held.open();
    await running.idle();
    expect(rounds).toEqual([[first], [second]]);
  });

  it('before the start or after the stop does nothing', async () => {
    const { pump: running, commit, relayed } = platform();
    await commit();
    running.wake();
    await turns();
    expect(relayed).toEqual([]);
    running.start();
    await running.idle();
    await running.stop();
    await commit();
    running.wake();
    await turns();
    expect(relayed).toHaveLength(1);
  });
});

describe('idle', () => {
  it('waits for what is in work, and for what comes of it', async () => {
    const held = gate();
    const more: { put?: (body: unknown) => Promise<void> } = {};
    const {
      pump: running,
      put,
      handled,
    } = platform({
      handle: async (body) => {
        if (body !== 'first') return;
        await held.opened;
        await more.put?.('second');
      },
    });
    more.put = put;
    await put('first');
    running.start();
    let idle = false;
    const waiting = running.idle().then(() => {
      idle = true;
    });
    await turns();
    expect(idle).toBe(false);
    held.open();
    await waiting;
    expect(handled.map(({ body }) => body)).toEqual(['first', 'second']);
  });

  it('does not wait for what is not due yet', async () => {
    const { pump: running, put, handled } = platform();
    await put('timer', NOON + 1);
    running.start();
    await running.idle();
    expect(handled).toEqual([]);
  });

  it('is told to everybody who waits', async () => {
    const { pump: running } = platform();
    running.start();
    await expect(Promise.all([running.idle(), running.idle(), running.idle()])).resolves.toHaveLength(3);
  });

  it('is refused by a pump that does not run', async () => {
    const { pump: running } = platform();
    await expect(running.idle()).rejects.toThrow('the pump is not running');
    running.start();
    await running.stop();
    await expect(running.idle()).rejects.toThrow('the pump is not running');
  });

  it('does not keep waiting when the pump is stopped', async () => {
    const held = gate();
    const { pump: running, put } = platform({ handle: () => held.opened });
    await put('long');
    running.start();
    const waiting = running.idle();
    await turns();
    const stopped = running.stop();
    held.open();
    await expect(Promise.all([waiting, stopped])).resolves.toHaveLength(2);
  });
});

describe('a stop', () => {
  it('waits for what was begun, and leaves the rest', async () => {
    const held = gate();
    const { pump: running, put, handled, queue, letters } = platform({ handle: () => held.opened });
    await put('begun');
    running.start();
    await turns();
    let stopped = false;
    const stopping = running.stop().then(() => {
      stopped = true;
    });
    await put('left');
    await put('timer', NOON + 1);
    await turns();
    expect(stopped).toBe(false);
    held.open();
    await stopping;
    expect(handled.map(({ body }) => body)).toEqual(['begun']);
    expect((await queue.take(NOON + 1, 10)).map(({ body }) => body)).toEqual(['left', 'timer']);
    expect(await letters()).toEqual([]);
  });

  it('in the middle of a sweep takes nothing that comes behind it', async () => {
    const held = gate();
    const { pump: running, put, pass, handled, commit, relayed } = platform({ sweep: () => held.opened });
    running.start();
    await running.idle();
    await pass(SWEEP_MS);
    await put('left');
    await commit();
    const stopping = running.stop();
    held.open();
    await stopping;
    expect(handled).toEqual([]);
    expect(relayed).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    const { pump: running, put } = platform();
    await put('timer', NOON + 5_000);
    running.start();
    await running.idle();
    await turns();
    expect(vi.getTimerCount()).toBe(1);
    await running.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the reconciliation', () => {
  it('comes once in each interval, also after it failed, and never beside itself', async () => {
    const HOUR = 3_600_000;
    let runs = 0;
    const first = gate();
    const {
      pump: running,
      pass,
      logs,
    } = platform({
      reconcileIntervalMs: HOUR,
      sweepIntervalMs: 10 * HOUR,
      async reconcile() {
        runs += 1;
        if (runs === 1) await first.opened;
        if (runs === 2) throw new PortError('unavailable', 'PaymentRecords.list');
      },
    });
    running.start();
    await running.idle();
    await pass(HOUR - 1);
    expect(runs).toBe(0);
    await pass(1);
    expect(runs).toBe(1);
    await pass(2 * HOUR);
    expect(runs).toBe(1);
    first.open();
    await pass(0);
    await pass(HOUR);
    expect(runs).toBe(2);
    expect(logs).toMatchObject([{ level: 'error', message: 'reconciliation failed; the next one tries again' }]);
    await pass(HOUR);
    expect(runs).toBe(3);
  });
});
