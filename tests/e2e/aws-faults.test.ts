import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsFault } from '../emulators/aws/stand-in.ts';
import { notRunOnAws } from '../platforms/aws/deployment.ts';
import { type AwsPlatform, awsPlatform } from '../platforms/aws-platform.ts';
import { PATHS } from './paths.ts';
import { runPath } from './run-path.ts';

const notRun = notRunOnAws();
/** An order that meets every service: it is charged, refused and refunded. */
const path = PATHS.find(({ name }) => name === 'restaurant refuses');

const OPERATIONS = ['PutEvents', 'StartExecution', '/schedules/', 'PUT /receipts', 'Publish'] as const;
const KINDS: readonly Pick<AwsFault, 'kind' | 'error'>[] = [
  { kind: 'drop-before' },
  { kind: 'drop-after' },
  { kind: 'error', error: { name: 'ThrottlingException', status: 400 } },
  { kind: 'error', error: { name: 'ExpiredTokenException', status: 403 } },
];

describe('on AWS, when a service fails for a moment', () => {
  if (notRun !== undefined || !path) {
    it(`not run: ${notRun}`, () => process.stderr.write(`AWS faults: not run: ${notRun}\n`));
    return;
  }
  let platform: AwsPlatform;
  beforeAll(async () => {
    platform = await awsPlatform();
  }, 60_000);
  afterAll(() => platform.stop());

  const cases = OPERATIONS.flatMap((operation) =>
    KINDS.map((kind) => ({ operation, ...kind, title: `${operation} ${kind.error?.name ?? kind.kind}` })),
  );

  it.each(cases)('an order comes to the same end: $title', async ({ title, ...fault }) => {
    platform.deployment.aws.fault({ ...fault, times: 1 });
    const { problems } = await runPath(platform, path, { run: title });
    // A text message that was sent, and whose answer was lost, is sent again: once too often rather than not at all.
    const repeats = fault.operation === 'Publish' && fault.kind === 'drop-after';
    expect(problems.filter((problem) => !repeats || !problem.startsWith('repeated notices'))).toEqual([]);
    expect(platform.deployment.aws.faultsLeft()).toBe(0);
  });
});
