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
}

interface Exported {
  readonly deployment: { readonly resources?: readonly StackResource[] };
}

/** Everything of the cloud's that is in a stack: without components, providers and the stack itself. */
export async function resourcesOf({ stack }: StackName): Promise<readonly StackResource[]> {
  const { deployment } = JSON.parse(await pulumiOutput('stack', 'export', '--stack', stack)) as Exported;
  return (deployment.resources ?? []).filter(({ custom, type }) => custom && !type.startsWith('pulumi:'));
}

/** What Pulumi would refuse to delete, or would leave behind. */
export function keptOf(resources: readonly StackResource[]): readonly StackResource[] {
  return resources.filter(({ protect, retainOnDelete }) => protect || retainOnDelete);
}
