import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../platform.ts';
import { localPlatform } from '../platforms/local-platform.ts';

const BODY = {
  restaurantId: 'rest-0',
  items: [{ menuItemId: 'pizza', quantity: 1 }],
  deliveryAddress: '1 Analytical Way',
  paymentMethod: 'pm_card_visa',
};

describe('over HTTP, on SQLite', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await localPlatform({ storage: 'sqlite', time: 'manual' });
  });
  afterAll(() => platform.stop());

  const send = async (token: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await platform.request(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      replayed: response.headers.get('idempotency-replayed'),
      body: await response.json(),
    };
  };

  it('200 concurrent requests with one key place one order and charge once', async () => {
    const token = await platform.token('alice');
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => send(token, '/v1/orders', BODY, { 'idempotency-key': 'once' })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status, replayed }) => status === 200 && replayed === 'true')).toHaveLength(199);
    const ids = new Set(answers.map(({ body }) => (body as { id: string }).id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    await platform.settle();
    expect((await platform.ledger(id)).map(({ kind }) => kind)).toEqual(['charge']);
  });

  it('a restaurant that accepts and a customer who cancels at once leave an order that is kept or refunded, never both', async () => {
    const customer = await platform.token('bob');
    const kitchen = await platform.token('kitchen', ['restaurant:rest-0']);
    for (let round = 0; round < 20; round += 1) {
      const placed = await send(customer, '/v1/orders', BODY, { 'idempotency-key': `race-${round}` });
      const { id } = placed.body as { id: string };
      await platform.settle();
      const [accepted, cancelled] = await Promise.all([
        send(kitchen, `/v1/orders/${id}/confirmation`, { accepted: true }),
        send(customer, `/v1/orders/${id}/cancellation`, {}),
      ]);
      // Whoever comes first, the cancellation still holds: a confirmed order may be cancelled, a refunding one not confirmed.
      expect(cancelled.status).toBe(200);
      expect([200, 409]).toContain(accepted.status);
      await platform.settle();
      expect((await platform.ledger(id)).map(({ kind }) => kind)).toEqual(['charge', 'refund']);
    }
  });
});
