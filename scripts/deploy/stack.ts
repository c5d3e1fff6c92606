import { UsageError } from '../command.ts';

/** A stack as it is called on the command line: `<cloud>-<environment>`. */
export interface StackName {
  readonly stack: string;
  readonly cloud: string;
  readonly environment: string;
  readonly configFile: string;
}

export function stackName(positionals: readonly string[]): StackName {
  const [stack, ...more] = positionals;
  if (stack === undefined || more.length > 0) throw new UsageError('name one stack, for example aws-dev');
  const [, cloud, environment] = /^(aws|azure|gcp)-(dev|staging|prod)$/.exec(stack) ?? [];
  if (cloud === undefined || environment === undefined) {
    throw new UsageError(
      `${stack} is not <cloud>-<environment>: one of aws, azure, gcp, and one of dev, staging, prod`,
    );
  }
  if (cloud !== 'aws') throw new UsageError(`there is no program for ${cloud} yet`);
  return { stack, cloud, environment, configFile: `Pulumi.${environment}.yaml` };
}
