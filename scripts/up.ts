import { parseArgs } from 'node:util';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { runCommand } from './command.ts';
import { fillSecrets } from './deploy/aws-secrets.ts';
import { deploy } from './deploy/deploy.ts';
import { outputsOf, outputText } from './deploy/pulumi.ts';
import { regionOf } from './deploy/region.ts';
import { stackName } from './deploy/stack.ts';

const HELP = `npm run up -- STACK [--yes]

Deploys a stack: holds its plan against the rules, makes the bundles, runs "pulumi up" with the settings of the environment
(Pulumi.<environment>.yaml), and gives the pepper a random value where it has none. Needs Pulumi's CLI with a backend, and credentials
of the cloud. See docs/runbooks/deploy-aws.md.

  STACK  <cloud>-<environment>, for example aws-dev
  --yes  does not ask
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { yes: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  const name = stackName(positionals);
  await deploy('up', name, values.yes ? ['--yes'] : []);
  const outputs = await outputsOf(name);
  const empty = await fillSecrets(
    new SecretsManagerClient({ region: await regionOf(name) }),
    outputs['secrets'] as Readonly<Record<string, string>>,
  );
  process.stdout.write(`${name.stack} is up: ${outputText(outputs, 'apiUrl')}\n`);
  for (const secret of empty) {
    process.stdout.write(
      `give ${secret} a value: aws secretsmanager put-secret-value --secret-id ${secret} --secret-string ...\n`,
    );
  }
}

await runCommand('up', main);
