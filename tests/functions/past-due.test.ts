import { describe, expect, it } from 'vitest';
import { SWEEP_GRACE_MS } from '../../shared/application/sweep-orders.ts';
import { aPosition, NOON } from '../fixtures.ts';
import { type Api, expectProblem, type Person, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

const PATH = '/v1/operations/past-due-orders';
const LATE = NOON - SWEEP_GRACE_MS;

interface PastDueBody {
  readonly orders: readonly { readonly id: string }[];
  readonly more: boolean;
}

async function pastDue(api: Api, query = ''): Promise<{ ids: string[]; more: boolean }> {
  const { status, json } = await api.send('GET', `${PATH}${query}`, { as: 'olga' });
  expect(status).toBe(200);
  const { orders, more } = json as PastDueBody;
  return { ids: orders.map(({ id }) => id), more };
}

const dueAt = (api: Api, time: number) => givenOrder(api.orders, 'pending', { position: aPosition({ dueAt: time }) });

describe('orders past due', () => {
  it('are those that the sweeper is about to start again, the longest due first', async () => {
    const api = await startApi();
    await dueAt(api, LATE + 1);
    const [late, later] = [await dueAt(api, LATE), await dueAt(api, LATE - 5_000)];
    expect(await pastDue(api)).toEqual({ ids: [later.id, late.id], more: false });
    expect(api.writes()).toBe(3);
  });

  it('are also those that were started again in vain, behind the others, each once', async () => {
    const api = await startApi();
    const swept = (time: number) =>
      givenOrder(api.orders, 'paid', { position: { ...aPosition({ dueAt: time }), sweeps: 4 } });
    const [resting, late, both] = [await swept(NOON + 60_000), await dueAt(api, LATE), await swept(LATE - 1)];
    expect(await pastDue(api)).toEqual({ ids: [both.id, late.id, resting.id], more: false });
    expect(await pastDue(api, '?limit=2')).toEqual({ ids: [both.id, late.id], more: true });
  });

  it('are none where none are', async () => {
    expect(await pastDue(await startApi())).toEqual({ ids: [], more: false });
  });

  it('come up to a limit, and say when there are more', async () => {
    const api = await startApi();
    const [first, second] = [await dueAt(api, LATE - 3), await dueAt(api, LATE - 2), await dueAt(api, LATE - 1)];
    expect(await pastDue(api, '?limit=2')).toEqual({ ids: [first?.id, second?.id], more: true });
    expect(await pastDue(api, '?limit=3')).toMatchObject({ more: false });
    for (let more = 0; more < 18; more += 1) await dueAt(api, LATE);
    expect((await pastDue(api)).ids).toHaveLength(20);
  });

  it('show each as looking at it does, with its place in the workflow', async () => {
    const api = await startApi();
    const { id } = await dueAt(api, LATE);
    const { json } = await api.send('GET', PATH, { as: 'olga' });
    const looked = await api.send('GET', `/v1/orders/${id}`, { as: 'olga' });
    expect((json as PastDueBody).orders).toEqual([looked.json]);
    expect(looked.json).toHaveProperty('workflow');
  });

  it.each<Person>(['alice', 'mario'])('are none of the business of %s', async (as) => {
    const api = await startApi();
    await dueAt(api, LATE);
    expectProblem(await api.send('GET', PATH, { as }), 403, 'forbidden');
  });

  it('are shown to nobody without a token', async () => {
    expectProblem(await (await startApi()).send('GET', PATH, { as: null }), 401, 'unauthenticated');
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?limit=many', 'limit'],
    ['?cursor=x', 'cursor'],
    ['?status=charging', 'status'],
  ])('refuse %s, naming %s', async (query, field) => {
    const api = await startApi();
    expectProblem(await api.send('GET', `${PATH}${query}`, { as: 'olga' }), 400, 'invalid-request', field);
  });
});
