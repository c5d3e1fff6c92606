import { randomUUID } from 'node:crypto';
import { Client, type Dispatcher } from 'undici';
import { orderBody } from './customer.ts';
import { failureOf, jsonOf, send, TIMEOUTS } from './http-client.ts';
import { type Latency, latencyRecorder } from './latency.ts';

export interface HttpRound extends Latency {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: Readonly<Record<string, number>>;
}

export interface RoundOptions {
  readonly url: string;
  readonly connections: number;
  readonly token: string;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

/** Over each connection, as fast as the answers come: places an order, looks at it, and again. */
export async function createThenGet({
  url,
  connections,
  token,
  warmUpMs,
  measuredMs,
}: RoundOptions): Promise<HttpRound> {
  const latency = latencyRecorder();
  const errors = new Map<string, number>();
  const begun = performance.now();
  const from = begun + warmUpMs;
  const to = from + measuredMs;

  async function counted(client: Dispatcher, expected: number, request: Parameters<typeof send>[1]): Promise<string> {
    const answer = await send(client, request);
    const { id } = jsonOf(answer);
    const good = answer.status === expected && typeof id === 'string';
    const now = performance.now();
    if (now >= from && now < to) {
      latency.record(answer.elapsedMs);
      const failure = failureOf(answer, 'without an id');
      if (!good) errors.set(failure, (errors.get(failure) ?? 0) + 1);
    }
    return good ? id : '';
  }

  async function connection(_: unknown, index: number): Promise<void> {
    const client = new Client(url, TIMEOUTS);
    while (performance.now() < to) {
      const id = await counted(client, 201, {
        method: 'POST',
        path: '/v1/orders',
        token,
        headers: { 'idempotency-key': randomUUID() },
        body: orderBody(`rest-${index % 100}`, index),
      });
      if (id !== '') await counted(client, 200, { method: 'GET', path: `/v1/orders/${id}`, token });
    }
    await client.close();
  }

  await Promise.all(Array.from({ length: connections }, connection));
  return {
    requests: latency.count(),
    seconds: measuredMs / 1_000,
    errors: Object.fromEntries(errors),
    ...latency.figures(),
  };
}
