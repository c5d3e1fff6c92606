import { pulumiOutput } from './pulumi.ts';
import type { StackName } from './stack.ts';

/** What is in a stack, as Pulumi's state has it. */
export interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom?: boolean;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface Exported {
  readonly deployment: { readonly resources?: readonly StackResource[] };
}

/** Everything that is in a stack: also components, providers and the stack itself. */
export async function resourcesOf({ stack }: StackName): Promise<readonly StackResource[]> {
  const { deployment } = JSON.parse(await pulumiOutput('stack', 'export', '--stack', stack)) as Exported;
  return deployment.resources ?? [];
}

/** Whether there is something of it in the cloud. */
export function isInCloud({ custom, type }: StackResource): boolean {
  return custom === true && !type.startsWith('pulumi:');
}
