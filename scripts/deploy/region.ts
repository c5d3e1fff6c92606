import { ROOT } from '../plan/make-plan.ts';
import { readStackFile } from '../plan/stack-file.ts';
import type { StackName } from './stack.ts';

/** Where the stack is, by the file of its environment. */
export async function regionOf({ stack }: StackName): Promise<string> {
  const { project, config, file } = await readStackFile(ROOT, stack);
  const region = config[`${project}:awsRegion`];
  if (region === undefined) throw new Error(`${file} has no ${project}:awsRegion`);
  return region;
}
