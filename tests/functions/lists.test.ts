import { describe, expect, it } from 'vitest';
import { anOrder, NOON } from '../fixtures.ts';
import { type Api, expectProblem, type Person, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

interface ListBody {
  readonly orders: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

async function listed(api: Api, query: string, as: Person = 'alice'): Promise<ListBody> {
  const { status, json } = await api.send('GET', `/v1/orders${query}`, { as });
  expect(status).toBe(200);
  return json as ListBody;
}

/** Two orders of alice's at rest-1 (one paid), one of hers at rest-2, one of bob's at rest-1; the last is the newest. */
async function fourOrders(): Promise<{ api: Api; ids: [string, string, string, string] }> {
  const api = await startApi();
  const first = await givenOrder(api.orders, 'pending', { createdAt: NOON });
  const second = await givenOrder(api.orders, 'paid', { createdAt: NOON + 1 });
  const third = await givenOrder(api.orders, 'pending', { createdAt: NOON + 2, restaurantId: 'rest-2' });
  const fourth = await givenOrder(api.orders, 'pending', { createdAt: NOON + 3, customerId: 'bob' });
  return { api, ids: [first.id, second.id, third.id, fourth.id] };
}

describe('listing orders', () => {
  const ROWS: readonly [Person, string, readonly number[]][] = [
    ['alice', '', [2, 1, 0]],
    ['alice', '?customerId=alice', [2, 1, 0]],
    ['alice', '?status=paid', [1]],
    ['alice', '?status=delivered', []],
    ['bob', '', [3]],
    ['mario', '', [3, 1, 0]],
    ['mario', '?restaurantId=rest-1&status=pending', [3, 0]],
    ['mario', '?customerId=mario', []],
    ['luigi', '', [2]],
    ['franchisee', '?restaurantId=rest-2', [2]],
    ['olga', '?customerId=bob', [3]],
    ['olga', '?restaurantId=rest-1', [3, 1, 0]],
    ['olga', '?customerId=nobody', []],
  ];

  it.each(ROWS)('shows %s with "%s" their orders, newest first', async (person, query, expected) => {
    const { api, ids } = await fourOrders();
    const { orders, nextCursor } = await listed(api, query, person);
    expect(orders.map(({ id }) => id)).toEqual(expected.map((index) => ids[index]));
    expect(nextCursor).toBeNull();
  });

  it.each(['pending', 'awaiting_approval', 'charging', 'refunding', 'refund_failed'] as const)(
    'shows an operator all that are %s, whoever placed them',
    async (status) => {
      const { api } = await fourOrders();
      const older = await givenOrder(api.orders, status, { createdAt: NOON + 10, customerId: 'bob' });
      const newer = await givenOrder(api.orders, status, { createdAt: NOON + 11, restaurantId: 'rest-2' });
      await givenOrder(api.orders, 'paid', { createdAt: NOON + 12 });
      const first = await listed(api, `?status=${status}&limit=1`, 'olga');
      expect(first.orders.map(({ id }) => id)).toEqual([newer.id]);
      const second = await listed(api, `?status=${status}&limit=1&cursor=${first.nextCursor}`, 'olga');
      expect(second.orders.map(({ id }) => id)).toEqual([older.id]);
    },
  );

  it('says which statuses an operator may list alone', async () => {
    const { api } = await fourOrders();
    const { json } = await api.send('GET', '/v1/orders?status=paid', { as: 'olga' });
    expect((json as { detail: string }).detail).toMatch(
      /customerId or restaurantId.*: pending, awaiting_approval, charging, refunding, refund_failed$/,
    );
  });

  it.each<readonly [Person, readonly number[]]>([
    ['alice', [2, 0]],
    ['luigi', [2]],
  ])('shows %s no more by a status alone than their own', async (person, expected) => {
    const { api, ids } = await fourOrders();
    const { orders } = await listed(api, '?status=pending', person);
    expect(orders.map(({ id }) => id)).toEqual(expected.map((index) => ids[index]));
  });

  it('shows each order as looking at it does', async () => {
    const { api, ids } = await fourOrders();
    const { orders } = await listed(api, '?status=paid');
    const { json } = await api.send('GET', `/v1/orders/${ids[1]}`);
    expect(orders).toEqual([json]);
  });

  const FORBIDDEN: readonly [Person, string, string][] = [
    ['alice', '?customerId=bob', 'customerId'],
    ['alice', '?restaurantId=rest-1', 'restaurantId'],
    ['mario', '?restaurantId=rest-2', 'restaurantId'],
    ['mario', '?customerId=alice', 'customerId'],
  ];

  it.each(FORBIDDEN)('refuses %s with "%s": these are the orders of others', async (as, query, field) => {
    const { api } = await fourOrders();
    expectProblem(await api.send('GET', `/v1/orders${query}`, { as }), 403, 'forbidden', field);
  });

  const INVALID: readonly [Person, string, string][] = [
    ['olga', '', 'customerId'],
    ['olga', '?status=paid', 'customerId'],
    ['olga', '?status=delivered&limit=5', 'customerId'],
    ['franchisee', '', 'restaurantId'],
    ['alice', '?customerId=alice&restaurantId=rest-1', 'restaurantId'],
    ['alice', '?status=eaten', 'status'],
    ['alice', '?status=', 'status'],
    ['alice', '?limit=0', 'limit'],
    ['alice', '?limit=101', 'limit'],
    ['alice', '?limit=-1', 'limit'],
    ['alice', '?limit=1.5', 'limit'],
    ['alice', '?limit=1e1', 'limit'],
    ['alice', '?limit=0x10', 'limit'],
    ['alice', '?limit=%2020', 'limit'],
    ['alice', '?limit=', 'limit'],
    ['alice', '?limit=1&limit=2', 'limit'],
    ['alice', '?cursor=', 'cursor'],
    ['alice', `?cursor=${'c'.repeat(2049)}`, 'cursor'],
    ['alice', '?customerId=', 'customerId'],
    ['alice', '?customerId=al%00ice', 'customerId'],
    ['alice', '?customerId=al%0d%0aice', 'customerId'],
    ['alice', '?customerId=%C3%A4', 'customerId'],
    ['alice', `?customerId=${'a'.repeat(129)}`, 'customerId'],
    ['mario', '?restaurantId=..%2Frest-1', 'restaurantId'],
    ['alice', '?colour=red', 'colour'],
    ['alice', '?Limit=1', 'Limit'],
    ['alice', '?__proto__=1', '__proto__'],
    ['alice', '?constructor=1', 'constructor'],
    ['alice', '?limit[]=1', 'limit[]'],
  ];

  it.each(INVALID)('refuses %s with "%s", naming %s', async (as, query, field) => {
    const { api } = await fourOrders();
    expectProblem(await api.send('GET', `/v1/orders${query}`, { as }), 400, 'invalid-request', field);
  });
});

describe('going through a list by its cursors', () => {
  it('shows every order once, also when others are placed in between', async () => {
    const api = await startApi();
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1) {
      ids.unshift((await givenOrder(api.orders, 'pending', { createdAt: NOON + number })).id);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: ListBody = await listed(api, `?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.orders.map(({ id }) => id));
      cursor = page.nextCursor;
      await api.orders.create(anOrder({ createdAt: NOON + 100 }), []);
    }
    expect(seen).toEqual(ids);
  });

  it('shows 20 orders where no limit is given, and 100 at most', async () => {
    const api = await startApi();
    for (let number = 0; number < 101; number += 1) await api.orders.create(anOrder(), []);
    expect((await listed(api, '')).orders).toHaveLength(20);
    const most = await listed(api, '?limit=100');
    expect(most.orders).toHaveLength(100);
    expect(most.nextCursor).not.toBeNull();
  });

  it('goes on with another limit', async () => {
    const { api, ids } = await fourOrders();
    const { nextCursor } = await listed(api, '?limit=1');
    const { orders } = await listed(api, `?limit=2&cursor=${nextCursor}`);
    expect(orders.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
  });

  it('refuses a cursor of another filter, of somebody else, and one that was made up', async () => {
    const { api } = await fourOrders();
    const { nextCursor } = await listed(api, '?limit=1');
    if (nextCursor === null) throw new Error('the list has one page only');
    const middle = nextCursor.length / 2;
    const tampered = `${nextCursor.slice(0, middle)}${nextCursor[middle] === 'A' ? 'B' : 'A'}${nextCursor.slice(middle + 1)}`;
    const tries: readonly [Person, string, string][] = [
      ['alice', '&status=pending', nextCursor],
      ['bob', '', nextCursor],
      ['mario', '', nextCursor],
      ['olga', '&customerId=bob', nextCursor],
      ['olga', '&status=pending', nextCursor],
      ['alice', '', tampered],
      ['alice', '', 'nonsense'],
      ['alice', '', '%00'],
      ['alice', '', '..%2f..%2fetc%2fpasswd'],
    ];
    for (const [as, query, cursor] of tries) {
      const answer = await api.send('GET', `/v1/orders?limit=1${query}&cursor=${cursor}`, { as });
      expectProblem(answer, 400, 'invalid-cursor', 'cursor');
    }
  });

  it("takes a customer's cursor where an operator asks for the same list", async () => {
    const { api, ids } = await fourOrders();
    const { nextCursor } = await listed(api, '?limit=2');
    const { orders } = await listed(api, `?customerId=alice&cursor=${nextCursor}`, 'olga');
    expect(orders.map(({ id }) => id)).toEqual([ids[0]]);
  });
});
