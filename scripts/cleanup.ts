import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { runCommand, UsageError } from './command.ts';
import { report } from './deploy/deploy.ts';
import { emptyBucket } from './deploy/empty-bucket.ts';
import { pulumi } from './deploy/pulumi.ts';
import { regionOf } from './deploy/region.ts';
import { type StackName, stackName } from './deploy/stack.ts';
import { keptOf, resourcesOf, type StackResource } from './deploy/stack-resources.ts';
import { table } from './table.ts';

const HELP = `npm run cleanup -- STACK [--yes] [--force-production]

Deletes a stack with everything that is in it: lists what that is, asks, empties the buckets of all their versions, and runs
"pulumi destroy". Orders, receipts and people who sign in are gone after that.

  STACK               <cloud>-<environment>, for example aws-dev
  --yes               does not ask; in prod it asks all the same
  --force-production  for a stack of prod, which is refused otherwise. What keeps data is protected there: as long as anything is,
                      nothing is deleted, and this says how to let go of it
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      yes: { type: 'boolean', default: false },
      'force-production': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const name = stackName(positionals);
  const { stack, configFile, environment } = name;
  const production = environment === 'prod';
  if (production && !values['force-production']) {
    throw new UsageError(`${stack} is production: nothing is deleted without --force-production`);
  }
  const resources = await resourcesOf(name);
  if (resources.length === 0) return void process.stdout.write(`${stack} has nothing in it\n`);
  list(resources);
  refuseKept(name, keptOf(resources));
  if (production || !values.yes) await ask(stack);
  await emptyBuckets(name, resources);
  await pulumi('destroy', '--stack', stack, '--config-file', configFile, '--yes');
  process.stdout.write(`${stack} is gone; "pulumi stack rm ${stack}" forgets its history as well\n`);
}

function list(resources: readonly StackResource[]): void {
  const counts = [...Map.groupBy(resources, ({ type }) => type)].map(([type, all]) => [String(all.length), type]);
  process.stdout.write(`${table(['count', 'type'], counts)}\n\n`);
}

/** Before anything is deleted: Pulumi would refuse the rest when the receipts are gone already. */
function refuseKept({ stack }: StackName, kept: readonly StackResource[]): void {
  if (kept.length === 0) return;
  const commands = kept.map(({ urn }) => `  pulumi state unprotect '${urn}' --stack ${stack}`);
  throw new Error(
    `${kept.length} resources are protected, and nothing was deleted. To let go of them:\n${commands.join('\n')}\n` +
      'and end the deletion protection of tables and of the user pool (docs/runbooks/deploy-aws.md)',
  );
}

/** Throws unless somebody types the stack's name. */
async function ask(stack: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Where nobody can answer, the question would wait for good.
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = terminal.question(`All of this is deleted for good. Type ${stack} to go on: `);
    if ((await Promise.race([answer, ended])) !== stack) {
      throw new Error(`nothing was deleted: the answer was not ${stack}`);
    }
  } finally {
    terminal.close();
  }
}

async function emptyBuckets(name: StackName, resources: readonly StackResource[]): Promise<void> {
  const buckets = resources.filter(({ type }) => type === 'aws:s3/bucket:Bucket');
  if (buckets.length === 0) return;
  const client = new S3Client({ region: await regionOf(name) });
  for (const { id } of buckets) {
    if (id === undefined) continue;
    const deleted = await emptyBucket(client, id, (count) => report(`${id}: ${count} versions deleted`));
    report(`${id} is empty: ${deleted} versions deleted`);
  }
}

await runCommand('cleanup', main);
