import { describe, expect, it } from 'vitest';
import { runBatch } from './batch.ts';
import { NO_FAULTS } from './faults.ts';
import { runHistory } from './history.ts';
import { planFrom } from './plan.ts';
import { PROFILE_NAMES } from './profiles.ts';

describe('histories', () => {
  it.each(PROFILE_NAMES)('keep every promise with the deliveries of %s', async (profile) => {
    const { failures, ends } = await runBatch({ firstSeed: 1, histories: 150, profile, orders: 3 });
    expect(failures).toEqual([]);
    // It is no wonder that nothing is wrong where nothing happens.
    expect(ends.map(([status]) => status)).toEqual(
      expect.arrayContaining([
        'refunded',
        'payment_failed',
        'cancelled',
        'rejected',
        'refund_failed',
        'confirmed',
        'delivered',
      ]),
    );
  });

  it.each(PROFILE_NAMES)('in which nothing goes wrong leave nothing to the sweeper, on %s', async (profile) => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const { violations, faults } = await runHistory({ ...planFrom(seed, profile), faults: NO_FAULTS });
      expect({ seed, violations, faults }).toEqual({ seed, violations: [], faults: 0 });
    }
  });

  it('hear of a charge from the webhook first as well as from the workflow first', async () => {
    const firsts = { webhook: 0, segment: 0 };
    for (let seed = 1; seed <= 300; seed += 1) {
      await runHistory(planFrom(seed, 'webhooks'), {
        record({ who, what }) {
          if (what.startsWith('OrderStore.save (paid)')) firsts[who.startsWith('webhook') ? 'webhook' : 'segment'] += 1;
        },
      });
    }
    expect(firsts.webhook).toBeGreaterThan(10);
    expect(firsts.segment).toBeGreaterThan(10);
  });

  it('with one order and with ten keep them, too', async () => {
    for (const orders of [1, 10]) {
      expect((await runBatch({ firstSeed: 1, histories: 40, profile: 'all', orders })).failures).toEqual([]);
    }
  });
});

describe('a seed', () => {
  it('decides everything that happens', async () => {
    const once = await runBatch({ firstSeed: 7, histories: 80, profile: 'all', orders: 3 });
    const again = await runBatch({ firstSeed: 7, histories: 80, profile: 'all', orders: 3 });
    expect(again).toEqual(once);
  });

  it('decides it whether or not somebody looks on', async () => {
    const lines: unknown[] = [];
    const watched = await runHistory(planFrom(3, 'azure'), { record: (line) => lines.push(line) });
    expect(watched).toEqual(await runHistory(planFrom(3, 'azure')));
    expect(lines.length).toBeGreaterThan(50);
  });

  it('decides another history than the next one, and than it does on another platform', async () => {
    const hashes = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      for (const profile of PROFILE_NAMES) hashes.add((await runHistory(planFrom(seed, profile))).hash);
    }
    expect(hashes.size).toBe(20 * PROFILE_NAMES.length);
  });
});
