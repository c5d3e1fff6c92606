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

Reads PULUMI_SECRETS_PROVIDER when the stack is new, for example awskms://alias/pulumi?region=eu-central-1: what Pulumi encrypts secrets
of its state by, instead of a passphrase (PULUMI_CONFIG_PASSPHRASE) or Pulumi Cloud.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { yes: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  const name = stackName(positionals);
  await deploy('up', name, { options: values.yes ? ['--yes'] : [], create: true });
  const outputs = await outputsOf(name);
  process.stdout.write(`${name.stack} is up: ${outputText(outputs, 'apiUrl')}\n`);
  const region = await regionOf(name);
  const client = new SecretsManagerClient({ region });
  const empty = await fillSecrets(client, secretsOf(outputs)).catch((cause: unknown) => {
    throw new Error(
      `${name.stack} is up, but its secrets could not be looked at (${cause instanceof Error ? cause.message : cause}): ` +
        `npm run up -- ${name.stack} again gives the pepper its value`,
      { cause },
    );
  });
  for (const secret of empty) {
    process.stdout.write(
      `give ${secret} a value: aws secretsmanager put-secret-value --region ${region} --secret-id ${secret} --secret-string file://FILE\n`,
    );
  }
}

function secretsOf(outputs: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const secrets = outputs['secrets'];
  if (typeof secrets === 'object' && secrets !== null) return secrets as Readonly<Record<string, string>>;
  throw new Error('the stack has no output secrets: is it deployed?');
}

await runCommand('up', main);
