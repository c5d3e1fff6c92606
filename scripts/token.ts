import { parseArgs } from 'node:util';

const HELP = `npm run token -- --sub NAME [--group GROUP]... [--url URL] [--json]

Asks the local platform (npm start) for a development token, and prints it.

  --sub NAME      who the token speaks for, for example alice
  --group GROUP   operator, or restaurant:rest-0; may be given several times
  --url URL       http://127.0.0.1:3000, or with the port in PORT
  --json          prints {token, expiresAt}

Example: curl -H "authorization: Bearer $(npm run -s token -- --sub alice)" http://127.0.0.1:3000/v1/orders
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sub: { type: 'string' },
      group: { type: 'string', multiple: true, default: [] },
      url: { type: 'string', default: `http://127.0.0.1:${process.env['PORT'] ?? 3000}` },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values.sub === undefined) return fail(`--sub is missing\n\n${HELP}`);
  const response = await ask(values.url, { sub: values.sub, groups: values.group });
  const body = (await response.json()) as { token?: string; errors?: readonly { field: string; message: string }[] };
  if (!response.ok) {
    const errors = body.errors?.map(({ field, message }) => `${field} ${message}`).join('; ');
    return fail(`${values.url} answered ${response.status}: ${errors ?? JSON.stringify(body)}`);
  }
  process.stdout.write(`${values.json ? JSON.stringify(body) : body.token}\n`);
}

async function ask(url: string, request: object): Promise<Response> {
  if (!URL.canParse(url)) throw new Error(`--url ${url} is not a URL: give one such as http://127.0.0.1:3000`);
  try {
    return await fetch(new URL('/dev/token', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(10_000),
    });
  } catch (cause) {
    throw new Error(`nothing answers at ${url}: is "npm start" running? Give another address by --url`, { cause });
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
