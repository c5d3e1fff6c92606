import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type OrderPath, PATHS } from '../tests/e2e/paths.ts';
import { type ApiAlone, apiProblems, travellerOn } from '../tests/e2e/traveller.ts';
import { runCommand, UsageError } from './command.ts';
import { checkAccess } from './deploy/check-access.ts';
import { report } from './deploy/deploy.ts';
import { deployedApi } from './deploy/deployed-api.ts';
import { outputsOf, outputText } from './deploy/pulumi.ts';
import { stackName } from './deploy/stack.ts';
import { table } from './table.ts';

const HELP = `npm run smoke -- STACK [--wait SECONDS]

Places an order on a deployed stack for every way that an order can go, and compares what clients see of it in the end with what it
should be: status, payment, timeline, receipt. Exits 1 if anything differs. Paths that wait for people's time to run out are not run.
The stack has to take simulated payments, and to have the restaurants of "npm run seed". Refuses prod, where orders are somebody's.

  STACK           <cloud>-<environment>, for example aws-dev
  --wait SECONDS  how long to wait for anything to happen; 600 when left out

Reads access tokens of people who have signed in:
  ORDERS_CUSTOMER_TOKEN    anybody
  ORDERS_RESTAURANT_TOKEN  somebody of the group restaurant:rest-7
  ORDERS_TOKEN             somebody of the group operator
`;

const TOKENS = {
  customer: 'ORDERS_CUSTOMER_TOKEN',
  restaurant: 'ORDERS_RESTAURANT_TOKEN',
  operator: 'ORDERS_TOKEN',
} as const;

interface Result {
  readonly name: string;
  readonly order: string;
  readonly status: string;
  readonly problems: readonly string[];
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { wait: { type: 'string', default: '600' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  const name = stackName(positionals);
  if (name.environment === 'prod') {
    throw new UsageError(`${name.stack} is production: its restaurants would cook what is ordered here`);
  }
  if (!/^[1-9]\d{0,4}$/.test(values.wait)) {
    throw new UsageError(`--wait ${values.wait} is not a number of seconds from 1 to 99999`);
  }
  const tokens = tokensFrom(process.env);
  const url = outputText(await outputsOf(name), 'apiUrl').replace(/\/$/, '');
  const api = deployedApi({ url, tokens, patienceMs: Number(values.wait) * 1_000 });
  await checkAccess(api.request, {
    anybody: [
      { key: TOKENS.customer, token: tokens.customer },
      { key: TOKENS.restaurant, token: tokens.restaurant },
    ],
    operator: { key: TOKENS.operator, token: tokens.operator },
    restaurantId: 'rest-7',
  });
  for (const { name: path } of PATHS.filter(waitsForDeadline)) {
    process.stdout.write(`not run: ${path}: it waits for people's time to run out\n`);
  }
  tell(
    await goAll(
      api,
      PATHS.filter((path) => !waitsForDeadline(path)),
    ),
  );
}

function waitsForDeadline({ steps }: OrderPath): boolean {
  return steps.some(({ type }) => type === 'expire');
}

function tokensFrom(environment: NodeJS.ProcessEnv): Record<keyof typeof TOKENS, string> {
  const missing = Object.values(TOKENS).filter((key) => !environment[key]);
  if (missing.length > 0) throw new UsageError(`set ${missing.join(', ')} to an access token`);
  const read = (key: string): string => {
    const token = environment[key] ?? '';
    // Never in the message: it would be in a log.
    if (!/^[\w.~+/=-]+$/.test(token)) throw new UsageError(`${key} is not an access token: it has other characters`);
    return token;
  };
  return { customer: read(TOKENS.customer), restaurant: read(TOKENS.restaurant), operator: read(TOKENS.operator) };
}

async function goAll(api: ApiAlone, paths: readonly OrderPath[]): Promise<readonly Result[]> {
  const run = randomUUID();
  let done = 0;
  return Promise.all(
    paths.map(async (path) => {
      const result = await goOne(api, path, run);
      done += 1;
      report(
        `${done}/${paths.length}  ${result.problems.length === 0 ? 'ok' : 'WRONG'}  ${path.name}: ${result.status}`,
      );
      return result;
    }),
  );
}

async function goOne(api: ApiAlone, path: OrderPath, run: string): Promise<Result> {
  const { name } = path;
  try {
    const traveller = travellerOn(api, path, { run });
    const order = await traveller.go();
    await api.settle(traveller.receiptArrived);
    return { name, order: order.id, status: order.status, problems: await apiProblems(traveller, order) };
  } catch (error) {
    return { name, order: '-', status: '-', problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function tell(results: readonly Result[]): void {
  const rows = results.map(({ name, order, status, problems }) => [
    name,
    order,
    status,
    problems.length === 0 ? 'as it should be' : 'WRONG',
  ]);
  process.stdout.write(`\n${table(['path', 'order', 'status', ''], rows)}\n\n`);
  const wrong = results.filter(({ problems }) => problems.length > 0);
  for (const { name, problems } of wrong) process.stdout.write(`${name}:\n  ${problems.join('\n  ')}\n`);
  process.stdout.write(`${results.length - wrong.length} of ${results.length} paths ended as they should.\n`);
  if (wrong.length > 0) process.exitCode = 1;
}

await runCommand('smoke', main);
