import { parseArgs } from 'node:util';
import { SECRET_KEY, startStripe, WEBHOOK_SECRET } from './stripe-server.ts';

const HELP = `node tests/emulators/stripe/serve.ts [--port 12111] [--webhook-url URL]

A stand-in for the parts of Stripe's API that the platform uses. Keeps everything in memory until it is stopped.

  --port         12111; 0 takes a free one
  --webhook-url  where events go, for example http://127.0.0.1:3000/v1/webhooks/stripe
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '12111' },
      'webhook-url': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) throw new Error('--port must be a whole number from 0 to 65535');
  const url = values['webhook-url'];
  if (url !== undefined && !URL.canParse(url)) throw new Error('--webhook-url must be a URL');
  const stripe = await startStripe({ port, ...(url !== undefined && { webhooks: { url, secret: WEBHOOK_SECRET } }) });
  const lines = {
    PAYMENTS: 'stripe',
    STRIPE_API_BASE: stripe.url,
    STRIPE_SECRET_KEY: SECRET_KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  };
  for (const [name, value] of Object.entries(lines)) process.stdout.write(`${name}=${value}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void stripe.close().then(() => process.exit(0)));
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
