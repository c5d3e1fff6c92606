import { bundleCloud, bundlePolicyPack } from '../bundle.ts';
import { UsageError } from '../command.ts';
import { makePlan, ROOT } from '../plan/make-plan.ts';
import { pulumi, pulumiOutput } from './pulumi.ts';
import { refuseProblems } from './refuse-problems.ts';
import { regionOf } from './region.ts';
import type { StackName } from './stack.ts';

export interface DeployOptions {
  /** What of Pulumi's own options it is given. */
  readonly options: readonly string[];
  /** Makes the stack where there is none yet. */
  readonly create: boolean;
}

/** Makes what is deployed, holds the plan against the rules, and has Pulumi carry out `command` with the file of the environment. */
export async function deploy(
  command: 'preview' | 'up',
  name: StackName,
  { options, create }: DeployOptions,
): Promise<void> {
  const { stack, cloud, configFile } = name;
  await whoDeploys();
  if (!create) await select(stack);
  report(`${stack}, in ${await regionOf(name)}: the plan, its types and its rules`);
  await refuseProblems(await makePlan(stack), name.environment === 'prod');
  report(`${stack}: the bundles`);
  const dist = `${ROOT}dist`;
  await bundleCloud(cloud, dist);
  const pack = await bundlePolicyPack(dist);
  if (create) await pulumi('stack', 'select', stack, '--create', ...secretsProvider());
  await pulumi(command, '--stack', stack, '--config-file', configFile, '--policy-pack', pack, ...options);
}

/** Before anything that takes time: Pulumi may not be there at all, or know no place for the state. */
async function whoDeploys(): Promise<void> {
  await pulumiOutput('version');
  await pulumiOutput('whoami', '--non-interactive').catch((cause: unknown) => {
    throw new UsageError('Pulumi has no place for the state: pulumi login, or set PULUMI_BACKEND_URL', { cause });
  });
}

/** A new stack's secrets are encrypted by this: Pulumi's own option, which its other commands read from the state. */
function secretsProvider(): readonly string[] {
  const provider = process.env['PULUMI_SECRETS_PROVIDER'];
  return provider ? ['--secrets-provider', provider] : [];
}

async function select(stack: string): Promise<void> {
  await pulumi('stack', 'select', stack).catch((cause: unknown) => {
    throw new Error(`there is no stack ${stack} to compare with: npm run up makes it, or add --create`, { cause });
  });
}

/** Progress, apart from the results. */
export function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
