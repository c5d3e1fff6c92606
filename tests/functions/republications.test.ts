import { describe, expect, it } from 'vitest';
import { eventsAfter } from '../../shared/domain/events.ts';
import { DEFAULT_THRESHOLDS } from '../../shared/domain/rules.ts';
import type { EventPublisher } from '../../shared/ports/event-publisher.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { anOrder, NOON } from '../fixtures.ts';
import { type Api, expectProblem, startApi } from './app.harness.ts';
import { givenOrder } from './given-order.ts';

const PATH = '/v1/operations/republications';
const SINCE = new Date(NOON).toISOString();

function republish(api: Api, body: unknown) {
  return api.send('POST', PATH, { as: 'olga', body });
}

/** An API whose publisher is this one. */
function publishingBy(publish: EventPublisher['publish']): Promise<Api> {
  const none = async () => {
    throw new Error('nobody asks for dead letters');
  };
  const deadLetters = { list: none, get: none, redrive: none };
  return startApi({ operations: { deadLetters, publisher: { publish }, thresholds: DEFAULT_THRESHOLDS } });
}

describe('republishing', () => {
  it('puts the events of the time on the bus again', async () => {
    const api = await startApi();
    await givenOrder(api.orders, 'pending', { createdAt: NOON - 1 });
    const order = await givenOrder(api.orders, 'paid');
    const { status, json } = await republish(api, { since: SINCE });
    expect([status, json]).toEqual([200, { orders: 1, events: 3, published: 3, unpublished: [], nextCursor: null }]);
    const messages = await api.queue.take(api.clock.now(), 10);
    const events = eventsAfter(order, 0).map(({ id }) => id);
    const heard = messages.filter(({ queue }) => queue === 'notify').map(({ body }) => (body as { id: string }).id);
    expect(heard).toEqual(events);
    expect(messages.filter(({ queue }) => queue === 'receipt')).toHaveLength(1);
  });

  it('takes instants of any offset', async () => {
    const api = await startApi();
    await givenOrder(api.orders, 'pending');
    const { json } = await republish(api, {
      since: '2026-11-22T13:00:00+01:00',
      until: '2026-11-22T07:00:00.000-05:00',
    });
    expect(json).toMatchObject({ orders: 1, events: 1 });
  });

  it('only counts with dryRun', async () => {
    const api = await startApi();
    await givenOrder(api.orders, 'paid');
    const { json } = await republish(api, { since: SINCE, dryRun: true });
    expect(json).toEqual({ orders: 1, events: 3, published: 0, unpublished: [], nextCursor: null });
    expect(await api.queue.take(api.clock.now(), 10)).toEqual([]);
  });

  it('goes on by its cursor, also with another end', async () => {
    const api = await startApi();
    for (let number = 0; number < 5; number += 1) await givenOrder(api.orders, 'pending');
    const first = (await republish(api, { since: SINCE, limit: 3 })).json as { nextCursor: string };
    expect(first).toMatchObject({ orders: 3 });
    const rest = { since: SINCE, until: SINCE, limit: 3, cursor: first.nextCursor };
    expect((await republish(api, rest)).json).toMatchObject({ orders: 2, nextCursor: null });
    for (const wrong of [
      { since: '2026-11-22T12:00:01Z', until: '2026-11-23T12:00:00Z', cursor: first.nextCursor },
      { since: SINCE, cursor: 'nonsense' },
    ]) {
      expectProblem(await republish(api, wrong), 400, 'invalid-cursor', 'cursor');
    }
  });

  it.each([
    [{}, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: NOON }, 'since'],
    [{ since: '2026-11-22' }, 'since'],
    [{ since: '2026-11-22T12:00:00' }, 'since'],
    [{ since: '2026-02-30T12:00:00Z' }, 'since'],
    [{ since: '2026-11-22T25:00:00Z' }, 'since'],
    [{ since: '2026-11-22T12:00:00.001Z', until: SINCE }, 'since'],
    [{ since: '2999-01-01T00:00:00Z' }, 'since'],
    [{ since: SINCE, until: 'now' }, 'until'],
    [{ since: SINCE, limit: 0 }, 'limit'],
    [{ since: SINCE, limit: 101 }, 'limit'],
    [{ since: SINCE, limit: '10' }, 'limit'],
    [{ since: SINCE, dryRun: 'yes' }, 'dryRun'],
    [{ since: SINCE, cursor: '' }, 'cursor'],
    [{ since: SINCE, colour: 'red' }, 'colour'],
    [[], 'body'],
  ])('refuses %j, naming %s', async (body, field) => {
    const api = await startApi();
    await givenOrder(api.orders, 'paid');
    expectProblem(await republish(api, body), 400, 'invalid-request', field);
    expect(await api.queue.take(api.clock.now(), 10)).toEqual([]);
  });

  it('names the first twenty events that were not published', async () => {
    const api = await publishingBy(async (events) =>
      events.map(({ id }) => ({ eventId: id, published: false, retryable: true, reason: 'throttled' })),
    );
    for (let number = 0; number < 25; number += 1) await api.orders.create(anOrder(), []);
    const { status, json } = await republish(api, { since: SINCE, limit: 100 });
    const { unpublished, ...figures } = json as { unpublished: readonly object[] };
    expect([status, figures]).toEqual([200, { orders: 25, events: 25, published: 0, nextCursor: null }]);
    expect(unpublished).toHaveLength(20);
    expect(unpublished[0]).toEqual({ eventId: expect.stringMatching(/^ord_.*:1$/), reason: 'throttled' });
  });

  it('is 503 when the publisher cannot be had', async () => {
    const api = await publishingBy(async () => {
      throw new PortError('unavailable', 'EventPublisher.publish');
    });
    await givenOrder(api.orders, 'paid');
    expectProblem(await republish(api, { since: SINCE }), 503, 'unavailable');
  });
});
