import { parseArgs, styleText } from 'node:util';
import { formatMoney } from '../shared/domain/money.ts';
import { PATHS } from '../tests/e2e/paths.ts';
import { type PathResult, runPath } from '../tests/e2e/run-path.ts';
import { localPlatform } from '../tests/platforms/local-platform.ts';
import { type StripeAccount, standInAt } from '../tests/platforms/stripe-account.ts';
import { table } from './table.ts';

const HELP = `[PAYMENTS=stripe STRIPE_API_BASE=URL] npm run demo [-- --help]

Starts the local platform on a free port with temporary data, places an order for every way that an order can go (paid, declined,
gateway down, cancelled during the charge, refunded, ...), and compares what each became with what it should be: status, payment,
the gateway's own ledger, timeline, published events, notices and receipt. Exits 1 if anything differs.

With PAYMENTS=stripe the money goes through Stripe's API, its webhooks included, at a stand-in whose address is in STRIPE_API_BASE:
  node tests/emulators/stripe/serve.ts
`;

/** The same code with shorter waits: people take seconds here instead of minutes. */
const SETTINGS = { CONFIRMATION_TIMEOUT_MS: '4000', APPROVAL_TIMEOUT_MS: '4000', RETRY_BASE_MS: '300' };

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) return void process.stdout.write(HELP);
  const started = performance.now();
  const stripe = stripeAccount(process.env);
  const platform = await localPlatform({
    storage: 'sqlite',
    time: 'system',
    settings: SETTINGS,
    ...(stripe && { stripe }),
  });
  print(
    `The local platform is up (SQLite, temporary data${stripe ? `, Stripe at ${stripe.apiBase}` : ''}). Placing ${PATHS.length} orders ...\n`,
  );
  let done = 0;
  const results = await Promise.all(
    PATHS.map(async (path) => {
      const result = await runPath(platform, path, { run: 'demo' }).catch((error) => failure(path.name, error));
      done += 1;
      print(`  ${String(done).padStart(2)}/${PATHS.length}  ${mark(result)}  ${path.name}: ${result.status}`);
      return result;
    }),
  );
  await platform.stop();
  report(results, performance.now() - started);
}

/** The stand-in to use; undefined for the simulated gateway. */
function stripeAccount({ PAYMENTS, STRIPE_API_BASE }: NodeJS.ProcessEnv): StripeAccount | undefined {
  if (PAYMENTS === undefined || PAYMENTS === '' || PAYMENTS === 'simulated') return undefined;
  if (PAYMENTS !== 'stripe') throw new Error('PAYMENTS must be simulated or stripe');
  if (STRIPE_API_BASE !== undefined && STRIPE_API_BASE !== '') return standInAt(STRIPE_API_BASE);
  throw new Error(
    'STRIPE_API_BASE is missing: the demo takes no money at Stripe itself. Start a stand-in, and use the address that it prints:\n' +
      '  node tests/emulators/stripe/serve.ts',
  );
}

function failure(name: string, error: unknown): PathResult {
  const problems = [error instanceof Error ? error.message : String(error)];
  return { name, orderId: '-', status: '-', payment: '-', moved: [], noticeCount: 0, problems };
}

function report(results: readonly PathResult[], elapsedMs: number): void {
  const rows = results.map((result) => [
    result.name,
    result.status,
    result.payment,
    ledgerOf(result),
    String(result.noticeCount),
    result.problems.length === 0 ? 'as it should be' : 'WRONG',
  ]);
  print(`\n${table(['path', 'order', 'payment', "gateway's ledger", 'notices', ''], rows)}\n`);
  const wrong = results.filter(({ problems }) => problems.length > 0);
  for (const { name, problems } of wrong) print(`${name}:\n  ${problems.join('\n  ')}`);
  const seconds = (elapsedMs / 1000).toFixed(1);
  print(`${results.length - wrong.length} of ${results.length} paths ended as they should, in ${seconds} s.`);
  if (wrong.length > 0) process.exitCode = 1;
  else print('Next: npm start, then npm run token -- --sub alice, and the docs at http://127.0.0.1:3000/docs');
}

function ledgerOf({ moved }: PathResult): string {
  if (moved.length === 0) return 'nothing moved';
  return moved.map(({ kind, amount }) => `${kind} ${formatMoney(amount)}`).join(', ');
}

function mark({ problems }: PathResult): string {
  return problems.length === 0 ? styleText('green', 'ok') : styleText('red', 'WRONG');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
