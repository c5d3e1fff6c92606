import { setTimeout as pause } from 'node:timers/promises';
import type { ApiAlone } from '../../tests/e2e/traveller.ts';

export interface DeployedApiOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly tokens: { readonly customer: string; readonly restaurant: string; readonly operator: string };
  /** How long to wait for something to happen. */
  readonly patienceMs: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const POLL_MS = 500;
/** Of requests that the API throttles. */
const TRIES = 10;

/** A deployed API as paths are gone on it: in real time, by the tokens of people who have signed in. */
export function deployedApi({ url, tokens, patienceMs }: DeployedApiOptions): ApiAlone {
  return {
    times: { approvalTimeoutMs: 0, confirmationTimeoutMs: 0 },
    async token(_, groups = []) {
      if (groups.includes('operator')) return tokens.operator;
      return groups.length > 0 ? tokens.restaurant : tokens.customer;
    },
    async request(path, init) {
      for (let tries = 1; ; tries += 1) {
        const response = await ask(`${url}${path}`, init);
        if (response.status !== 429 || tries === TRIES) return response;
        await pause(1_000 * Number(response.headers.get('retry-after') ?? 1));
      }
    },
    async settle(until) {
      const end = performance.now() + patienceMs;
      while (until && !(await until()) && performance.now() < end) await pause(POLL_MS);
    },
    async advance() {
      throw new Error("the time of a deployed platform is in nobody's hands");
    },
  };
}

async function ask(url: string, init: RequestInit | undefined): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  } catch (error) {
    // "fetch failed" alone says nothing; why it did is in the cause.
    const { message, cause } = error as Error;
    throw new Error(`${url}: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}`, { cause: error });
  }
}
