import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { republicationSchema } from '../functions/http/schemas/operations.ts';
import { plain, runCommand, UsageError } from './command.ts';
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  type OperatorClient,
  operatorClient,
  RefusedError,
} from './operator-client.ts';
import { readInstant } from './spans.ts';

const HELP = `npm run republish -- --since T [--until T] [--dry-run] [--cursor C]

Makes the events of a time anew from the orders' timelines, and publishes them again: for when some were lost. For operators.
Consumers drop those that they have seen, and customers and restaurants are not told of events older than NOTICE_MAX_AGE_MS, so
it may be repeated. It goes through all the orders there are: it is meant for recovery, not for every day.

  --since T     an instant such as 2026-11-22T12:00:00Z, a day such as 2026-11-22 (its beginning, UTC), or an age: 90m, 24h, 7d.
                Better some minutes too early than too late: the clocks of machines differ
  --until T     the same; now when left out
  --dry-run     counts what would be published, and publishes nothing
  --cursor C    goes on where a run with the same --since was broken off, as that one says

${CONNECTION_HELP}

Ends with 0 when all is published, 1 when something is not (and says how to go on), 2 when it was called the wrong way.
`;

const PATH = '/v1/operations/republications';
const PAGE = 100;

interface Window {
  readonly since: string;
  readonly until?: string;
}

/** What the platform answers. */
type PageOfEvents = z.infer<typeof republicationSchema>;

interface Walk {
  /** Where the platform is; the standard address when left out. */
  readonly url: string | undefined;
  readonly window: Window;
  readonly dryRun: boolean;
  /** Where it begins; at the beginning when left out. */
  readonly cursor: string | undefined;
}

/** What came of a walk, up to a page. */
interface Figures {
  readonly orders: number;
  readonly events: number;
  readonly published: number;
  readonly reasons: PageOfEvents['unpublished'];
}

const NOTHING: Figures = { orders: 0, events: 0, published: 0, reasons: [] };
/** Events that are named when they could not be published. */
const MOST_REASONS = 10;

const OPTIONS = {
  ...CONNECTION_OPTIONS,
  since: { type: 'string' },
  until: { type: 'string' },
  cursor: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return void process.stdout.write(HELP);
  const window = windowOf(values.since, values.until, Date.now());
  const { url, cursor, 'dry-run': dryRun } = values;
  await republish(await operatorClient(values), { url, window, dryRun, cursor });
}

function windowOf(since: string | undefined, until: string | undefined, now: number): Window {
  if (since === undefined) throw new UsageError('--since is missing');
  const from = readInstant('since', since, now);
  const to = until === undefined ? now : readInstant('until', until, now);
  if (from > to) throw new UsageError(`--since must not lie after ${until === undefined ? 'now' : '--until'}`);
  return { since: iso(from), ...(until !== undefined && { until: iso(to) }) };
}

async function republish(client: OperatorClient, walk: Walk): Promise<void> {
  let figures = NOTHING;
  // Where another run has to begin: at the first page that is not published as a whole.
  let goOn = walk;
  let cursor: string | null | undefined = walk.cursor;
  while (cursor !== null) {
    const page: PageOfEvents = await pageAt(client, { ...walk, cursor }).catch((error: unknown) => {
      throw broken(error, figures, goOn);
    });
    figures = sum(figures, page);
    cursor = page.nextCursor;
    if (walk.dryRun || lostOf(figures) === 0) goOn = { ...walk, cursor: cursor ?? undefined };
    if (cursor !== null && page.events > 0) report(`so far: ${told(figures, walk)}`);
  }
  process.stdout.write(`${told(figures, walk)}\n`);
  if (walk.dryRun || lostOf(figures) === 0) return;
  for (const { eventId, reason } of figures.reasons) report(plain(`${eventId}: ${reason}`));
  throw new Error(`${lostOf(figures)} events were not published. Try again with\n  ${commandOf(goOn)}`);
}

function pageAt(client: OperatorClient, { window, dryRun, cursor }: Walk): Promise<PageOfEvents> {
  return client.post(PATH, { ...window, limit: PAGE, dryRun, ...(cursor !== undefined && { cursor }) });
}

function sum(figures: Figures, page: PageOfEvents): Figures {
  return {
    orders: figures.orders + page.orders,
    events: figures.events + page.events,
    published: figures.published + page.published,
    reasons: [...figures.reasons, ...page.unpublished].slice(0, MOST_REASONS),
  };
}

function lostOf({ events, published }: Figures): number {
  return events - published;
}

/** The error, with what was done and how to go on; but for a request that would be refused again. */
function broken(error: unknown, figures: Figures, goOn: Walk): unknown {
  if (!(error instanceof Error) || (error instanceof RefusedError && error.status < 500)) return error;
  return new Error(`${error.message}\nUntil then: ${told(figures, goOn)}. Go on with\n  ${commandOf(goOn)}`);
}

function told({ orders, events, published }: Figures, { dryRun }: Walk): string {
  return dryRun
    ? `${events} events of ${orders} orders would be published; none was`
    : `published ${published} of ${events} events of ${orders} orders`;
}

/** With instants in place of ages, since a cursor is good for one instant only; without the token, which is a secret. */
function commandOf({ url, window, dryRun, cursor }: Walk): string {
  const options = [
    `--since ${window.since}`,
    ...(window.until === undefined ? [] : [`--until ${window.until}`]),
    ...(dryRun ? ['--dry-run'] : []),
    ...(cursor === undefined ? [] : [`--cursor=${cursor}`]),
    ...(url === undefined ? [] : [`--url ${url}`]),
  ];
  return `npm run republish -- ${options.join(' ')}`;
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Progress and failures, apart from the results. */
function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand('republish', main);
