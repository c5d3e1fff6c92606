import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { runCommand, UsageError } from './command.ts';
import { confirm } from './deploy/confirm.ts';
import { report } from './deploy/deploy.ts';
import { emptyBucket } from './deploy/empty-bucket.ts';
import { pulumi } from './deploy/pulumi.ts';
import { refuseKept } from './deploy/refuse-kept.ts';
import { regionOf } from './deploy/region.ts';
import { type StackName, stackName } from './deploy/stack.ts';
import { isInCloud, resourcesOf, type StackResource } from './deploy/stack-resources.ts';
import { table } from './table.ts';

const HELP = `npm run cleanup -- STACK [--yes] [--force-production]

Deletes a stack with everything that is in it: lists what that is, asks, empties the buckets of all their versions, and runs
"pulumi destroy". Orders, receipts and people who sign in are gone after that. May be run again after any failure.

  STACK               <cloud>-<environment>, for example aws-dev
  --yes               does not ask; in prod it asks all the same. Where there is no terminal to ask on it has to be there
  --force-production  for a stack of prod, which is refused otherwise

As long as anything is protected, as everything that keeps data is in prod, nothing is deleted, and this says how to let go of it.
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
  const { stack, environment } = name;
  const production = environment === 'prod';
  if (production && !values['force-production']) {
    throw new UsageError(`${stack} is production: nothing is deleted without --force-production`);
  }
  const all = await resourcesOf(name);
  const resources = all.filter(isInCloud);
  if (resources.length === 0) return void process.stdout.write(`${stack} has nothing in it\n`);
  list(resources);
  refuseKept(name, await regionOf(name), all);
  if (production) await confirm(stack, `${stack} is production, and somebody has to type its name`);
  else if (!values.yes) await confirm(stack, '--yes deletes without asking');
  await emptyBuckets(name, resources);
  await destroy(name);
  process.stdout.write(`${stack} is gone; "pulumi stack rm ${stack}" forgets its history as well\n`);
}

function list(resources: readonly StackResource[]): void {
  const counts = [...Map.groupBy(resources, ({ type }) => type)].map(([type, all]) => [String(all.length), type]);
  process.stdout.write(`${table(['count', 'type'], counts)}\n\n`);
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

async function destroy({ stack, configFile }: StackName): Promise<void> {
  await pulumi('destroy', '--stack', stack, '--config-file', configFile, '--yes').catch((cause: unknown) => {
    // A function may have written a receipt since its bucket was emptied.
    throw new Error(
      `${cause instanceof Error ? cause.message : cause}; some of ${stack} is gone already, run this again for the rest`,
      { cause },
    );
  });
}

await runCommand('cleanup', main);
