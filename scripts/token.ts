import { parseArgs } from 'node:util';
import { runCommand, UsageError } from './command.ts';
import { outputsOf, outputText } from './deploy/pulumi.ts';
import { type AccessToken, signIn } from './deploy/sign-in.ts';
import { stackName } from './deploy/stack.ts';

const HELP = `npm run token -- --sub NAME [--group GROUP]... [--url URL] [--json]
npm run token -- --stack STACK [--json]

Prints an access token, and nothing else. With --sub it asks the local platform (npm start) for a development token. With --stack
you sign in at a deployed stack: it tells an address to open in a browser on this machine, and waits five minutes for you.

  --sub NAME      who the token speaks for, for example alice
  --group GROUP   operator, or restaurant:rest-0; may be given several times
  --url URL       http://127.0.0.1:3000, or with the port in PORT
  --stack STACK   <cloud>-<environment>, for example aws-dev; the browser comes back to port 8976
  --json          prints {token, expiresAt}

Examples: curl -H "authorization: Bearer $(npm run -s token -- --sub alice)" http://127.0.0.1:3000/v1/orders
          export ORDERS_TOKEN=$(npm run -s token -- --stack aws-dev)
`;

/** Those that are for the local platform alone. */
const LOCAL = ['sub', 'group', 'url'] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sub: { type: 'string' },
      group: { type: 'string', multiple: true },
      url: { type: 'string' },
      stack: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const foreign = LOCAL.find((name) => values.stack !== undefined && values[name] !== undefined);
  if (foreign !== undefined) throw new UsageError(`--${foreign} is for the local platform, not for --stack`);
  const given = values.stack === undefined ? await developmentToken(values) : await stackToken(values.stack);
  process.stdout.write(`${values.json ? JSON.stringify(given) : given.token}\n`);
}

async function stackToken(stack: string): Promise<AccessToken> {
  const outputs = await outputsOf(stackName([stack]));
  return signIn({
    issuer: outputText(outputs, 'issuer'),
    clientId: outputText(outputs, 'clientId'),
    showAddress: (address) => process.stderr.write(`open this address in a browser:\n${address}\n`),
  });
}

interface DevelopmentOptions {
  readonly sub?: string;
  readonly group?: readonly string[];
  readonly url?: string;
}

async function developmentToken({ sub, group = [], url = localUrl() }: DevelopmentOptions): Promise<AccessToken> {
  if (sub === undefined) throw new Error('--sub is missing, or --stack (npm run token -- --help says how)');
  const response = await ask(url, { sub, groups: group });
  const body = (await response.json()) as AccessToken & { errors?: readonly { field: string; message: string }[] };
  if (response.ok) return body;
  const errors = body.errors?.map(({ field, message }) => `${field} ${message}`).join('; ');
  throw new Error(`${url} answered ${response.status}: ${errors ?? JSON.stringify(body)}`);
}

function localUrl(): string {
  return `http://127.0.0.1:${process.env['PORT'] ?? 3000}`;
}

async function ask(url: string, request: object): Promise<Response> {
  if (!URL.canParse(url)) throw new UsageError(`--url ${url} is not a URL: give one such as http://127.0.0.1:3000`);
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

await runCommand('token', main);
