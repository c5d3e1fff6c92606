import { describe, expect, it } from 'vitest';
import { aRestaurant } from '../fixtures.ts';
import { type Api, expectProblem, startApi } from './app.harness.ts';

interface PageBody {
  readonly restaurants: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

async function search(api: Api, body: object): Promise<PageBody> {
  const { json, status } = await api.send('POST', '/v1/restaurants/search', { body });
  expect(status).toBe(200);
  return json as PageBody;
}

describe('restaurants', () => {
  it('are shown with their menu, and without their contact', async () => {
    const api = await startApi();
    const { json, text } = await api.send('GET', '/v1/restaurants/rest-1');
    expect(json).toEqual({
      id: 'rest-1',
      name: 'Da Mario',
      cuisine: 'italian',
      rating: 4.5,
      acceptingOrders: true,
      menu: [
        { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' } },
        { menuItemId: 'soda', name: 'Soda', unitPrice: { amount: 299, currency: 'USD' } },
        { menuItemId: 'napkin', name: 'Napkin', unitPrice: { amount: 0, currency: 'USD' } },
      ],
    });
    expect(text).not.toContain('kitchen@');
  });

  it.each(['rest-9', 'search', 'r%20', '..%2Frest-1', '%00', 'rest-1%0d%0aX-Evil:%201', 'r'.repeat(65), '%ff'])(
    'are not found by the id %s',
    async (id) => {
      const api = await startApi();
      expectProblem(await api.send('GET', `/v1/restaurants/${id}`), 404, 'restaurant-not-found');
    },
  );

  it('are listed by id, page by page', async () => {
    const api = await startApi();
    const first = (await api.send('GET', '/v1/restaurants?limit=3')).json as PageBody;
    const second = (await api.send('GET', `/v1/restaurants?limit=3&cursor=${first.nextCursor}`)).json as PageBody;
    const ids = [...first.restaurants, ...second.restaurants].map(({ id }) => id);
    expect(ids).toEqual(['rest-1', 'rest-2', 'rest-absurd', 'rest-closed', 'rest-mixed']);
    expect(second.nextCursor).toBeNull();
  });

  it('are found by cuisine, best rated first, in any case of letters', async () => {
    const api = await startApi();
    const ids = async (query: object) => (await search(api, query)).restaurants.map(({ id }) => id);
    expect(await ids({ cuisine: 'italian' })).toEqual(['rest-2', 'rest-1', 'rest-closed']);
    expect(await ids({ cuisine: ' Italian ' })).toEqual(['rest-2', 'rest-1', 'rest-closed']);
    expect(await ids({ cuisine: 'italian', minRating: 4.5 })).toEqual(['rest-2', 'rest-1']);
    expect(await ids({ cuisine: 'klingon' })).toEqual([]);
  });

  it('are found page by page, 20 where no limit is given', async () => {
    const api = await startApi();
    const many = Array.from({ length: 21 }, (_, number) => aRestaurant({ id: `thai-${number}`, cuisine: 'thai' }));
    await api.restaurants.put(many);
    const first = await search(api, { cuisine: 'thai' });
    expect(first.restaurants).toHaveLength(20);
    const second = await search(api, { cuisine: 'thai', cursor: first.nextCursor });
    expect(second.restaurants).toHaveLength(1);
    expect(second.nextCursor).toBeNull();
  });

  it('refuse the cursor of another search or list', async () => {
    const api = await startApi();
    const { nextCursor: cursor } = await search(api, { cuisine: 'italian', limit: 1 });
    const tries = [
      api.send('POST', '/v1/restaurants/search', { body: { cuisine: 'thai', cursor } }),
      api.send('POST', '/v1/restaurants/search', { body: { cuisine: 'italian', minRating: 1, cursor } }),
      api.send('GET', `/v1/restaurants?cursor=${cursor}`),
    ];
    for (const answer of await Promise.all(tries)) expectProblem(answer, 400, 'invalid-cursor', 'cursor');
  });

  it.each<[object | null, string]>([
    [{}, 'cuisine'],
    [{ cuisine: '' }, 'cuisine'],
    [{ cuisine: 7 }, 'cuisine'],
    [{ cuisine: 'a\u0000b' }, 'cuisine'],
    [{ cuisine: 'x'.repeat(65) }, 'cuisine'],
    [{ cuisine: 'thai', minRating: -0.1 }, 'minRating'],
    [{ cuisine: 'thai', minRating: 5.1 }, 'minRating'],
    [{ cuisine: 'thai', minRating: '4' }, 'minRating'],
    [{ cuisine: 'thai', limit: 0 }, 'limit'],
    [{ cuisine: 'thai', limit: 101 }, 'limit'],
    [{ cuisine: 'thai', limit: '5' }, 'limit'],
    [{ cuisine: 'thai', cursor: null }, 'cursor'],
    [{ cuisine: 'thai', near: 'me' }, 'near'],
    [null, 'body'],
    [[], 'body'],
  ])('refuse the search %j, naming %s', async (body, field) => {
    const api = await startApi();
    expectProblem(await api.send('POST', '/v1/restaurants/search', { body }), 400, 'invalid-request', field);
  });

  it('take prices from the menu at every moment', async () => {
    const api = await startApi();
    await api.restaurants.put([
      aRestaurant({ menu: [{ menuItemId: 'pizza', name: 'Pizza', unitPrice: { amount: 2000, currency: 'USD' } }] }),
    ]);
    expect((await api.place()).json).toMatchObject({ total: { amount: 4000, currency: 'USD' } });
  });
});
