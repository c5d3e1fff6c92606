import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Bundle, bundleCloud } from '../../scripts/bundle.ts';
import type { Plan, PlannedResource } from '../../scripts/plan/recorded.ts';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { dynamoDbPaymentLedger } from '../../shared/adapters/aws/dynamodb-payment-ledger.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { AWS_FUNCTION_KEYS, type AwsFunction, readAwsSettings } from '../../shared/config/aws.ts';
import { SHARED_SETTINGS } from '../../shared/config/settings.ts';
import { PATHS } from '../e2e/paths.ts';
import { runPath } from '../e2e/run-path.ts';
import { anOrder, anOrderId, aPosition, after as next } from '../fixtures.ts';
import { type AwsCall, notRunOnAws } from '../platforms/aws/deployment.ts';
import { type AwsPlatform, awsPlatform } from '../platforms/aws-platform.ts';

const FUNCTIONS = Object.keys(AWS_FUNCTION_KEYS) as AwsFunction[];
const ENVIRONMENTS = ['dev', 'prod'] as const;
const plans = inject('plans');
/** Each is there for one way of taking money alone. */
const OPTIONAL = ['LEDGER_TABLE', 'STRIPE_API_BASE', 'STRIPE_KEY_SECRET', 'STRIPE_WEBHOOK_SECRET'];

const named = ({ resources }: Plan, type: string, name: string): PlannedResource => {
  const found = resources.find((one) => one.type === type && one.name === name);
  if (!found) throw new Error(`the plan has no ${type} ${name}`);
  return found;
};
const functionOf = (plan: Plan, fn: AwsFunction) => named(plan, 'aws:lambda/function:Function', fn);
const environmentOf = (plan: Plan, fn: AwsFunction) =>
  Reflect.get(functionOf(plan, fn).inputs['environment'] as object, 'variables') as Record<string, string>;

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

  it('takes no longer than whoever calls can wait', () => {
    const timeout = (fn: AwsFunction) => Number(functionOf(plan, fn).inputs['timeout']);
    const machine = named(plan, 'aws:sfn/stateMachine:StateMachine', 'segments');
    const { States: states } = JSON.parse(String(machine.inputs['definition'])) as {
      States: Record<string, { TimeoutSeconds?: number; Resource?: string }>;
    };
    const steps = Object.values(states).flatMap(({ TimeoutSeconds: seconds }) => seconds ?? []);
    expect(Math.min(...steps)).toBeLessThan(timeout('segment'));
    expect(Math.max(timeout('api'), timeout('operations'))).toBeLessThanOrEqual(30);
    for (const consumer of ['notify', 'receipt', 'operators', 'dead-letters'] as const)
      expect(timeout(consumer)).toBe(30);
    const queue = named(plan, 'aws:sqs/queue:Queue', 'notify');
    expect(queue.inputs['visibilityTimeoutSeconds']).toBe(180);
  });
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

/** What Lambda itself does with a function's role, and no client of it. */
const BY_LAMBDA: readonly string[] = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
];
/** Of rights that a call needs beside its own: to hand a role on, to be told that an object is missing, to write what was given up on. */
const BESIDE: Readonly<Partial<Record<AwsFunction, readonly string[]>>> = {
  api: ['s3:ListBucket'],
  relay: ['iam:PassRole', 's3:ListBucket', 's3:PutObject'],
};
const SERVICES: Readonly<Record<string, string>> = {
  CreateSchedule: 'scheduler',
  GetObject: 's3',
  GetSecretValue: 'secretsmanager',
  Publish: 'sns',
  PutEvents: 'events',
  PutObject: 's3',
  SendMessage: 'sqs',
  StartExecution: 'states',
};

describe('the rights that aws-dev gives its functions', () => {
  const notRun = notRunOnAws();
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`wiring: not run: ${notRun}\n`));
    return;
  }
  let platform: AwsPlatform;
  let calls: readonly AwsCall[];
  const plan = plans.dev;
  beforeAll(async () => {
    platform = await awsPlatform();
    for (const path of PATHS) await runPath(platform, path, { run: 'wiring' });
    await everythingElse(platform);
    calls = [...platform.deployment.calls];
  }, 120_000);
  afterAll(() => platform.stop());

  /** `dynamodb:Query orders/index/by-due`, as the calls were made. */
  function used(fn: AwsFunction): readonly string[] {
    const rights = calls.filter((call) => call.fn === fn).map(rightOf);
    return [...new Set(rights)].toSorted();
  }

  /** The same, as the policies have them. */
  function granted(fn: AwsFunction): readonly string[] {
    const { policy } = named(plan, 'aws:iam/rolePolicy:RolePolicy', fn).inputs;
    const { Statement: statements } = JSON.parse(String(policy)) as {
      Statement: { Effect: string; Action: string[]; Resource: string[] }[];
    };
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    const rights = allowed.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => [action, shortOf(action, resource)].filter(Boolean).join(' ')),
      ),
    );
    const own = rights.filter((right) => !BY_LAMBDA.includes(right.split(' ')[0] ?? ''));
    const beside = BESIDE[fn] ?? [];
    return [...new Set(own.filter((right) => !beside.some((other) => right.startsWith(other))))].toSorted();
  }

  it.each(FUNCTIONS)('are what the clients of %s call, and nothing more', (fn) => {
    expect(granted(fn)).toEqual(used(fn));
  });
});

