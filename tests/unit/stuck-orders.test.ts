import { describe, expect, it } from 'vitest';
import { orderJson } from '../../functions/http/representations.ts';
import type { OrderAnswer } from '../../scripts/order-answer.ts';
import { readSpan, spanText } from '../../scripts/spans.ts';
import { stuckAmong, stuckText } from '../../scripts/stuck-orders.ts';
import type { Order, OrderStatus } from '../../shared/domain/order.ts';
import { anOrder, aPosition, NOON } from '../fixtures.ts';

const MINUTE = 60_000;
const OLGA = { subject: 'olga', operator: true, restaurants: [] };

/** An order as operators see it, last changed so many minutes ago. */
function seen(status: OrderStatus, minutesAgo: number, overrides: Partial<Order> = {}): OrderAnswer {
  return orderJson(anOrder({ status, updatedAt: NOON - minutesAgo * MINUTE, ...overrides }), OLGA);
}

function restingIn(state: string, sinceMinutes: number) {
  const wait = { id: `${state}@2`, deadline: NOON + MINUTE, since: NOON - sinceMinutes * MINUTE, alerted: false };
  return { position: aPosition({ state, wait, dueAt: wait.deadline }) };
}

function why(found: { pastDue?: OrderAnswer[]; listed?: OrderAnswer[] }, olderThanMs = MINUTE) {
  const { pastDue = [], listed = [] } = found;
  return stuckAmong({ pastDue, listed }, NOON, olderThanMs).map(({ order, why: reasons }) => [order.id, ...reasons]);
}

describe('which orders are stuck', () => {
  it('are those that have been in a status of the platform or the operators for a while', () => {
    const young = seen('charging', 0.9);
    const old = seen('charging', 1);
    expect(why({ listed: [young, old] })).toEqual([[old.id, 'charge in doubt']]);
    expect(why({ listed: [young, old] }, 2 * MINUTE)).toEqual([]);
    expect(why({ listed: [young] }, 0)).toHaveLength(1);
  });

  it.each([
    ['pending', 'no payment opened'],
    ['charging', 'charge in doubt'],
    ['refunding', 'refund in doubt'],
    ['refund_failed', 'refund refused'],
  ] as const)('says of one that is %s: %s', (status, words) => {
    const order = seen(status, 5);
    expect(why({ listed: [order] })).toEqual([[order.id, words]]);
  });

  it('are not those that wait for an approval, however long, unless that is past due', () => {
    const waiting = seen('awaiting_approval', 600, restingIn('RequireApproval', 600));
    expect(why({ listed: [waiting] })).toEqual([]);
    expect(why({ listed: [waiting], pastDue: [waiting] })).toEqual([[waiting.id, 'past due']]);
  });

  it('are those whose approval ran out, and that the sweeper starts in vain', () => {
    const resting = restingIn('RequireApproval', 600);
    const swept = seen('awaiting_approval', 600, { position: { ...resting.position, sweeps: 9 } });
    expect(why({ listed: [swept] })).toEqual([[swept.id, 'no payment opened']]);
  });

  it('are those that were approved, and find no payment', () => {
    const approved = seen('awaiting_approval', 5, restingIn('RetryOpening', 4));
    expect(why({ listed: [approved] })).toEqual([[approved.id, 'no payment opened']]);
  });

  it('are those past due, whatever their status and age, each once', () => {
    const paid = seen('paid', 0);
    const charging = seen('charging', 5);
    expect(why({ pastDue: [charging, paid], listed: [charging] })).toEqual([
      [charging.id, 'past due', 'charge in doubt'],
      [paid.id, 'past due'],
    ]);
  });

  it('come with the longest waiting first, and an act that leaves an order where it is makes its wait no shorter', () => {
    const acted = seen('charging', 0, restingIn('RetrySettlement', 30));
    const [shorter, longer] = [seen('charging', 20), seen('refund_failed', 40)];
    expect(why({ listed: [shorter, acted, longer] }).map(([id]) => id)).toEqual([longer.id, acted.id, shorter.id]);
  });
});

describe('what is said of them', () => {
  const stuck = stuckAmong(
    {
      pastDue: [seen('paid', 3)],
      listed: [seen('charging', 12, restingIn('RetrySettlement', 12)), seen('charging', 4), seen('refund_failed', 5)],
    },
    NOON,
    MINUTE,
  );
  const text = (limit: number, morePastDue = false) => stuckText(stuck, { morePastDue }, limit, NOON).split('\n');

  it('is a row each, and how many there are, by status', () => {
    const lines = text(50);
    expect(lines).toHaveLength(2 + 4 + 2);
    expect(lines[2]).toMatch(
      /^ord_\w+ +charging +none +15\.99 USD +RetrySettlement +\S+T11:48:00Z +12 min +in 60 s +0 +0 +charge in doubt$/,
    );
    expect(lines[3]).toMatch(/ refund_failed .* - .* 5 min .* refund refused$/);
    expect(lines.at(-1)).toBe('4 orders need attention: 2 charging, 1 refund_failed, 1 paid (1 past due)');
  });

  it('counts also those that are not shown', () => {
    const lines = text(1, true);
    expect(lines).toHaveLength(2 + 1 + 2);
    expect(lines.at(-1)).toBe(
      '4 orders need attention: 2 charging, 1 refund_failed, 1 paid (1 past due, and more than were read); above: the one that waits the longest',
    );
  });

  it('is that there is none, or one', () => {
    expect(stuckText([], { morePastDue: false }, 50, NOON)).toBe('no order is stuck');
    expect(stuckText(stuck.slice(0, 1), { morePastDue: false }, 50, NOON)).toMatch(
      /\n1 order needs attention: 1 charging$/,
    );
  });
});

describe('a span of time', () => {
  it.each([
    ['0s', 0],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('is read from %s', (text, ms) => {
    expect(readSpan('wait', text)).toBe(ms);
  });

  it.each(['', '5', 'm', '-5m', '1.5h', '5 m', '5M', '5ms', '999999h', 'soon'])('is not read from "%s"', (text) => {
    expect(() => readSpan('wait', text)).toThrow(/^--wait .*is no span of time: give one such as 30s, 5m or 2h$/);
  });

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [7_199_999, '119 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('of %d ms is told as %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});
