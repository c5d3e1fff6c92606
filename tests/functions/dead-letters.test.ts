import { describe, expect, it } from 'vitest';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { NewMessage } from '../../shared/ports/message-queue.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { NOON } from '../fixtures.ts';
import { type Api, expectProblem, type Person, startApi } from './app.harness.ts';

const LIST = '/v1/operations/dead-letters';
const ERROR = 'PortError: NotificationSender.send: the mail was not accepted';

interface Letter {
  readonly id: string;
  readonly orderId: string;
}

interface ListBody {
  readonly deadLetters: readonly Letter[];
  readonly nextCursor: string | null;
}

/** Has a message given up on, and answers its dead letter's id. */
async function given(api: Api, overrides: Partial<NewMessage> = {}): Promise<string> {
  const { queue } = api;
  const message = { queue: 'notify', orderId: 'ord_1', body: { id: 'ord_1:1' }, correlationId: 'request-7' };
  await queue.enqueue([{ ...message, dueAt: api.clock.now(), ...overrides }]);
  const [taken] = await queue.take(api.clock.now(), 1);
  if (!taken) throw new Error('there is no such message');
  await queue.bury(taken.id, api.clock.now(), ERROR);
  return taken.id;
}

async function listed(api: Api, query = ''): Promise<ListBody> {
  const { status, json } = await api.send('GET', `${LIST}${query}`, { as: 'olga' });
  expect(status).toBe(200);
  return json as ListBody;
}

