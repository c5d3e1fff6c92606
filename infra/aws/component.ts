import * as pulumi from '@pulumi/pulumi';
import type { StackConfig } from '../config.ts';

/** What every component here is given. */
export interface ComponentArgs {
  readonly config: StackConfig;
  /** Begins the names of everything: `orders-<environment>`. */
  readonly prefix: string;
}

/** Of whatever keeps data: in prod Pulumi refuses to delete or replace it, until somebody says `pulumi state unprotect`. */
export function keeps({ production }: StackConfig, parent: pulumi.Resource): pulumi.CustomResourceOptions {
  return { parent, ...(production && { protect: true }) };
}

/** A component of the AWS stack: `orders:aws:<Name>`. */
export abstract class Component extends pulumi.ComponentResource {
  constructor(name: string, resourceName: string, options: pulumi.ComponentResourceOptions) {
    super(`orders:aws:${name}`, resourceName, {}, options);
  }
}

/** One statement of a policy. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
  readonly conditions?: object;
  readonly effect?: 'Allow' | 'Deny';
}

export function policyDocument(statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: statements.map(({ effect = 'Allow', actions, resources, conditions }) => ({
      Effect: effect,
      Action: actions,
      Resource: resources,
      ...(conditions && { Condition: conditions }),
    })),
  });
}

/** Who may take a role: a service of AWS, and nobody else. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
  });
}
