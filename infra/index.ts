import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import { readConfig } from './config.ts';
import type { OrderStackArgs, OrderStackOutputs } from './order-stack.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The whole program: the stack's name says which cloud, and only that one's module is loaded. */
export default async function program(): Promise<OrderStackOutputs> {
  const config = readConfig(pulumi.getStack(), valuesOf(pulumi.getProject()));
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

/** All keys of the project: also those that nobody asks for, so that a slip is found. */
function valuesOf(project: string): Readonly<Record<string, string>> {
  const prefix = `${project}:`;
  const all = pulumi.runtime.allConfig();
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );
}
