import { parseArgs } from 'node:util';
import { CONSUMERS } from '../shared/domain/rules.ts';
import { plain, plainJson, runCommand, UsageError } from './command.ts';
import { type DeadLetterAnswer, deadLetter, deadLettersOf, type Filters } from './dead-letter-list.ts';
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  type OperatorClient,
  operatorClient,
  refuseForeign,
} from './operator-client.ts';
import { redriveAll } from './redrive-all.ts';
import { table } from './table.ts';

const HELP = `npm run deadletters -- list | show ID | redrive ID | redrive --all

Shows what a running platform has given up on (messages that failed however often they were delivered), and has it delivered again.
For operators.

  list         what there is, oldest first
    --queue NAME  only of this queue: notify, receipt, operators or segments
    --order ID    only about this order
    --limit N     at most N; all when left out
    --json        prints them as JSON
  show ID      everything about one, with its event
  redrive ID   puts it back on its queue. A repeat does nothing, and says so. One that fails again is a dead letter again, under another id;
               of events older than NOTICE_MAX_AGE_MS customers and restaurants are not told any more
    --all         all that there are now, in place of one; with --queue and --order as above
    --dry-run     says what would be redriven, and changes nothing

${CONNECTION_HELP}

Ends with 0 when it is done, 1 when something could not be redriven, 2 when it was called the wrong way.
`;

const OPTIONS = {
  ...CONNECTION_OPTIONS,
  queue: { type: 'string' },
  order: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The options of each command, beside those of the connection. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  list: ['queue', 'order', 'limit', 'json'],
  show: [],
  redrive: ['all', 'queue', 'order', 'dry-run'],
};

/** Every queue that a platform has. */
const QUEUES: readonly string[] = [...CONSUMERS, 'segments'];

type Values = ReturnType<typeof read>['values'];

function read() {
  return parseArgs({ options: OPTIONS, allowPositionals: true });
}

async function main(): Promise<void> {
  const { values, positionals } = read();
  if (values.help) return print(HELP.trimEnd());
  const [command, ...rest] = positionals;
  refuseForeign(command, Object.keys(values), COMMANDS);
  if (command === 'list') return list(values, rest);
  if (command === 'show') return show(values, oneId('show', rest));
  if (values.all) return redriveEvery(values, rest);
  return redriveOne(values, oneId('redrive', rest));
}

function oneId(command: string, [id, ...more]: readonly string[]): string {
  const all = command === 'redrive' ? ', or --all' : '';
  if (!id) throw new UsageError(`${command} which dead letter? Give its ID${all}; "list" shows them`);
  if (more.length > 0) throw new UsageError(`${command} takes one ID${all}, not also ${more.join(' ')}`);
  return id;
}

async function list(values: Values, rest: readonly string[]): Promise<void> {
  if (rest.length > 0) throw new UsageError(`list takes no ${rest.join(' ')}: "show" takes an ID`);
  const limit = values.limit === undefined ? Number.POSITIVE_INFINITY : readLimit(values.limit);
  const { letters, more } = await deadLettersOf(await operatorClient(values), filters(values), limit);
  const count = `${counted(letters.length)}${more ? ', and there are more: raise --limit' : ''}`;
  if (!values.json) return print(letters.length === 0 ? count : `${letterTable(letters)}\n\n${count}`);
  print(plainJson(letters));
  if (more) report(count);
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--limit ${text} is no number from 1 on`);
  return Number(text);
}

function filters({ queue, order }: Values): Filters {
  if (queue !== undefined && !QUEUES.includes(queue)) {
    throw new UsageError(`--queue ${queue} is not one of ${QUEUES.join(', ')}`);
  }
  return { queue, orderId: order };
}

async function show(values: Values, id: string): Promise<void> {
  const letter = await deadLetter(await operatorClient(values), id);
  const rows = [
    ['id', letter.id],
    ['queue', letter.queue],
    ['order', letter.orderId],
    ['correlation id', letter.correlationId],
    ['attempts', String(letter.attempts)],
    ['failed at', letter.failedAt],
    ['error', letter.error],
  ];
  for (const [name = '', value = ''] of rows) print(`${name.padEnd(16)}${plain(value)}`);
  print(`\n${plainJson(letter.body)}`);
}

async function redriveOne(values: Values, id: string): Promise<void> {
  if (values.queue !== undefined || values.order !== undefined)
    throw new UsageError('--queue and --order go with --all');
  const client = await operatorClient(values);
  if (values['dry-run']) return print(planText([await deadLetter(client, id)]));
  return redriveThese(client, [id]);
}

/** All ids first: a letter that fails again at once is a new one, and is not redriven for ever. */
async function redriveEvery(values: Values, rest: readonly string[]): Promise<void> {
  if (rest.length > 0) throw new UsageError('give an ID or --all, not both');
  const client = await operatorClient(values);
  const { letters } = await deadLettersOf(client, filters(values));
  if (values['dry-run']) return print(planText(letters));
  return redriveThese(
    client,
    letters.map(({ id }) => id),
  );
}

async function redriveThese(client: OperatorClient, ids: readonly string[]): Promise<void> {
  const onProgress = (done: number) => {
    if (ids.length > 1) report(`redriven ${done} of ${ids.length}`);
  };
  const { redriven, gone, failed, stopped } = await redriveAll(client, ids, onProgress);
  if (ids.length === 1 && gone === 1) {
    throw new Error(
      `there is no dead letter ${ids[0]}: it may have been redriven before; "list" shows those there are`,
    );
  }
  if (failed.length > 0 || stopped !== undefined) process.exitCode = 1;
  for (const line of failed) report(plain(line));
  print(`redriven ${redriven}, already gone ${gone}, failed ${failed.length}`);
  if (stopped === undefined) return;
  const done = redriven + gone + failed.length;
  throw new Error(
    `${stopped}\nIt stopped after ${done} of ${ids.length}. Run it again for the rest: nothing is redriven twice`,
  );
}

function planText(letters: readonly DeadLetterAnswer[]): string {
  const sum = `${counted(letters.length)} would be redriven; nothing was changed`;
  const rows = [...Map.groupBy(letters, ({ queue }) => queue)].map(([queue, those]) => [
    plain(queue),
    `${those.length}`,
  ]);
  return rows.length === 0 ? sum : `${table(['queue', 'dead letters'], rows)}\n\n${sum}`;
}

function counted(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`;
}

const ERROR_CHARACTERS = 60;

function letterTable(letters: readonly DeadLetterAnswer[]): string {
  const rows = letters.map(({ id, queue, orderId, attempts, failedAt, error }) =>
    [id, queue, orderId, `${attempts}`, failedAt, cut(error)].map(plain),
  );
  return table(['id', 'queue', 'order', 'attempts', 'failed at', 'error'], rows);
}

function cut(text: string): string {
  const characters = [...text];
  if (characters.length <= ERROR_CHARACTERS) return text;
  return `${characters.slice(0, ERROR_CHARACTERS - 3).join('')}...`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Progress and failures, apart from the results. */
function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand('deadletters', main);
