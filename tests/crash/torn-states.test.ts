import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SWEEP_GRACE_MS } from '../../shared/application/sweep-orders.ts';
import type { OrderStatus } from '../../shared/domain/order.ts';
import type { Movement } from '../../shared/ports/payment-ledger.ts';
import { SEGMENT_LEASE_MS } from '../../shared/workflow/interpreter.ts';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';
import { BODY, type ByHand, byHand, CUSTOMER, KEY, TIMES } from './by-hand.ts';
import { type DataFiles, readDataFiles } from './data-files.ts';
import { judge } from './judge.ts';

/** What a process leaves that dies between two writes of which the first calls for the second. */
interface TornState {
  readonly title: string;
  readonly paymentMethod?: string;
  /** What the process did before it died; the order was placed. */
  readonly done: (hand: ByHand) => Promise<void>;
  /** How it left the order. */
  readonly left: OrderStatus;
  /** Where the order rests once somebody has gone on with it, and in the end, when nobody confirms it. */
  readonly rests: OrderStatus;
  readonly ends: OrderStatus;
  readonly moved: readonly Movement['kind'][];
  /** Notices that are sent a second time. */
  readonly repeats?: number;
}

const PAID = { rests: 'paid', ends: 'refunded', moved: ['charge', 'refund'] } as const;
const REFUNDED = { rests: 'refunded', ends: 'refunded', moved: ['charge', 'refund'] } as const;
const FAILED = { rests: 'payment_failed', ends: 'payment_failed', moved: [] } as const;

async function claim(hand: ByHand): Promise<void> {
  await hand.relay();
  await hand.run('ValidateOrder', 'OpenPayment');
  await hand.relay();
}

async function charge(hand: ByHand): Promise<void> {
  await claim(hand);
  await hand.run('ProcessPayment');
  await hand.relay();
}

async function beginRefund(hand: ByHand): Promise<void> {
  await charge(hand);
  await hand.run('RestaurantTimeout');
  await hand.relay();
}

const STATES: readonly TornState[] = [
  { title: 'an order that nothing was started for', done: (hand) => hand.relay(), left: 'pending', ...PAID },
  {
    title: 'a payment that was opened, and no reference of it',
    done: async (hand) => {
      await hand.relay();
      await hand.openPayment();
    },
    left: 'pending',
    ...PAID,
  },
  { title: 'a claim without a confirm', done: claim, left: 'charging', ...PAID },
  {
    title: 'a confirm without its outcome',
    done: async (hand) => {
      await claim(hand);
      await hand.gateway('confirm');
    },
    left: 'charging',
    ...PAID,
  },
  {
    title: 'a confirm without its outcome, and the wish to cancel',
    done: async (hand) => {
      await claim(hand);
      await hand.gateway('confirm');
      await hand.cancel();
      await hand.relay();
    },
    left: 'charging',
    ...REFUNDED,
  },
  {
    title: 'a decline without its outcome',
    paymentMethod: 'pm_card_chargeDeclined',
    done: async (hand) => {
      await claim(hand);
      await hand.gateway('confirm');
    },
    left: 'charging',
    ...FAILED,
  },
  {
    title: 'a seal without its outcome',
    done: async (hand) => {
      await claim(hand);
      await hand.gateway('settle');
    },
    left: 'charging',
    ...FAILED,
  },
  { title: 'a timer that never fired', done: charge, left: 'paid', ...PAID },
  {
    title: 'an outcome whose change was never relayed',
    done: async (hand) => {
      await claim(hand);
      await hand.run('ProcessPayment');
    },
    left: 'paid',
    ...PAID,
  },
  { title: 'a refund that is due and was not asked for', done: beginRefund, left: 'refunding', ...REFUNDED },
  {
    title: 'a refund without its outcome',
    done: async (hand) => {
      await beginRefund(hand);
      await hand.gateway('refund');
    },
    left: 'refunding',
    ...REFUNDED,
  },
  { title: 'an order whose relay died before it began', done: async () => undefined, left: 'pending', ...PAID },
  {
    title: 'an order whose relay died between publish and mark, with its events handled',
    done: async (hand) => {
      await claim(hand);
      await hand.run('ProcessPayment');
      await hand.relay({ marked: false });
      await hand.consume();
    },
    left: 'paid',
    ...PAID,
  },
  {
    title: 'messages that were handled and not marked as done',
    done: async (hand) => {
      await charge(hand);
      await hand.consume();
    },
    left: 'paid',
    ...PAID,
  },
  {
    title: 'notices that were sent and not recorded',
    done: async (hand) => {
      await charge(hand);
      await hand.consume({ recorded: false });
    },
    left: 'paid',
    ...PAID,
    // Of the creation and the charge by mail and SMS to the customer, of the charge by mail to the restaurant.
    repeats: 5,
  },
  {
    title: 'a sweeper that died between its write and its start',
    done: async (hand) => {
      await hand.relay();
      await hand.sweepAndStartNothing();
    },
    left: 'pending',
    ...PAID,
  },
];