describe('listing dead letters', () => {
  it('shows the event, the error, the attempts and the correlation id', async () => {
    const api = await startApi();
    const id = await given(api);
    const letter = {
      id,
      queue: 'notify',
      orderId: 'ord_1',
      correlationId: 'request-7',
      attempts: 1,
      error: ERROR,
      failedAt: new Date(NOON).toISOString(),
      body: { id: 'ord_1:1' },
    };
    expect(await listed(api)).toEqual({ deadLetters: [letter], nextCursor: null });
    const { status, json } = await api.send('GET', `${LIST}/${id}`, { as: 'olga' });
    expect([status, json]).toEqual([200, letter]);
  });

  it.each([null, 'text', 7, [], {}])('shows also a message that is %j', async (body) => {
    const api = await startApi();
    const id = await given(api, { body });
    const { json } = await api.send('GET', `${LIST}/${id}`, { as: 'olga' });
    expect(json).toMatchObject({ body });
  });

  it.each([
    ['', ['ord_1', 'ord_2', 'ord_1']],
    ['?queue=notify', ['ord_1', 'ord_2']],
    ['?queue=receipt', ['ord_1']],
    ['?queue=segments', []],
    ['?orderId=ord_1', ['ord_1', 'ord_1']],
    ['?orderId=ord_1&queue=receipt', ['ord_1']],
    ['?limit=1', ['ord_1']],
  ])('with "%s" shows those, oldest first', async (query, orderIds) => {
    const api = await startApi();
    await given(api);
    await given(api, { orderId: 'ord_2' });
    await given(api, { queue: 'receipt' });
    expect((await listed(api, query)).deadLetters.map(({ orderId }) => orderId)).toEqual(orderIds);
  });

  it('shows each once, page by page', async () => {
    const api = await startApi();
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1) ids.push(await given(api));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: ListBody = await listed(api, `?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.deadLetters.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids);
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?limit=ten', 'limit'],
    ['?queue=', 'queue'],
    ['?queue=..%2Fnotify', 'queue'],
    ['?orderId=%00', 'orderId'],
    [`?orderId=${'a'.repeat(65)}`, 'orderId'],
    ['?cursor=', 'cursor'],
    ['?colour=red', 'colour'],
    ['?queue=a&queue=b', 'queue'],
  ])('refuses "%s", naming %s', async (query, field) => {
    const api = await startApi();
    expectProblem(await api.send('GET', `${LIST}${query}`, { as: 'olga' }), 400, 'invalid-request', field);
  });

  it('refuses a cursor of another filter, and one that was made up', async () => {
    const api = await startApi();
    await given(api);
    await given(api);
    const { nextCursor } = await listed(api, '?limit=1');
    for (const query of [`?queue=notify&cursor=${nextCursor}`, '?cursor=nonsense', '?cursor=%00']) {
      expectProblem(await api.send('GET', `${LIST}${query}`, { as: 'olga' }), 400, 'invalid-cursor', 'cursor');
    }
  });
});

describe('redriving a dead letter', () => {
  it('puts it back on its queue as a fresh message, once', async () => {
    const api = await startApi();
    const id = await given(api);
    const redriven = await api.send('POST', `${LIST}/${id}/redrive`, { as: 'olga' });
    expect([redriven.status, redriven.json]).toEqual([200, { redriven: true }]);
    expect((await listed(api)).deadLetters).toEqual([]);

    const again = await api.send('POST', `${LIST}/${id}/redrive`, { as: 'olga' });
    expectProblem(again, 404, 'dead-letter-not-found');
    expect(again.text).toContain('it may have been redriven already');
    const waiting = await api.queue.take(api.clock.now(), 10);
    expect(waiting).toMatchObject([
      { queue: 'notify', orderId: 'ord_1', body: { id: 'ord_1:1' }, correlationId: 'request-7', attempts: 0 },
    ]);
    expectProblem(await api.send('GET', `${LIST}/${id}`, { as: 'olga' }), 404, 'dead-letter-not-found');
  });

  it('does so once, also when it is asked twenty times at once', async () => {
    const api = await startApi();
    const id = await given(api);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api.send('POST', `${LIST}/${id}/redrive`, { as: 'olga' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await api.queue.take(api.clock.now(), 10)).toHaveLength(1);
  });

  it.each(['unknown', '%00', '%20', '..%2F..', 'x'.repeat(300), '%F0%9F%8D%95'])('does not know %s', async (id) => {
    const api = await startApi();
    expectProblem(await api.send('GET', `${LIST}/${id}`, { as: 'olga' }), 404, 'dead-letter-not-found');
    expectProblem(await api.send('POST', `${LIST}/${id}/redrive`, { as: 'olga' }), 404, 'dead-letter-not-found');
  });

  it('takes no parameters', async () => {
    const api = await startApi();
    const id = await given(api);
    const answer = await api.send('POST', `${LIST}/${id}/redrive?all=true`, { as: 'olga' });
    expectProblem(answer, 400, 'invalid-request', 'all');
    expect((await listed(api)).deadLetters).toHaveLength(1);
  });
});

describe('the dead letters', () => {
  it.each<[Person | null, number, string]>([
    ['alice', 403, 'forbidden'],
    ['mario', 403, 'forbidden'],
    [null, 401, 'unauthenticated'],
  ])('are none of the business of %s', async (as, status, code) => {
    const api = await startApi();
    const id = await given(api);
    for (const [method, path] of [
      ['GET', LIST],
      ['GET', `${LIST}/${id}`],
      ['POST', `${LIST}/${id}/redrive`],
      ['POST', '/v1/operations/republications'],
    ] as const) {
      expectProblem(await api.send(method, path, { as }), status, code);
    }
    expect((await listed(api)).deadLetters).toHaveLength(1);
  });

  it('that cannot be had are 503', async () => {
    const fails = async () => {
      throw new PortError('unavailable', 'DeadLetters');
    };
    const deadLetters: DeadLetters = { list: fails, get: fails, redrive: fails };
    const publisher = { publish: fails };
    const api = await startApi({ operations: { deadLetters, publisher, thresholds: { approval: {}, highValue: {} } } });
    for (const [method, path] of [
      ['GET', LIST],
      ['GET', `${LIST}/x`],
      ['POST', `${LIST}/x/redrive`],
    ] as const) {
      expectProblem(await api.send(method, path, { as: 'olga' }), 503, 'unavailable');
    }
  });
});
