import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runScript } from '../e2e/local-process.ts';

export interface PulumiStandInOptions {
  /** What `pulumi stack export` finds in the stack. */
  readonly resources?: readonly object[];
  /** What `pulumi stack output` answers. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** A command that fails, by its beginning. */
  readonly fails?: string;
  /** A command that goes on until it is interrupted, and takes a moment more to end in order. */
  readonly lasts?: string;
}

/** A command in the place of Pulumi's: notes how it is called, and answers what it is told to. */
export async function pulumiStandIn(options: PulumiStandInOptions = {}) {
  const { resources = [], outputs = {}, fails = 'nothing', lasts = 'nothing' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-pulumi-'));
  await writeFile(join(folder, 'state.json'), JSON.stringify({ deployment: { resources } }));
  await writeFile(join(folder, 'outputs.json'), JSON.stringify(outputs));
  const script = `#!/bin/sh
trap 'sleep 0.5; exit 130' INT
echo "$@" >> "${folder}/calls"
env > "${folder}/environment"
case "$*" in
  "${lasts}"*) while :; do sleep 0.1; done ;;
  "${fails}"*) echo "error: the stand-in was told to fail" >&2; exit 255 ;;
  "stack export"*) cat "${folder}/state.json" ;;
  "stack output"*) cat "${folder}/outputs.json" ;;
esac
`;
  await writeFile(join(folder, 'pulumi'), script);
  await chmod(join(folder, 'pulumi'), 0o755);
  const path = () => ({ PATH: `${folder}${delimiter}${process.env['PATH']}` });
  return {
    folder,
    /** By which a command finds this Pulumi. */
    path,
    /** What the last one was given. */
    environment: async () => (await readFile(join(folder, 'environment'), 'utf8')).split('\n'),
    calls: async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    /** Runs one of the commands for a stack, which finds this Pulumi. */
    run: (command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = '') =>
      runScript(`scripts/${command}.ts`, args, { ...path(), ...environment }, process.cwd(), input),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export type PulumiStandIn = Awaited<ReturnType<typeof pulumiStandIn>>;

/** What the clients of AWS are told, so that they ask a stand-in. */
export function awsEnvironment(url: string, dynamoDbUrl = url): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}