/** Long enough for the sweeper to find whatever was left, and not for the restaurant to be late. */
const UNTIL_SWEPT_MS = SEGMENT_LEASE_MS + SWEEP_GRACE_MS + 60_000;

describe('a platform that starts again on', () => {
  let folder: string;
  let platform: Platform | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-torn-'));
  });
  afterEach(async () => {
    await platform?.stop();
    platform = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const plant = async ({ done, paymentMethod = 'pm_card_visa', left }: TornState, jobs: 'kept' | 'lost') => {
    const hand = await byHand(folder);
    await hand.place(paymentMethod);
    await done(hand);
    expect((await hand.order()).status).toBe(left);
    if (jobs === 'lost') await hand.loseJobs();
    await hand.die();
    return { id: hand.orderId, body: { ...BODY, paymentMethod } };
  };

  const restart = async () => {
    const settings = { CONFIRMATION_TIMEOUT_MS: String(TIMES.confirmationTimeoutMs) };
    platform = await localPlatform({ storage: 'sqlite', time: 'manual', folder, settings });
    return platform;
  };

  /** What lies in the files when all waits are over. */
  const end = async (running: Platform): Promise<DataFiles> => {
    await running.advance(running.times.confirmationTimeoutMs);
    await running.advance(UNTIL_SWEPT_MS);
    await running.stop();
    platform = undefined;
    return readDataFiles(folder, CUSTOMER);
  };

  it.each(STATES)('$title goes on at once', async (state) => {
    const { id, body } = await plant(state, 'kept');
    const running = await restart();
    await running.settle();
    expect(await repeated(running, body)).toEqual({ answer: 200, id, status: state.rests });
    expectPromisesKept(await end(running), state, id, running.now());
  });

  it.each(STATES)('$title goes on as well where jobs and timers are lost', async (state) => {
    const { id, body } = await plant(state, 'lost');
    const running = await restart();
    await running.advance(UNTIL_SWEPT_MS);
    expect(await repeated(running, body)).toEqual({ answer: 200, id, status: state.rests });
    expectPromisesKept(await end(running), state, id, running.now());
  });
});

/** What becomes of the request that placed the order, when its customer repeats it. */
async function repeated(platform: Platform, body: object) {
  const response = await platform.request('/v1/orders', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await platform.token(CUSTOMER)}`,
      'content-type': 'application/json',
      'idempotency-key': KEY,
    },
    body: JSON.stringify(body),
  });
  const { id, status } = (await response.json()) as { id: string; status: string };
  return { answer: response.status, id, status };
}

function expectPromisesKept(files: DataFiles, { ends, moved, repeats = 0 }: TornState, id: string, now: number): void {
  expect(files.orders.map(({ status }) => status)).toEqual([ends]);
  expect(files.movements.map(({ kind }) => kind)).toEqual(moved);
  expect(files.notices.length - new Set(files.notices.map(({ key }) => key)).size).toBe(repeats);
  expect(judge(files, { orderIds: [id], acts: [] }, now)).toEqual([]);
}
