import { findingsOf } from '../../infra/policy/rules.ts';
import { bundleCloud, bundlePolicyPack } from '../bundle.ts';
import { makePlan, ROOT } from '../plan/make-plan.ts';
import { pulumi, pulumiOutput } from './pulumi.ts';
import type { StackName } from './stack.ts';

/** Makes what is deployed, holds the plan against the rules, and has Pulumi carry out `command` with the file of the environment. */
export async function deploy(command: 'preview' | 'up', name: StackName, options: readonly string[]): Promise<void> {
  const { stack, cloud, configFile, environment } = name;
  // Before anything that takes time: it may not be there at all.
  await pulumiOutput('version');
  report(`${stack}: the plan and its rules`);
  const broken = findingsOf((await makePlan(stack)).resources, environment === 'prod').filter(
    ({ rule }) => rule.level === 'mandatory',
  );
  if (broken.length > 0) {
    const lines = broken.map(({ rule, resource, message }) => `${rule.name}: ${resource.name} ${message}`);
    throw new Error(`the plan breaks its rules:\n${lines.join('\n')}`);
  }
  report(`${stack}: the bundles`);
  const dist = `${ROOT}dist`;
  await bundleCloud(cloud, dist);
  const pack = await bundlePolicyPack(dist);
  await pulumi('stack', 'select', '--create', stack);
  await pulumi(command, '--stack', stack, '--config-file', configFile, '--policy-pack', pack, ...options);
}

/** Progress, apart from the results. */
export function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
