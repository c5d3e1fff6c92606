import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAdapters } from '../../functions/local/adapters.ts';
import { type LocalContainer, localContainer } from '../../functions/local/container.ts';
import { jsonLogger } from '../../functions/local/logger.ts';
import { seedRestaurants } from '../../functions/local/restaurants.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import { manualClock } from '../manual-clock.ts';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';
import { BODY, CUSTOMER, KEY, NOW } from './by-hand.ts';
import { readDataFiles } from './data-files.ts';
import { judge } from './judge.ts';
import { mortal } from './mortal.ts';

const SETTINGS = readLocalSettings({ PORT: '0' });
/** A life of an order with fewer writes than this would not be the whole of it. */
const FEWEST_WRITES = 30;

type Client = Pick<Platform, 'request' | 'token' | 'settle'>;

it('an order comes to its end whichever write was the last of the process', async () => {
  const problems: string[] = [];
  let number = 0;
  let last: string | undefined;
  do {
    number += 1;
    const lives = await twoLives(number);
    last = lives.last;
    problems.push(...lives.problems.map((problem) => `died with write ${number}, ${last}: ${problem}`));
  } while (last !== undefined);
  expect(problems).toEqual([]);
  expect(number).toBeGreaterThan(FEWEST_WRITES);
});

async function twoLives(number: number) {
  const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-write-'));
  try {
    const last = await firstLife(folder, number);
    return { last, problems: await secondLife(folder).catch((error: unknown) => [String(error)]) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lives until the write `number`, and answers its name; undefined when the order has come to its end before. */
async function firstLife(folder: string, number: number): Promise<string | undefined> {
  const clock = manualClock(NOW);
  const running: { container?: LocalContainer } = {};
  const onEnqueue = () => running.container?.pump.wake();
  const kept = openAdapters(join(folder, 'orders.sqlite'), { clock, onEnqueue });
  await seedRestaurants(kept.restaurants);
  const { adapters, death } = mortal(kept, number);
  const logger = jsonLogger({ level: 'silent' });
  const parts = { settings: SETTINGS, adapters, sender: adapters.notices, clock, logger };
  const container = await localContainer(parts);
  running.container = container;
  container.pump.start();
  const last = await Promise.race([death, goTheWay(clientOf(container)).then(() => undefined)]);
  await kept.close();
  return last;
}

function clientOf({ fetch, issuer, pump }: LocalContainer): Client {
  return {
    request: async (path, init) => fetch(new Request(`http://localhost${path}`, init)),
    token: async (sub, groups) => (await issuer.token({ sub, ...(groups && { groups }) })).token,
    settle: () => pump.idle(),
  };
}

/** Whoever has got no answer asks again. */
async function secondLife(folder: string): Promise<string[]> {
  const platform = await localPlatform({ storage: 'sqlite', time: 'manual', folder });
  const id = await toTheEnd(platform).finally(platform.stop);
  const files = await readDataFiles(folder, CUSTOMER);
  const acts = [{ orderId: id, trace: { reason: 'restaurant-refused' } }];
  return judge(files, { orderIds: [id], acts }, platform.now());
}

async function toTheEnd(platform: Platform): Promise<string> {
  await platform.settle();
  const id = await goTheWay(platform);
  // Timers of waits that are over.
  await platform.advance(platform.times.confirmationTimeoutMs);
  return id;
}

/** Paid, and then refused by the restaurant. */
async function goTheWay({ request, token, settle }: Client): Promise<string> {
  const post = async (path: string, bearer: string, body: object) => {
    const response = await request(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', 'idempotency-key': KEY },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return (await response.json()) as { id: string };
  };
  const { id } = await post('/v1/orders', await token(CUSTOMER), { ...BODY, paymentMethod: 'pm_card_visa' });
  await settle();
  const kitchen = await token('kitchen', [`restaurant:${BODY.restaurantId}`]);
  await post(`/v1/orders/${id}/confirmation`, kitchen, { accepted: false });
  await settle();
  return id;
}
