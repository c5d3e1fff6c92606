import type { Dispatcher } from 'undici';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: string;
}

export interface HttpAnswer {
  /** 0 when there was none; then `text` says why, in a word. */
  readonly status: number;
  readonly text: string;
  readonly elapsedMs: number;
}

/** Longer than any answer may take, so that a server that hangs is seen and not waited for. */
export const TIMEOUTS = { headersTimeout: 60_000, bodyTimeout: 60_000 } as const;

/**
 * Sends a request and reads the whole answer; never fails. It uses undici's `dispatch` because the client shares the machine
 * with the server that it measures, and this costs a third less than streams and promises for each part of the answer.
 */
export function send(client: Dispatcher, request: HttpRequest): Promise<HttpAnswer> {
  const begun = performance.now();
  const elapsedMs = (): number => performance.now() - begun;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    client.dispatch(dispatched(request), {
      onRequestStart() {},
      onResponseStart(_, statusCode) {
        status = statusCode;
      },
      onResponseData(_, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        resolve({ status, text: textOf(chunks), elapsedMs: elapsedMs() });
      },
      onResponseError(_, error) {
        resolve({ status: 0, text: nameOf(error), elapsedMs: elapsedMs() });
      },
    });
  });
}

function dispatched({ method, path, token, headers, body }: HttpRequest): Dispatcher.DispatchOptions {
  return {
    method,
    path,
    headers: {
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  };
}

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  return chunks.length === 1 && first ? first.toString() : Buffer.concat(chunks).toString();
}

function nameOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}

/** The answer as an object, `{}` when it is none. */
export function jsonOf({ text }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** What came instead of what was expected, for counting: `503 busy`, `0 ECONNREFUSED`, `200 another order`. */
export function failureOf(answer: HttpAnswer, surprise: string): string {
  if (answer.status === 0) return `0 ${answer.text}`;
  const { code } = jsonOf(answer);
  return `${answer.status} ${typeof code === 'string' ? code : surprise}`;
}