function rightOf({ operation, input }: AwsCall): string {
  const service = SERVICES[operation];
  if (service !== undefined) return `${service}:${operation}`;
  const { TableName: table, IndexName: index, RequestItems: items } = input;
  const on = typeof items === 'object' && items !== null ? Object.keys(items)[0] : table;
  return `dynamodb:${operation} ${on}${index === undefined ? '' : `/index/${index}`}`;
}

/** Of a resource what tells it from others of its kind. */
function shortOf(action: string, resource: string): string {
  if (action.startsWith('dynamodb:')) return resource.replace(/^.*table\/orders-dev-/, '');
  return '';
}

/** What no path of an order meets: lists, and what operators do. */
async function everythingElse(platform: AwsPlatform): Promise<void> {
  const { deployment, functions } = platform;
  const ask = async (as: string, groups: readonly string[], path: string, body?: object) => {
    const headers = { authorization: `Bearer ${await platform.token(as, groups)}`, 'content-type': 'application/json' };
    const response = await platform.request(path, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    expect([path, response.status]).toEqual([path, 200]);
    return response.json();
  };
  const operator = ['operator'];
  await ask('alice', [], '/v1/orders');
  await ask('mario', ['restaurant:rest-7'], '/v1/orders');
  await ask('mario', ['restaurant:rest-7'], '/v1/orders?status=confirmed');
  await ask('olga', operator, '/v1/orders?status=refund_failed');
  await ask('alice', [], '/v1/restaurants');
  await ask('alice', [], '/v1/restaurants/search', { cuisine: 'italian' });
  await stuckOrder(platform);
  await ask('olga', operator, '/v1/operations/past-due-orders');
  const since = new Date(platform.now() - 10_800_000).toISOString();
  await ask('olga', operator, '/v1/operations/republications', { since });
  await platform.settle();
  await functions.sweep();
  await unrecordedCharge(platform);
  await functions.reconcile();
  await unrecordedCharge(platform);
  await ask('olga', operator, '/v1/operations/reconciliations', { since, limit: 100, repair: true });
  for (const consumer of ['notify', 'receipt', 'operators'] as const)
    deployment.queues.send(consumer, { poison: consumer });
  deployment.aws.executions.length = 0;
  await platform.settle();
  const [letter] = await platform.deadLetters();
  await functions.deadLetters({
    Records: [
      {
        messageId: 'dead',
        body: '{}',
        eventSourceARN: 'arn:aws:sqs:::orders-notify-dead-letters',
        attributes: { ApproximateReceiveCount: '4' },
      },
    ],
  } as never);
  await ask('olga', operator, '/v1/operations/dead-letters');
  await ask('olga', operator, '/v1/operations/dead-letters?queue=notify');
  await ask('olga', operator, `/v1/operations/dead-letters?orderId=${letter?.orderId}`);
  await ask('olga', operator, `/v1/operations/dead-letters/${letter?.id}`);
  await ask('olga', operator, `/v1/operations/dead-letters/${letter?.id}/redrive`, {});
}

/** Two hours ago a payment was charged, and its order does not know; and another one, that no order claims. */
async function unrecordedCharge({ deployment, now }: AwsPlatform): Promise<void> {
  const client = deployment.clients.dynamoDb;
  const orders = dynamoDbOrderStore({ client, table: 'orders', cursorKey: new Uint8Array() });
  const then = now() - 7_200_000;
  const ledger = dynamoDbPaymentLedger({ client, table: 'ledger' });
  const payments = simulatedPaymentGateway({ ledger, clock: { now: () => then } as never });
  const order = anOrder({ createdAt: then, updatedAt: then });
  for (const orderId of [order.id, anOrderId()]) {
    const request = { orderId, amount: order.total, paymentMethod: 'pm_card_visa', customerId: 'alice' };
    const { reference } = await payments.open(request);
    await payments.confirm(reference);
    if (orderId === order.id) await orders.create(next(order, { type: 'begin-charge', reference }, then).order, []);
  }
}

/** One that was past due, and was started again in vain. */
async function stuckOrder({ deployment, now }: AwsPlatform): Promise<void> {
  const client = deployment.clients.dynamoDb;
  const orders = dynamoDbOrderStore({ client, table: 'orders', cursorKey: new Uint8Array() });
  await orders.create(anOrder({ position: aPosition({ dueAt: now() - 3_600_000, handOff: false, sweeps: 1 }) }), []);
}
