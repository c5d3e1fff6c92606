import type { z } from '@hono/zod-openapi';
import { expect } from 'vitest';
import type { App } from '../../functions/http/app-context.ts';

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}

interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: z.ZodType; readonly examples?: object }>>;
}

/** Problems that are met outside the documented routes, and are described in the document's introduction. */
const ELSEWHERE: readonly unknown[] = ['not-found', 'method-not-allowed'];

/** Holds an answer against what the route documents: its status, headers, type, code and every field of its body. */
export function expectDocumented(app: App, method: string, path: string, received: Received): void {
  const code = (received.json as { code?: unknown } | undefined)?.code;
  const route = documentedRoutes(app).find((one) => one.method === method && matches(one.path, path));
  if (!route || ELSEWHERE.includes(code)) return;
  const where = `${method} ${route.path} -> ${received.status}`;
  const response = route.responses[String(received.status)];
  expect(response, `${where} is documented`).toBeDefined();
  const type = received.headers.get('Content-Type')?.split(';')[0] ?? '';
  const content = response?.content?.[type];
  expect(content, `${where} as ${type} is documented`).toBeDefined();
  for (const header of Object.keys(response?.headers ?? {})) {
    expect(received.headers.has(header), `${where} has the header ${header}`).toBe(true);
  }
  if (code !== undefined) expect(Object.keys(content?.examples ?? {}), `codes of ${where}`).toContain(code);
  // A field that the schema does not know is left out by `parse`, and missed here.
  expect(content?.schema.parse(received.json), where).toEqual(received.json);
}

export function documentedRoutes(app: App): DocumentedRoute[] {
  return app.openAPIRegistry.definitions
    .filter((definition) => definition.type === 'route')
    .map(({ route }) => ({ ...route, method: route.method.toUpperCase() }) as unknown as DocumentedRoute);
}

function matches(pattern: string, path: string): boolean {
  const source = pattern.replaceAll(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${source}$`).test(path.split('?')[0] ?? '');
}
