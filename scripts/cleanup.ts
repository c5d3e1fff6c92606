import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { runCommand, UsageError } from './command.ts';
import { report } from './deploy/deploy.ts';
import { emptyBucket } from './deploy/empty-bucket.ts';
import { pulumi, pulumiOutput } from './deploy/pulumi.ts';
import { regionOf } from './deploy/region.ts';
import { stackName } from './deploy/stack.ts';
import { table } from './table.ts';

const HELP = `npm run cleanup -- STACK [--yes] [--force-production]

Deletes a stack with everything that is in it: lists what that is, asks, empties the buckets of all their versions, and runs
"pulumi destroy". Orders, receipts and people who sign in are gone after that.

  STACK               <cloud>-<environment>, for example aws-dev
  --yes               does not ask
  --force-production  for a stack of prod, which is refused otherwise. What keeps data is protected there all the same: Pulumi
                      says how each is let go of
`;

interface Exported {
  readonly deployment: {
    readonly resources?: readonly { readonly type: string; readonly id?: string; readonly custom?: boolean }[];
  };
}

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
  if (environment === 'prod' && !values['force-production']) {
    throw new UsageError(`${stack} is production: nothing is deleted without --force-production`);
  }
  const { deployment } = JSON.parse(await pulumiOutput('stack', 'export', '--stack', stack)) as Exported;
  const resources = (deployment.resources ?? []).filter(({ custom, type }) => custom && !type.startsWith('pulumi:'));
  if (resources.length === 0) return void process.stdout.write(`${stack} has nothing in it\n`);
  const counts = [...Map.groupBy(resources, ({ type }) => type)].map(([type, all]) => [String(all.length), type]);
  process.stdout.write(`${table(['count', 'type'], counts)}\n\n`);
  if (!values.yes && !(await agrees(stack))) return void process.stdout.write('nothing was deleted\n');
  const client = new S3Client({ region: await regionOf(name) });
  for (const { id, type } of resources) {
    if (type !== 'aws:s3/bucket:Bucket' || id === undefined) continue;
    const deleted = await emptyBucket(client, id, (count) => report(`${id}: ${count} versions deleted`));
    report(`${id} is empty: ${deleted} versions deleted`);
  }
  await pulumi('destroy', '--stack', stack, '--config-file', configFile, '--yes');
  process.stdout.write(`${stack} is gone\n`);
}

async function agrees(stack: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`All of this is deleted for good. Type ${stack} to go on: `)) === stack;
  } finally {
    terminal.close();
  }
}

await runCommand('cleanup', main);
