import { parseArgs } from 'node:util';
import { runCommand } from './command.ts';
import { deploy } from './deploy/deploy.ts';
import { stackName } from './deploy/stack.ts';

const HELP = `npm run preview -- STACK [--refresh] [--expect-no-changes] [--create]

Shows what "npm run up" would change in a stack: holds its plan against the rules, makes the bundles, and runs "pulumi preview" with the
settings of the environment. Needs Pulumi's CLI with a backend, and credentials of the cloud; "npm run plan" needs neither.

  STACK                <cloud>-<environment>, for example aws-dev
  --refresh            looks first at what there really is, instead of what Pulumi remembers
  --expect-no-changes  exits 1 where anything would change: together with --refresh it finds what was changed by hand
  --create             makes the stack, with nothing in it, where there is none yet; otherwise that is an error.
                       PULUMI_SECRETS_PROVIDER is read as by "npm run up"
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      refresh: { type: 'boolean', default: false },
      'expect-no-changes': { type: 'boolean', default: false },
      create: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const options = [
    '--diff',
    ...(values.refresh ? ['--refresh'] : []),
    ...(values['expect-no-changes'] ? ['--expect-no-changes'] : []),
  ];
  await deploy('preview', stackName(positionals), { options, create: values.create });
}

await runCommand('preview', main);
