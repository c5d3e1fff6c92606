import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openApiText } from '../../scripts/openapi.ts';
import { expectProblem, ORDER, startApi } from './app.harness.ts';
import { documentedRoutes, expectDocumented } from './documented.ts';

/** Served for people and tools that read the description, and no part of what it describes. */
const DESCRIPTION = ['GET /openapi.json', 'GET /docs', 'GET /docs/init.js', 'GET /docs/:name'];

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly example?: object }>> };
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
}

describe('the description of the API', () => {
  const document: Document = JSON.parse(openApiText());
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );

  it('names exactly the routes that are served', async () => {
    const { app } = await startApi();
    const served = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const described = DESCRIPTION.map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
    const expected = new Set([...operations.map(({ name }) => name), ...described]);
    expect(new Set(served)).toEqual(expected);
    expect(documentedRoutes(app)).toHaveLength(operations.length);
  });

  it('has the operations of the design', () => {
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual([
      'approveOrder',
      'cancelOrder',
      'changeAddress',
      'confirmOrder',
      'getDeadLetter',
      'getHealth',
      'getOrder',
      'getReceipt',
      'getRestaurant',
      'getTimeline',
      'listDeadLetters',
      'listOrders',
      'listPastDueOrders',
      'listRestaurants',
      'placeOrder',
      'receiveStripeWebhook',
      'reconcilePayments',
      'redriveDeadLetter',
      'refundOrder',
      'republishEvents',
      'searchRestaurants',
      'setStatus',
      'settleOrder',
    ]);
  });

  it('asks for a token everywhere but at the health check and where the provider signs', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0);
    expect(open.map(({ name }) => name)).toEqual(['POST /v1/webhooks/stripe', 'GET /healthz']);
  });

  it('is what docs/openapi.json holds', async () => {
    const kept = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
    expect(kept === openApiText(), 'docs/openapi.json is out of date: run npm run generate').toBe(true);
  });

  it('is the same every time, and what the API serves', async () => {
    const api = await startApi();
    const { json, status, headers } = await api.send('GET', '/openapi.json', { as: null });
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toBe('application/json');
    expect(json).toEqual(document);
    expect(openApiText()).toBe(openApiText());
    expect(document.openapi).toBe('3.1.0');
  });

  it.each([
    ['OrderRequest', '/v1/orders', 201],
    ['RestaurantSearch', '/v1/restaurants/search', 200],
  ])('has an example of %s that works', async (schema, path, status) => {
    const api = await startApi();
    const body = document.components.schemas[schema]?.example;
    expect(body).toBeDefined();
    const answer = await api.send('POST', path, { body, headers: { 'Idempotency-Key': 'k' } });
    expect(answer.status).toBe(status);
  });
});

describe('the page of the description', () => {
  it('loads its own files and nothing else', async () => {
    const api = await startApi();
    const { text, headers } = await api.send('GET', '/docs', { as: null });
    const files = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file]) => file);
    expect(files).toHaveLength(4);
    for (const file of files) {
      expect(file).toMatch(/^docs\/[\w.-]+$/);
      const { status, headers: ofFile } = await api.send('GET', `/${file}`, { as: null });
      expect(status).toBe(200);
      expect(ofFile.get('Content-Type')).toMatch(/^(?:text\/css|text\/javascript|image\/png)/);
      expect(ofFile.get('Cache-Control')).toBe('public, max-age=3600');
    }
    const scripts = [...text.matchAll(/<script[^>]*>([^<]*)</g)].map(([, inline]) => inline);
    expect(scripts).toEqual(['', '']);
    const policy = headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it('asks no validator elsewhere', async () => {
    const api = await startApi();
    const { text } = await api.send('GET', '/docs/init.js', { as: null });
    expect(text).toContain('validatorUrl: null');
    expect(text).toContain("url: 'openapi.json'");
    expect(text).not.toMatch(/https?:/);
  });

  it('has no file that the platform does not bring', async () => {
    const api = await startApi({ docsAsset: async () => undefined });
    expectProblem(await api.send('GET', '/docs/swagger-ui.css', { as: null }), 404, 'not-found');
  });

  it('is not there on a platform without any', async () => {
    const api = await startApi({}, { docs: false });
    expectProblem(await api.send('GET', '/docs', { as: null }), 404, 'not-found');
    expectProblem(await api.send('GET', '/docs/init.js', { as: null }), 404, 'not-found');
  });
});

describe('npx node scripts/openapi.ts', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  async function temporaryFile(content: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
    folders.push(folder);
    const file = join(folder, 'openapi.json');
    await writeFile(file, content);
    return file;
  }

  function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile('node', ['scripts/openapi.ts', ...args], (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  }

  it('writes the file, and then finds it up to date', async () => {
    const file = await temporaryFile('{}');
    expect(await run('--file', file)).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toBe(openApiText());
    expect(await run('--check', '--file', file)).toMatchObject({ code: 0, stderr: '' });
  });

  it('fails with --check on a file that says something else, and leaves it alone', async () => {
    const file = await temporaryFile(openApiText().replace('Place an order', 'Place orders'));
    const before = await readFile(file, 'utf8');
    const { code, stderr } = await run('--check', '--file', file);
    expect(code).toBe(1);
    expect(stderr).toContain('npm run generate');
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--check') });
    expect((await run('--nonsense')).code).toBe(1);
  });
});

it('a placed order is documented to the last field', async () => {
  // The harness holds every answer of every test against the description; this shows that it would notice.
  const api = await startApi();
  const { app } = api;
  const placed = await api.place({ body: ORDER });
  const leaked = { ...placed, json: { ...(placed.json as object), requestHash: 'x' } };
  expect(() => expectDocumented(app, 'POST', '/v1/orders', leaked)).toThrow();
  expect(() => expectDocumented(app, 'POST', '/v1/orders', { ...placed, status: 202 })).toThrow();
});
