import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import { exampleAddressesOf, readConfig } from './config.ts';
import type { OrderStackArgs, OrderStackOutputs } from './order-stack.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The whole program: the stack's name says which cloud, and only that one's module is loaded. */
export default async function program(): Promise<OrderStackOutputs> {
  const config = readConfig(pulumi.getStack(), valuesOf(pulumi.getProject()));
  refuseExampleAddresses(exampleAddressesOf(config), `Pulumi.${config.environment}.yaml`);
  const args: OrderStackArgs = { config, bundles: join(ROOT, 'dist') };
  switch (config.cloud) {
    case 'aws': {
      const { AwsOrderStack } = await import('./aws/order-stack.ts');
      return new AwsOrderStack('orders', args).outputs;
    }
    case 'azure':
    case 'gcp':
      throw new pulumi.RunError(`there is no program for ${config.cloud} yet`);
  }
}

/** A plan or a preview may be had with them; nothing is made. */
function refuseExampleAddresses(addresses: readonly string[], file: string): void {
  if (addresses.length === 0) return;
  const message = `${addresses.join(' and ')}: alarms and mail would reach nobody. Set it in ${file}`;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(message);
  void pulumi.log.warn(`${message}: nothing is deployed before`);
}

/** All keys: also those that nobody asks for, so that a slip is found. Pulumi's own are its own. */
function valuesOf(project: string): Readonly<Record<string, string>> {
  const prefix = `${project}:`;
  const all = pulumi.runtime.allConfig();
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => !key.startsWith('pulumi:'))
      .map(([key, value]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, value]),
  );
}
