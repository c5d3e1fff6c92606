import { parseArgs } from 'node:util';
import { runCommand } from './command.ts';
import { deploy } from './deploy/deploy.ts';
import { stackName } from './deploy/stack.ts';

const HELP = `npm run preview -- STACK

Shows what "npm run up" would change in a stack: holds its plan against the rules, makes the bundles, and runs "pulumi preview" with the
settings of the environment. Needs Pulumi's CLI with a backend, and credentials of the cloud; "npm run plan" needs neither.

  STACK  <cloud>-<environment>, for example aws-dev
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  await deploy('preview', stackName(positionals), ['--diff']);
}

await runCommand('preview', main);
