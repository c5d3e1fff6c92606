import { parseArgs } from 'node:util';
import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { readLocalSettings, SettingsError } from '../../shared/config/settings.ts';
import { isPortError } from '../../shared/ports/port-error.ts';
import { jsonLogger } from './logger.ts';
import { startLocal } from './server.ts';

const HELP = `npm start

Runs the local platform: the API, the workflow, a simulated payment gateway and the consumers, in one process.
It needs nothing else, listens on 127.0.0.1 alone, and keeps its data across restarts. A stop takes ten seconds at most;
what was not ended by then goes on with the next start.

Settings (environment):
  PORT                     3000; 0 takes a free port
  DATA_FILE                data/orders.sqlite; the gateway's ledger is gateway.sqlite beside it; :memory: keeps nothing
  LOG_LEVEL                info; debug, warn, error, silent
  APPROVAL_THRESHOLD       100000, in minor units
  HIGH_VALUE_THRESHOLD     10000, in minor units
  CONFIRMATION_TIMEOUT_MS  300000, at most a day
  APPROVAL_TIMEOUT_MS      86400000, at most 30 days
  RETRY_BASE_MS            2000, at most 5000
  SWEEP_INTERVAL_MS        60000
  NOTICE_MAX_AGE_MS        86400000, 60000 to 30 days: customers and restaurants hear of nothing older
  CORS_ORIGINS             none; for example https://shop.example,http://localhost:5173
  SMTP_URL, SMTP_FROM      none; for example smtp://localhost:1025: mail goes there, too
  PAYMENTS                 simulated; stripe takes the secrets STRIPE_SECRET_KEY (a test key) and STRIPE_WEBHOOK_SECRET, and
                           has Stripe post its events to /v1/webhooks/stripe (for example with its CLI: stripe listen)
  STRIPE_API_BASE          none; for example http://127.0.0.1:12111: a stand-in in Stripe's place
  RECONCILE_INTERVAL_MS    86400000: how often orders are compared with the payment provider's books

Then: npm run token -- --sub alice, and the API's docs at http://127.0.0.1:3000/docs
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const settings = readLocalSettings(process.env);
  const logger = jsonLogger({ level: settings.logLevel });
  const server = await startLocal({ settings, logger, secrets: environmentSecrets(process.env) });
  const { url } = server;
  const ready = { url, docs: `${url}/docs`, dataFile: settings.dataFile, pid: process.pid };
  logger.info(ready, 'local platform is ready');
  stopOnSignal(async (signal) => {
    logger.info({ signal }, 'stopping');
    await server.stop();
    logger.info({}, 'stopped');
  });
}

/** The first signal stops in good order; a second one does not wait for that. */
function stopOnSignal(stop: (signal: string) => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop(signal).then(() => process.exit(0), fail);
    });
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

/** Node's own words for an option that there is not. */
function isUsage(error: unknown): error is Error {
  return error instanceof TypeError && String(Reflect.get(error, 'code')).startsWith('ERR_PARSE_ARGS');
}

function explain(error: unknown): string {
  if (error instanceof SettingsError || isUsage(error)) return error.message;
  if (isPortError(error)) return `cannot start: ${error.message}`;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'cannot start: the port is taken; set PORT to another one, or to 0 for a free one';
  }
  return error instanceof Error && error.stack ? error.stack : String(error);
}

main().catch(fail);
