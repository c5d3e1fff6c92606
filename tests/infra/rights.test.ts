import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AWS_FUNCTION_KEYS, type AwsFunction } from '../../shared/config/aws.ts';
import { PATHS } from '../e2e/paths.ts';
import { runPath } from '../e2e/run-path.ts';
import { type StripeStandIn, startStripe, WEBHOOK_SECRET } from '../emulators/stripe/stripe-server.ts';
import { type AwsCall, notRunOnAws } from '../platforms/aws/deployment.ts';
import { type AwsPlatform, awsPlatform } from '../platforms/aws-platform.ts';
import { everythingElse } from './everything-else.ts';
import { forbiddenTo, grantedTo, neededBeside, on, sorted, usedBy } from './planned-rights.ts';
import { all, plannedWiring, resource } from './planned-wiring.ts';

const FUNCTIONS = Object.keys(AWS_FUNCTION_KEYS) as AwsFunction[];
const plans = inject('plans');

/** The real functions on emulators that are made as the plan of aws-dev says: what it lacks, they miss. */
describe.each(['dev', 'prod'] as const)('what the plan of aws-%s makes', (environment) => {
  const notRun = notRunOnAws();
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`rights: not run: ${notRun}\n`));
    return;
  }
  const plan = plans[environment];
  let platform: AwsPlatform;
  let calls: readonly AwsCall[];
  const problems: string[] = [];
  beforeAll(async () => {
    // Only in prod is it Stripe that takes the money.
    let stripe: StripeStandIn | undefined;
    const withStripe = environment === 'prod' && {
      stripe: async (now: () => number) => (stripe = await startStripe({ now })),
    };
    platform = await awsPlatform({ wiring: plannedWiring(plan), ...withStripe });
    for (const path of PATHS) {
      const result = await runPath(platform, path, { run: 'planned' }).catch((error: unknown) => ({
        problems: [String(error)],
      }));
      problems.push(...result.problems.map((problem) => `${path.name}: ${problem}`));
    }
    if (stripe) await hooked(platform, stripe);
    await everythingElse(platform);
    calls = [...platform.deployment.calls];
  }, 120_000);
  afterAll(() => platform.stop());

  it('takes every path to its end', () => {
    expect(problems).toEqual([]);
  });

  it.each(FUNCTIONS)('lets %s do what its clients call and what it is connected to, and nothing more', (fn) => {
    expect(grantedTo(plan, fn)).toEqual(sorted([...usedBy(plan, calls, fn), ...neededBeside(plan, calls, fn)]));
  });

  it('lets nobody publish to a topic that is not theirs', () => {
    expect(forbiddenTo(plan, 'notify')).toEqual(['sns:Publish arn:aws:sns:*:*:*']);
  });
});

/** The same once more, with webhooks that arrive. */
async function hooked(platform: AwsPlatform, { webhooks }: StripeStandIn): Promise<void> {
  const server = serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = await request.text();
      return platform.request(new URL(request.url).pathname, { method: 'POST', headers: request.headers, body });
    },
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  webhooks.to({ url: `http://127.0.0.1:${port}/v1/webhooks/stripe`, secret: WEBHOOK_SECRET, delaysMs: [0] });
  const [path] = PATHS;
  if (path) await runPath(platform, path, { run: 'hooked' });
  await webhooks.idle();
  expect([...new Set(webhooks.log.map(({ status }) => status))]).toEqual([200]);
  webhooks.to(undefined);
  server.close();
}

describe.each(['dev', 'prod'] as const)('the roles of aws-%s that services have', (environment) => {
  const plan = plans[environment];

  it('are all that there are beside those of the functions', () => {
    const roles = all(plan, 'iam/role:Role').map(({ name }) => name);
    const services = ['reconcile-clock', 'segments', 'sweep-clock', 'timers'];
    expect(roles.toSorted()).toEqual([...FUNCTIONS, ...services].toSorted());
  });

  it('let a clock call what it is there for, and keep what fails', () => {
    for (const { name, inputs } of all<Schedule>(plan, 'scheduler/schedule:Schedule')) {
      const { arn, deadLetterConfig } = inputs.target;
      const needed = [...on(arn, ['lambda:InvokeFunction']), ...on(deadLetterConfig.arn, ['sqs:SendMessage'])];
      expect(grantedTo(plan, name)).toEqual(sorted(needed));
    }
  });

  it('let a timer start the state machine', () => {
    const { STATE_MACHINE_ARN: machine = '' } = plannedWiring(plan).environmentOf('relay');
    expect(grantedTo(plan, 'timers')).toEqual(on(machine, ['states:StartExecution']));
  });

  it('let the state machine call its one function, log, and where traces are taken send them', () => {
    const { States: states } = plannedWiring(plan).stateMachine;
    const called = sorted(Object.values(states).flatMap(({ Resource: arn }) => (typeof arn === 'string' ? [arn] : [])));
    expect(called.map((arn) => arn.split(':').at(-1))).toEqual([
      resource(plan, 'lambda/function:Function', 'segment').inputs['name'],
    ]);
    const rights = grantedTo(plan, 'segments').filter((right) => !right.startsWith('logs:'));
    const traced = ['GetSamplingRules', 'GetSamplingTargets', 'PutTelemetryRecords', 'PutTraceSegments'];
    const { enabled } = resource(plan, 'sfn/stateMachine:StateMachine', 'segments').inputs['tracingConfiguration'] as {
      enabled: boolean;
    };
    const traces = enabled ? traced.map((one) => `xray:${one} *`) : [];
    expect(rights).toEqual([...called.map((arn) => `lambda:InvokeFunction ${arn}`), ...traces]);
  });
});

interface Schedule {
  readonly target: { readonly arn: string; readonly deadLetterConfig: { readonly arn: string } };
}
