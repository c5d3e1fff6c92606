import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { reconciliationSchema } from '../functions/http/schemas/operations.ts';
import { formatMoney } from '../shared/domain/money.ts';
import { plain, plainJson, runCommand, UsageError } from './command.ts';
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  type OperatorClient,
  operatorClient,
  RefusedError,
} from './operator-client.ts';
import { readInstant, timeText } from './spans.ts';
import { table } from './table.ts';

const HELP = `npm run reconcile -- --since T [--repair] [--json] [--cursor C]

Compares the orders with the payment provider's books, and shows how they differ and what is to be done: charges without an order,
orders without a charge, double or partial amounts, refunds that are owed, payments that are stuck. For operators. Nothing is said of
what changed within the last hour: somebody may be at work on it. It goes through all the orders there are after the payments of the
time; the platform does the first half by itself every day.

  --since T     payments opened and orders changed since: an instant such as 2026-11-22T12:00:00Z, a day such as 2026-11-22 (its
                beginning, UTC), or an age: 90m, 24h, 7d
  --repair      does what is safe: records outcomes, seals payments that no order claims, settles those that are stuck, gives back
                what is held without a right to it. It never charges. What it leaves is for people. May be repeated
  --json        one JSON document with every finding in place of the table
  --cursor C    goes on where a run with the same --since was broken off, as that one says

${CONNECTION_HELP}

Ends with 0 when nothing differs, or all that did is repaired; 1 when something is left, or it was broken off (and says how to go
on); 2 when it was called the wrong way.
`;

const PATH = '/v1/operations/reconciliations';
/** Each payment and order costs the platform a call or two, and a page has to be answered within the time-out. */
const PAGE = 50;

/** What the platform answers. */
type Page = z.infer<typeof reconciliationSchema>;
type Finding = Page['findings'][number];

interface Walk {
  /** Where the platform is; the standard address when left out. */
  readonly url: string | undefined;
  readonly since: string;
  readonly repair: boolean;
  readonly json: boolean;
}

/** What came of a walk, up to a page. */
interface Result {
  readonly payments: number;
  readonly orders: number;
  readonly findings: readonly Finding[];
}

const OPTIONS = {
  ...CONNECTION_OPTIONS,
  since: { type: 'string' },
  cursor: { type: 'string' },
  repair: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return void process.stdout.write(HELP);
  const { url, cursor, repair, json } = values;
  const walk = { url, since: sinceOf(values.since, Date.now()), repair, json };
  const result = await reconcile(await operatorClient(values), walk, cursor);
  process.stdout.write(json ? `${plainJson({ since: walk.since, repair, ...result })}\n` : `${textOf(result, walk)}\n`);
  if (result.findings.some((finding) => !isMended(finding))) process.exitCode = 1;
}

function sinceOf(text: string | undefined, now: number): string {
  if (text === undefined) throw new UsageError('--since is missing');
  const since = readInstant('since', text, now);
  if (since > now) throw new UsageError('--since must not lie after now');
  return new Date(since).toISOString();
}

async function reconcile(client: OperatorClient, walk: Walk, from: string | undefined): Promise<Result> {
  let result: Result = { payments: 0, orders: 0, findings: [] };
  let cursor: string | null | undefined = from;
  while (cursor !== null) {
    const at: string | undefined = cursor;
    const page: Page = await pageAt(client, walk, at).catch((error: unknown) => {
      throw broken(error, result, walk, at);
    });
    result = {
      payments: result.payments + page.payments,
      orders: result.orders + page.orders,
      findings: [...result.findings, ...page.findings],
    };
    cursor = page.nextCursor;
    if (cursor !== null && page.payments + page.orders > 0) report(`so far: ${lookedAt(result)}`);
  }
  return result;
}

function pageAt(client: OperatorClient, { since, repair }: Walk, cursor: string | undefined): Promise<Page> {
  return client.post(PATH, { since, limit: PAGE, repair, ...(cursor !== undefined && { cursor }) });
}

/** The error, with what was found and how to go on; but for a request that would be refused again. */
function broken(error: unknown, result: Result, walk: Walk, cursor: string | undefined): unknown {
  if (!(error instanceof Error) || (error instanceof RefusedError && error.status < 500)) return error;
  if (result.findings.length > 0)
    process.stdout.write(`${walk.json ? plainJson(result) : plainTable(result.findings)}\n`);
  return new Error(`${error.message}\nUntil then: ${lookedAt(result)}. Go on with\n  ${commandOf(walk, cursor)}`);
}

/** With an instant in place of an age, since a cursor is good for one instant only; without the token, which is a secret. */
function commandOf({ url, since, repair, json }: Walk, cursor: string | undefined): string {
  const options = [
    `--since ${since}`,
    ...(repair ? ['--repair'] : []),
    ...(json ? ['--json'] : []),
    ...(cursor === undefined ? [] : [`--cursor=${cursor}`]),
    ...(url === undefined ? [] : [`--url ${url}`]),
  ];
  return `npm run reconcile -- ${options.join(' ')}`;
}

function textOf(result: Result, walk: Walk): string {
  const { findings } = result;
  const since = timeText(walk.since);
  if (findings.length === 0) return `nothing differs: ${lookedAt(result)}, since ${since}`;
  const safe = findings.filter(({ remedy }) => remedy !== 'tell-operators').length;
  const mended = findings.filter(isMended).length;
  const outcome = walk.repair
    ? `${mended} repaired, ${findings.length - mended} left`
    : `${safe} can be repaired (--repair), ${findings.length - safe} are for people`;
  return `${plainTable(findings)}\n\n${lookedAt(result)}, since ${since}: ${outcome}`;
}

function lookedAt({ payments, orders, findings }: Result): string {
  return `${findings.length} ${findings.length === 1 ? 'difference' : 'differences'} in ${payments} payments and ${orders} orders`;
}

function isMended({ repair }: Finding): boolean {
  return repair?.outcome === 'done';
}

function plainTable(findings: readonly Finding[]): string {
  const head = ['kind', 'order', 'status', 'payment', 'total', 'charged', 'refunded', 'remedy', 'repair'];
  return table(head, findings.map(rowOf));
}

function rowOf({ kind, orderId, orderStatus, reference, total, charged, refunded, remedy, repair }: Finding): string[] {
  const amounts = [total, charged, refunded].map((money) => (money ? formatMoney(money) : '-'));
  const came = repair ? `${repair.outcome}${repair.reason === undefined ? '' : `: ${repair.reason}`}` : '-';
  return [kind, orderId, orderStatus ?? 'no such order', reference, ...amounts, remedy, came].map(plain);
}

/** Progress, apart from the results. */
function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand('reconcile', main);
