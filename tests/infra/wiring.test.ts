import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { platformOf } from '../../functions/aws/platform.ts';
import { type Bundle, bundleCloud } from '../../scripts/bundle.ts';
import { CALLBACK_URL } from '../../scripts/deploy/sign-in.ts';
import type { Plan } from '../../scripts/plan/recorded.ts';
import { AWS_FUNCTION_KEYS, type AwsFunction, readAwsSettings } from '../../shared/config/aws.ts';
import { SHARED_SETTINGS } from '../../shared/config/settings.ts';
import { resource } from './planned-wiring.ts';

const FUNCTIONS = Object.keys(AWS_FUNCTION_KEYS) as AwsFunction[];
const ENVIRONMENTS = ['dev', 'prod'] as const;
const plans = inject('plans');
/** Each is there for one way of taking money alone. */
const OPTIONAL = ['LEDGER_TABLE', 'STRIPE_API_BASE', 'STRIPE_KEY_SECRET', 'STRIPE_WEBHOOK_SECRET'];

const functionOf = (plan: Plan, fn: AwsFunction) => resource(plan, 'lambda/function:Function', fn);
const environmentOf = (plan: Plan, fn: AwsFunction) =>
  Reflect.get(functionOf(plan, fn).inputs['environment'] as object, 'variables') as Record<string, string>;

/** Where a function's metrics are, by the line that it writes for one. */
function writtenBy(fn: AwsFunction, given: Record<string, string>) {
  const { ENVIRONMENT = '', LOG_LEVEL = '' } = given;
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  platformOf(fn, { ENVIRONMENT, LOG_LEVEL }).metrics.count('DeadLetters');
  const line = JSON.parse(String(write.mock.lastCall?.[0]));
  write.mockRestore();
  const [{ Namespace, Dimensions }] = line._aws.CloudWatchMetrics;
  const dimensions = Object.fromEntries(Dimensions[0].map((key: string) => [key, line[key]]));
  return { Namespace, dimensions };
}

describe.each(ENVIRONMENTS)('what aws-%s gives its functions', (environment) => {
  const plan = plans[environment];

  it.each(FUNCTIONS)('is what %s reads, and nothing else', (fn) => {
    const given = environmentOf(plan, fn);
    const settings = readAwsSettings(fn, given);
    expect(settings).toMatchObject({ ENVIRONMENT: environment, approvalThreshold: 100_000 });
    const missing = AWS_FUNCTION_KEYS[fn].filter((key) => given[key] === undefined && !OPTIONAL.includes(key));
    const known = [...AWS_FUNCTION_KEYS[fn], ...Object.keys(SHARED_SETTINGS), 'NODE_OPTIONS'] as readonly string[];
    expect([missing, Object.keys(given).filter((key) => !known.includes(key))]).toEqual([[], []]);
  });

  it('is all that the way of taking money needs', () => {
    const { PAYMENTS: payments, LEDGER_TABLE: ledger, STRIPE_KEY_SECRET: key } = environmentOf(plan, 'segment');
    expect([payments, ledger !== undefined, key !== undefined]).toEqual(
      environment === 'prod' ? ['stripe', false, true] : ['simulated', true, false],
    );
  });

  it('watches the metrics where the functions write them', () => {
    const alarms = plan.resources.filter(
      ({ type, inputs }) => type.endsWith(':MetricAlarm') && !String(inputs['namespace']).startsWith('AWS/'),
    );
    expect(
      alarms.map(({ inputs: { metricName, dimensions } }) => [metricName, Reflect.get(Object(dimensions), 'Function')]),
    ).toEqual(
      expect.arrayContaining([
        ['DeadLetters', 'notify'],
        ['DeadLetters', 'receipt'],
        ['DeadLetters', 'operators'],
        ['DeadLetters', 'dead-letters'],
        ['OrdersStuck', 'sweep'],
        ['PaymentDiscrepancies', 'reconcile'],
        ['RefundsFailed', 'relay'],
        ['OrderCreationErrors', 'api'],
      ]),
    );
    for (const { inputs } of alarms) {
      const { Function: fn = '' } = inputs['dimensions'] as Record<string, string>;
      const { Namespace, dimensions } = writtenBy(fn as AwsFunction, environmentOf(plan, fn as AwsFunction));
      expect([inputs['namespace'], inputs['dimensions']]).toEqual([Namespace, dimensions]);
    }
  });

  it('takes no longer than whoever calls can wait', () => {
    const timeout = (fn: AwsFunction) => Number(functionOf(plan, fn).inputs['timeout']);
    const machine = resource(plan, 'sfn/stateMachine:StateMachine', 'segments');
    const { States: states } = JSON.parse(String(machine.inputs['definition'])) as {
      States: Record<string, { TimeoutSeconds?: number; Resource?: string }>;
    };
    const steps = Object.values(states).flatMap(({ TimeoutSeconds: seconds }) => seconds ?? []);
    expect(timeout('segment')).toBeLessThan(Math.min(...steps));
    for (const fn of ['api', 'operations'] as const) {
      const { timeoutMilliseconds } = resource(plan, 'apigatewayv2/integration:Integration', fn).inputs;
      expect(timeout(fn) * 1_000).toBeLessThan(Number(timeoutMilliseconds));
    }
    for (const consumer of ['notify', 'receipt', 'operators', 'dead-letters'] as const)
      expect(timeout(consumer)).toBe(30);
    const queue = resource(plan, 'sqs/queue:Queue', 'notify');
    expect(queue.inputs['visibilityTimeoutSeconds']).toBe(180);
  });
});

it('lets the command that signs people in get its answer back', () => {
  const client = resource(plans.dev, 'cognito/userPoolClient:UserPoolClient', 'app');
  expect(client.inputs['callbackUrls']).toContain(CALLBACK_URL);
});

describe('the code that is deployed', () => {
  let folder: string;
  let bundles: readonly Bundle[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-wiring-'));
    bundles = await bundleCloud('aws', folder);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(FUNCTIONS)('of %s is in its bundle, with the handler that is called', async (fn) => {
    const { code, handler } = functionOf(plans.dev, fn).inputs as { code: { archive: string }; handler: string };
    expect(code.archive.split(/[/\\]/).slice(-3)).toEqual(['dist', 'aws', fn]);
    const [file, name] = handler.split('.');
    const bundle = bundles.find((one) => one.name === fn);
    expect([`${file}.cjs`, name]).toEqual([bundle?.file.split(/[/\\]/).at(-1), 'handler']);
    expect((await readFile(bundle?.file ?? '', 'utf8')).includes('handler:()=>')).toBe(true);
  });
});
