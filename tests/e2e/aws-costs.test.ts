import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsCall, notRunOnAws } from '../platforms/aws/deployment.ts';
import { type AwsPlatform, awsPlatform } from '../platforms/aws-platform.ts';
import { PATHS } from './paths.ts';
import { runPath } from './run-path.ts';

const notRun = notRunOnAws();
const path = PATHS.find(({ name }) => name === 'paid and confirmed');

describe('what an order costs on AWS', () => {
  if (notRun !== undefined || !path) {
    it(`not run: ${notRun}`, () => process.stderr.write(`AWS costs: not run: ${notRun}\n`));
    return;
  }
  let platform: AwsPlatform;
  beforeAll(async () => {
    platform = await awsPlatform();
    // What is made once for each process: the pepper, the issuer's keys.
    await runPath(platform, path, { run: 'warm' });
  }, 60_000);
  afterAll(() => platform.stop());

  it('is one conditional write for each change, and what is counted here by kind', async () => {
    const { calls } = platform.deployment;
    calls.length = 0;
    const { problems } = await runPath(platform, path, { run: 'counted' });
    expect(problems).toEqual([]);
    const counted = countedByKind(calls);
    process.stdout.write(
      `\nan order that is paid and confirmed, on AWS (with the reads of who looks on):\n${textOf(counted)}\n\n`,
    );

    const writes = calls.filter(({ operation, input }) => operation === 'PutItem' && input['TableName'] === 'orders');
    // Created, charging, paid, confirmed.
    expect(writes.map(({ input }) => input['ConditionExpression'])).toEqual([
      'attribute_not_exists(id)',
      'revision = :expected',
      'revision = :expected',
      'revision = :expected',
    ]);
    expect(counted).toMatchObject({ StartExecution: 1, CreateSchedule: 1, PutObject: 1 });
    // Nothing on the way of an order walks an index or a table, or writes more than one item at a time.
    const costly = Object.keys(counted).filter((kind) => /orders$/.test(kind) && !/^(GetItem|PutItem) /.test(kind));
    expect(costly).toEqual([]);
  });
});

/** Calls by operation and table; without looks into empty queues and into the simulated gateway's own books. */
function countedByKind(calls: readonly AwsCall[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { operation, input } of calls) {
    const { TableName: table } = input;
    if (operation === 'ReceiveMessage' || table === 'ledger') continue;
    const kind = typeof table === 'string' ? `${operation} ${table}` : operation;
    counted[kind] = (counted[kind] ?? 0) + 1;
  }
  return counted;
}

function textOf(counted: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counted).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return rows.map(([kind, count]) => `  ${String(count).padStart(2)}  ${kind}`).join('\n');
}
