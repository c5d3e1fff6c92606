import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from './command.ts';

/** The options of every command that acts on a running platform, for `parseArgs`. */
export const CONNECTION_OPTIONS = {
  url: { type: 'string' },
  token: { type: 'string' },
  as: { type: 'string' },
} as const;

export const CONNECTION_HELP = `  --url URL      the platform; http://127.0.0.1:3000, or with the port in PORT
  --token TOKEN  an operator's bearer token, or ORDERS_TOKEN in the environment; the local platform gives one out by itself
  --as NAME      on the local platform: who acts, for the timelines; the user of this machine when left out`;

/** Refuses a command that is none of `commands`, and options that are neither the command's own nor the connection's. */
export function refuseForeign(
  command: string | undefined,
  options: readonly string[],
  commands: Readonly<Record<string, readonly string[]>>,
): void {
  const known = Object.keys(commands).join(', ');
  if (command === undefined) throw new UsageError(`say what to do: ${known}`);
  const own = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!own) throw new UsageError(`${command} is not one of ${known}`);
  const foreign = options.find((name) => !Object.hasOwn(CONNECTION_OPTIONS, name) && !own.includes(name));
  if (foreign !== undefined) throw new UsageError(`--${foreign} is not for ${command}`);
}

export interface Connection {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly as?: string | undefined;
}

/** Asks a running platform as an operator. What the platform refuses is thrown, in its own words. */
export interface OperatorClient {
  get<Answer>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Answer>;
  post<Answer>(path: string, body?: object): Promise<Answer>;
}

/** What the platform said no to. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

const REQUEST_TIMEOUT_MS = 30_000;
/** A platform that is busy is asked again: all that operators do may be repeated. */
const TRIES = 5;
const BUSY: readonly number[] = [429, 503];
/** Said where the answer itself says nothing: a gateway in front of the platform may have given it. */
const GATEWAY: Readonly<Record<number, string>> = {
  401: 'the token is not taken: has it run out? (npm run token gives another)',
  429: 'too many requests',
};

export async function operatorClient(connection: Connection): Promise<OperatorClient> {
  const url = connection.url ?? `http://127.0.0.1:${process.env['PORT'] ?? 3000}`;
  if (!isAddress(url)) throw new UsageError(`--url ${url} is not an address such as http://127.0.0.1:3000`);
  // Set to nothing counts as not set.
  const given = connection.token ?? (process.env['ORDERS_TOKEN'] || undefined);
  if (given !== undefined && !/^[\w.~+/=-]+$/.test(given)) throw new UsageError('the token is not a bearer token');
  const token = given ?? (await developmentToken(url, connection.as));
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    get: (path, query = {}) => answerOf(new URL(`${path}${queryText(query)}`, url), { headers }),
    post: (path, body = {}) => answerOf(new URL(path, url), { method: 'POST', headers, body: JSON.stringify(body) }),
  };
}

/** Of a server, without a path that would be left out. */
function isAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, pathname } = new URL(url);
  return /^https?:$/.test(protocol) && pathname === '/';
}

async function developmentToken(url: string, name = nameOfUser()): Promise<string> {
  if (!/^[\x20-\x7e]{1,128}$/.test(name)) throw new UsageError('--as must be 1 to 128 printable ASCII characters');
  const response = await ask(new URL('/dev/token', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub: name, groups: ['operator'] }),
  });
  if (response.ok) return (await jsonOf<{ token: string }>(response)).token;
  if (response.status === 404)
    throw new UsageError(`${url} gives out no tokens: give yours by --token or ORDERS_TOKEN`);
  throw await refusal(response);
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    // In a container the user often has no name.
    throw new UsageError('say who acts: --as NAME', { cause });
  }
}

async function answerOf<Answer>(url: URL, init: RequestInit): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const response = await ask(url, init);
    if (response.ok) return await jsonOf<Answer>(response);
    if (!BUSY.includes(response.status) || tries === TRIES) throw await refusal(response);
    await pause(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

async function ask(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  } catch (cause) {
    const what =
      cause instanceof Error && cause.name === 'TimeoutError' ? 'no answer in time from' : 'nothing answers at';
    throw new Error(`${what} ${url.origin}: is the platform running ("npm start")? Give another address by --url`, {
      cause,
    });
  }
}

async function jsonOf<Answer>(response: Response): Promise<Answer> {
  try {
    return (await response.json()) as Answer;
  } catch (cause) {
    throw new Error(`what ${response.url} answered is not JSON: is that the platform?`, { cause });
  }
}

async function refusal(response: Response): Promise<RefusedError> {
  const {
    code = 'unknown',
    detail = GATEWAY[response.status] ?? 'is that the platform?',
    errors = [],
  } = (await response.json().catch(() => ({}))) as Problem;
  const fields = errors.map(({ field, message }) => `; ${field}: ${message}`).join('');
  return new RefusedError(response.status, code, `${response.status} ${code}: ${detail}${fields}`);
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
