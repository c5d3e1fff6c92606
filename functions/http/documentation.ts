import type { App } from './app-context.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { PROBLEM_TYPE, problemDocument, problemSchema } from './problems.ts';

/** The document's head; routes add themselves. */
export const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'tricloud-orders',
    version: '1.0.0',
    description:
      'Places orders at restaurants, charges and refunds them, and says what became of them. The same on every cloud. ' +
      'Errors are problem documents (RFC 9457): branch on their `code`. Unknown addresses are `not-found`, methods that an ' +
      'address does not offer `method-not-allowed`. Lists may lag a moment behind the latest changes.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/', description: 'Where this document came from' }],
  security: [{ bearer: [] }],
  tags: [
    { name: 'Orders', description: 'Place, look at and list orders' },
    { name: 'Order changes', description: 'What customers, restaurants and operators may do with an order' },
    { name: 'Restaurants', description: 'Restaurants and their menus' },
    { name: 'Operations', description: 'For operators: what did not get through, and what is late' },
    { name: 'Platform', description: 'For those who run it' },
  ],
};

const BEARER_SCHEME = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'Everyone who is signed in is a customer. The groups `operator` and `restaurant:<restaurantId>` add to what they may do.',
} as const;

const text = { type: 'string' } as const;
const HEADERS = {
  'X-Request-Id': { description: 'Finds the request in our logs', schema: text },
  ETag: { description: 'The version of the order, in quotes', schema: text },
  Location: { description: 'The path of the order', schema: text },
  'Idempotency-Replayed': { description: 'Always `true`', schema: text },
  'WWW-Authenticate': { description: 'How to sign in', schema: text },
  'Retry-After': { description: 'Seconds to wait', schema: text },
};

/** Met outside the documented routes only. */
const ELSEWHERE: readonly string[] = ['method-not-allowed', 'not-found'] satisfies ProblemCode[];

/** Adds what routes refer to by name. */
export function registerComponents({ openAPIRegistry }: App): void {
  openAPIRegistry.registerComponent('securitySchemes', 'bearer', BEARER_SCHEME);
  for (const [name, header] of Object.entries(HEADERS)) openAPIRegistry.registerComponent('headers', name, header);
  for (const [code, { title }] of Object.entries(PROBLEMS)) {
    if (ELSEWHERE.includes(code)) continue;
    const value = problemDocument({ code: code as ProblemCode, detail: title }, 'example-request');
    openAPIRegistry.registerComponent('examples', code, { summary: title, value });
  }
}

function headers(...names: readonly (keyof typeof HEADERS)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** An order, with its version; `more` names the headers that come with it. */
export function orderAnswer<Schema>(description: string, schema: Schema, ...more: readonly (keyof typeof HEADERS)[]) {
  return {
    description,
    headers: headers('X-Request-Id', 'ETag', ...more),
    content: { 'application/json': { schema } },
  };
}

/** Anything that has no version. */
export function answer<Schema>(description: string, schema: Schema) {
  return { description, headers: headers('X-Request-Id'), content: { 'application/json': { schema } } };
}

export function body<Schema>(schema: Schema, required = true) {
  return { required, content: { 'application/json': { schema } } };
}

/** Problems that any request to a route under `/v1` may meet. */
const ALWAYS: readonly ProblemCode[] = ['invalid-request', 'unauthenticated', 'internal', 'unavailable'];
const WITH_BODY: readonly ProblemCode[] = ['malformed-json', 'payload-too-large', 'unsupported-media-type'];

/** What a signed-in request may be answered, beside `codes`. */
export function problems(...codes: readonly ProblemCode[]): object {
  return problemResponses([...ALWAYS, ...codes]);
}

/** The same of a request with a body. */
export function bodyProblems(...codes: readonly ProblemCode[]): object {
  return problems(...WITH_BODY, ...codes);
}

/** Typed as nothing in particular: handlers end with problems by `sendProblem`, not by their types. */
export function problemResponses(codes: readonly ProblemCode[]): object {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries([...byStatus].map(([status, those]) => [status, problemResponse(status, those)]));
}

function problemResponse(status: number, codes: readonly ProblemCode[]) {
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: headers('X-Request-Id', ...headersOf(status)),
    content: { [PROBLEM_TYPE]: { schema: problemSchema, examples: Object.fromEntries(examples) } },
  };
}

function headersOf(status: number): readonly (keyof typeof HEADERS)[] {
  if (status === 401) return ['WWW-Authenticate'];
  return status === 503 ? ['Retry-After'] : [];
}
