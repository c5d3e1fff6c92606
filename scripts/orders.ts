import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { plainJson, runCommand, UsageError } from './command.ts';
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  type OperatorClient,
  operatorClient,
  refuseForeign,
} from './operator-client.ts';
import type { OrderAnswer } from './order-answer.ts';
import { factsOf, factsText } from './show-order.ts';
import { readSpan, timeText } from './spans.ts';
import { findCandidates, stuckAmong, stuckText } from './stuck-orders.ts';

const HELP = `npm run orders -- stuck | show ID | settle ID | refund ID

Finds orders that do not get on, and gets them on, on a running platform. For operators.

  stuck       orders past due, and those whose charge, refund or payment takes longer than it should
    --older-than SPAN  without those that have been where they are for less than this: 30s, 5m, 2h; 1m when left out
    --limit N          shows the N that wait the longest, 50 when left out; the last line counts all
    --json             prints {count, orders}
  show ID     the order, where its workflow stands, and what happened to it: when, who and why
    --json             prints {order, timeline, ledger}; the gateway's ledger on the local platform only
  settle ID   has the provider asked now what became of the charge or the refund; a charge that has not happened never will
    --reason TEXT      why; it stays in the order's timeline, with your name, for operators
    --wait SPAN        how long to wait for the outcome; 15s when left out
  refund ID   gives the money back: of an order that is shipped or delivered, or whose refund was refused
    --reason TEXT      why; it stays in the order's timeline, and the customer may read it
    --wait SPAN        as above

${CONNECTION_HELP}

Ends with 0 when it is done, 1 when it was refused or has not come to a good end, 2 when it was called the wrong way.
`;

const OPTIONS = {
  ...CONNECTION_OPTIONS,
  'older-than': { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
  reason: { type: 'string' },
  wait: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The options of each command, beside those of the connection. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  stuck: ['older-than', 'limit', 'json'],
  show: ['json'],
  settle: ['reason', 'wait'],
  refund: ['reason', 'wait'],
};

type Values = ReturnType<typeof read>['values'];

function read() {
  return parseArgs({ options: OPTIONS, allowPositionals: true });
}

async function main(): Promise<void> {
  const { values, positionals } = read();
  if (values.help) return print(HELP.trimEnd());
  const [command, ...rest] = positionals;
  refuseForeign(command, Object.keys(values), COMMANDS);
  if (command === 'stuck') return stuck(values, rest);
  const id = orderId(command, rest);
  if (command === 'show') return show(values, id);
  return act(values, id, command === 'settle' ? 'settlement' : 'refund');
}

function orderId(command: string | undefined, [id, ...more]: readonly string[]): string {
  if (id === undefined) throw new UsageError(`${command} which order? Its ID is missing`);
  if (more.length > 0) throw new UsageError(`${command} takes one ID, not also ${more.join(' ')}`);
  if (!/^ord_[a-z2-7]{32}$/.test(id)) throw new UsageError(`${id} is no order ID: ord_ and 32 of a-z and 2-7`);
  return id;
}

async function stuck(values: Values, rest: readonly string[]): Promise<void> {
  if (rest.length > 0) throw new UsageError(`stuck takes no ${rest.join(' ')}`);
  const olderThanMs = readSpan('older-than', values['older-than'] ?? '1m');
  const limit = readLimit(values.limit ?? '50');
  const candidates = await findCandidates(await operatorClient(values));
  const now = Date.now();
  const found = stuckAmong(candidates, now, olderThanMs);
  if (!values.json) return print(stuckText(found, candidates, limit, now));
  const orders = found.slice(0, limit).map((one) => ({
    ...one.order,
    waitingSince: new Date(one.waitingSince).toISOString(),
    why: one.why,
  }));
  printJson({ count: found.length, orders });
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--limit ${text} is no number from 1 on`);
  return Number(text);
}

async function show(values: Values, id: string): Promise<void> {
  const facts = await factsOf(await operatorClient(values), id);
  if (values.json) printJson(facts);
  else print(factsText(facts, Date.now()));
}

async function act(values: Values, id: string, what: 'settlement' | 'refund'): Promise<void> {
  const reason = values.reason?.trim();
  if (!reason) throw new UsageError('--reason is missing: say why, for the timeline');
  const waitMs = readSpan('wait', values.wait ?? '15s');
  const client = await operatorClient(values);
  const before = await client.get<OrderAnswer>(`/v1/orders/${id}`);
  const begun = await client.post<OrderAnswer>(`/v1/orders/${id}/${what}`, { reason });
  const after = await leaves(client, begun, waitMs);
  if (after.status === begun.status) {
    print(`${id} is still ${after.status}: ${stillText(after)}`);
  } else {
    print(`${id}: ${before.status} -> ${changedText(before, after)}`);
  }
  const unfinished = after.status === begun.status || after.status === 'refund_failed';
  if (unfinished) process.exitCode = 1;
}

function changedText(before: OrderAnswer, after: OrderAnswer): string {
  if (after.status !== before.status) return after.status;
  return `${after.status} again: the provider has refused; "show" says with which code`;
}

const POLL_MS = 300;

/** The order once it has left its status, rests again because the provider gave no answer, or the time is over. */
async function leaves(client: OperatorClient, begun: OrderAnswer, waitMs: number): Promise<OrderAnswer> {
  for (const end = Date.now() + waitMs; ; await pause(POLL_MS)) {
    const order = await client.get<OrderAnswer>(`/v1/orders/${begun.id}`);
    if (order.status !== begun.status || restsAgain(order) || Date.now() >= end) return order;
  }
}

/** Whoever asks for the provider to be asked begins with round 0. */
function restsAgain({ workflow }: OrderAnswer): boolean {
  return workflow !== undefined && workflow.attempt > 0;
}

function stillText(order: OrderAnswer): string {
  const { workflow } = order;
  if (!workflow) return 'its workflow has nothing left to run';
  return restsAgain(order)
    ? `the provider gives no answer; it is asked again at ${timeText(workflow.dueAt)}`
    : 'the provider has not answered yet; "show" says how it goes on';
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printJson(value: object): void {
  print(plainJson(value));
}

await runCommand('orders', main);
