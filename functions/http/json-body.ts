import type { HonoRequest, MiddlewareHandler } from 'hono';
import secureJson from 'secure-json-parse';
import type { AppEnv } from './app-context.ts';
import { type Problem, sendProblem } from './problems.ts';
import { type Bytes, readBody } from './read-body.ts';

const MAX_BODY_BYTES = 65_536;

const TOO_LARGE: Problem = { code: 'payload-too-large', detail: `a body may have ${MAX_BODY_BYTES} bytes` };

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

/**
 * Reads the body of a request before anybody looks at it: JSON in UTF-8, not too large (also when it says nothing of its
 * length), and without keys that reach for prototypes. With `optional` no body at all counts as `{}`.
 */
export function jsonBody({ optional = false }: { readonly optional?: boolean } = {}): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const declared = c.req.header('Content-Length');
    const bytes = await readBody(c.req, MAX_BODY_BYTES);
    if (bytes === 'too-large') return sendProblem(c, TOO_LARGE);
    if (bytes === 'broken-off') return sendProblem(c, malformed('the body broke off'));
    const absent = optional && bytes.length === 0;
    const problem = absent ? undefined : (refuseType(c.req.raw.headers) ?? refuseText(decode(bytes)));
    if (problem) return sendProblem(c, problem);
    if (absent) replaceBody(c.req, '{}');
    else if (declared === undefined) replaceBody(c.req, bytes);
    return next();
  };
}

function refuseType(headers: Headers): Problem | undefined {
  const encoding = headers.get('Content-Encoding') ?? 'identity';
  if (JSON_TYPE.test(headers.get('Content-Type') ?? '') && encoding.toLowerCase() === 'identity') return undefined;
  const detail = 'send application/json in UTF-8, not compressed';
  return { code: 'unsupported-media-type', detail, errors: [{ field: 'Content-Type', message: detail }] };
}

/** Undefined when the bytes are not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function refuseText(text: string | undefined): Problem | undefined {
  if (text === undefined) return malformed('the body is not UTF-8');
  try {
    secureJson.parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuseKeys(text);
  }
}

/** Tells a text that is no JSON from one with a forbidden key. */
function refuseKeys(text: string): Problem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return malformed('the body is not JSON');
  }
  const onlyProto = { safe: true, constructorAction: 'ignore' } as const;
  const field = secureJson.scan(value as object, onlyProto) === null ? '__proto__' : 'constructor';
  return {
    code: 'invalid-request',
    detail: 'the body has a key that is not accepted',
    errors: [{ field, message: 'is not accepted, wherever it stands' }],
  };
}

function malformed(detail: string): Problem {
  return { code: 'malformed-json', detail, errors: [{ field: 'body', message: detail }] };
}

/** Makes the body one that can be read (again), whatever it was. */
function replaceBody(request: HonoRequest, body: Bytes | '{}'): void {
  const headers = new Headers(request.raw.headers);
  headers.delete('Content-Length');
  headers.set('Content-Type', 'application/json');
  request.raw = new Request(request.raw.url, { method: request.method, headers, body });
  request.bodyCache = {};
}
