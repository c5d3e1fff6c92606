import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './errors.ts';
import type { Answer } from './idempotency.ts';

export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export function checkKey(request: IncomingMessage, keys: ReadonlySet<string>): void {
  const key = /^Bearer (.+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (key === undefined || !keys.has(key)) {
    throw new ApiError(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' });
  }
}

/** An answer that is lost breaks off half-way: the SDK repeats a call that was never answered at all, and not this one. */
export function send(response: ServerResponse, { status, body, lost, replayed }: Answer, requestId: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'request-id': requestId,
    ...(replayed && { 'idempotent-replayed': 'true' }),
  });
  if (!lost) return void response.end(body);
  response.write(body.slice(0, body.length / 2), () => response.destroy());
}

export function errorAnswer(error: unknown): Answer {
  if (error instanceof ApiError) {
    const { status, fields } = error;
    const refused = [401, 409, 429].includes(status) || String(fields['code'] ?? '').startsWith('parameter_');
    return { status, body: JSON.stringify({ error: fields }), refused };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 500, body: JSON.stringify({ error: { type: 'api_error', message } }) };
}
