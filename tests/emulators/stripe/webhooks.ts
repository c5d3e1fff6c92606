import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';

/** How events are brought to the endpoint. */
export interface Delivery {
  /** How long each waits, beginning with the first; the last goes for all that follow. */
  readonly delaysMs?: readonly number[] | undefined;
  /** How often each is sent; twice or more are repeats. */
  readonly copies?: number | undefined;
  /** Held back until `release`, which sends the newest first. */
  readonly hold?: boolean | undefined;
  /** The answer of the call waits until its events were delivered. */
  readonly beforeAnswer?: boolean | undefined;
}

export interface WebhookEndpoint extends Delivery {
  readonly url: string;
  readonly secret: string;
}

interface StripeEvent {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly type: string;
  readonly data: { readonly object: unknown };
}

const { webhooks } = new Stripe('signs-only');
const RETRIES_MS = [50, 100, 200, 400, 800, 1_600, 3_200] as const;

/** Signs events as Stripe does, and posts them until they are taken. */
export function webhookSender(now: () => number, newId: () => string) {
  let endpoint: WebhookEndpoint | undefined;
  let sent = 0;
  const closing = new AbortController();
  const held: StripeEvent[] = [];
  const underWay = new Set<Promise<void>>();
  const log: { readonly event: StripeEvent; readonly status: number }[] = [];

  function sign(payload: string, secret: string, at = Math.floor(now() / 1_000)): string {
    return webhooks.generateTestHeaderString({ payload, secret, timestamp: at });
  }

  /** Ends early when the stand-in is closed. */
  async function waited(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: closing.signal }).catch(() => undefined);
  }

  async function post(event: StripeEvent, { url, secret }: WebhookEndpoint): Promise<number> {
    const body = JSON.stringify(event);
    try {
      const headers = { 'content-type': 'application/json', 'stripe-signature': sign(body, secret) };
      const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      // Nobody there, or no answer: it is sent again.
      return 0;
    }
  }

  async function deliver(event: StripeEvent, to: WebhookEndpoint, delayMs: number): Promise<void> {
    if (delayMs > 0) await waited(delayMs);
    for (const wait of [...RETRIES_MS, 0]) {
      if (closing.signal.aborted) return;
      const status = await post(event, to);
      log.push({ event, status });
      if (status >= 200 && status < 300) return;
      if (wait > 0) await waited(wait);
    }
  }

  function send(event: StripeEvent): void {
    if (!endpoint) return;
    const { delaysMs = [0], copies = 1 } = endpoint;
    for (let copy = 0; copy < copies; copy += 1) {
      const work = deliver(event, endpoint, delaysMs[Math.min(sent, delaysMs.length - 1)] ?? 0).finally(() =>
        underWay.delete(work),
      );
      underWay.add(work);
    }
    sent += 1;
  }

  return {
    log,
    sign,
    endpoint: (): WebhookEndpoint | undefined => endpoint,
    to(next: WebhookEndpoint | undefined): void {
      endpoint = next;
    },
    tell(type: string, object: object, apiVersion: string): void {
      const data = { object: structuredClone(object) };
      const created = Math.floor(now() / 1_000);
      const event: StripeEvent = { id: newId(), object: 'event', api_version: apiVersion, created, type, data };
      if (endpoint?.hold) held.push(event);
      else send(event);
    },
    /** Sends what was held back, the newest first. */
    release(): void {
      for (const event of held.splice(0).toReversed()) send(event);
    },
    /** Carries out a call. `told` ends at once, or, where the endpoint wants it so, when the call's events were delivered. */
    during<T>(act: () => T): { readonly result: T; told(): Promise<unknown> } {
      const before = new Set(underWay);
      const result = act();
      const events = endpoint?.beforeAnswer ? [...underWay].filter((work) => !before.has(work)) : [];
      return { result, told: () => Promise.all(events) };
    },
    /** Resolves when everything that was told has been taken, or given up on. */
    async idle(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}
