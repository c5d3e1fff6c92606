import type { StackName } from './stack.ts';
import type { StackResource } from './stack-resources.ts';

/**
 * Throws while anything would outlive a deletion, with what lets go of it. Before anything is deleted: Pulumi or the cloud would refuse
 * the rest when the receipts are gone already.
 */
export function refuseKept({ stack, configFile }: StackName, region: string, all: readonly StackResource[]): void {
  const unprotect = all
    .filter(({ protect }) => protect)
    .map(({ urn }) => `pulumi state unprotect '${urn}' --stack ${stack}`);
  const forget = all
    .filter(({ retainOnDelete }) => retainOnDelete)
    .map(({ urn }) => `take retainOnDelete of '${urn}' out of the program, and npm run up -- ${stack}`);
  const allow = all.flatMap((resource) => allowDeletion(resource, region) ?? []);
  const steps = [...unprotect, ...forget, ...allow];
  if (steps.length === 0) return;
  // Pulumi's state says what was, until it looks again.
  if (allow.length > 0) steps.push(`pulumi refresh --stack ${stack} --config-file ${configFile}`);
  throw new Error(
    `${stack} is protected, and nothing was deleted. To let go of it, in this order:\n  ${steps.join('\n  ')}`,
  );
}

/** The command by which AWS lets something be deleted; undefined where it does already. */
function allowDeletion({ type, id, outputs = {} }: StackResource, region: string): string | undefined {
  if (type === 'aws:dynamodb/table:Table' && outputs['deletionProtectionEnabled'] === true) {
    return `aws dynamodb update-table --region ${region} --table-name ${id} --no-deletion-protection-enabled`;
  }
  if (type === 'aws:cognito/userPool:UserPool' && outputs['deletionProtection'] === 'ACTIVE') {
    return `aws cognito-idp update-user-pool --region ${region} --user-pool-id ${id} --deletion-protection INACTIVE`;
  }
  return undefined;
}
