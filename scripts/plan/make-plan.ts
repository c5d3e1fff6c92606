import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire, getCompileCacheDir } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngine } from './engine.ts';
import type { Plan } from './recorded.ts';
import { readStackFile } from './stack-file.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNNER = join(dirname(createRequire(import.meta.url).resolve('@pulumi/pulumi/package.json')), 'cmd/run/index.js');
/** A program that hangs is ended. */
const MOST_MS = 60_000;

/** Something of the program or its configuration is not as it has to be; the message is the program's own. */
class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * Runs the whole program through its real entry point, with the real file of the stack, against a stand-in for the engine: what would be
 * made, without an account, the CLI or a network.
 *
 * @param config Takes the place of keys of the stack's file.
 */
export async function makePlan(
  stack: string,
  config: Readonly<Record<string, string | undefined>> = {},
): Promise<Plan> {
  const stackFile = await readStackFile(ROOT, stack);
  const { project } = stackFile;
  const engine = await startEngine(stack, project);
  try {
    const given = Object.entries({ ...stackFile.config, ...config }).filter(([, value]) => value !== undefined);
    const said = await run(
      engine.address,
      stack,
      stackFile.main,
      project,
      Object.fromEntries(given) as Record<string, string>,
    );
    const errors = engine.log.filter((line) => line.startsWith('error'));
    if (said.code !== 0 || errors.length > 0) throw new PlanError([...errors, said.stderr].join('\n').trim());
    const unchanged = (await readStackFile(ROOT, stack)).digest === stackFile.digest;
    if (!unchanged) throw new PlanError(`the program has changed ${stackFile.file}`);
    return { project, stack, resources: engine.resources, outputs: engine.outputs(), log: engine.log };
  } finally {
    engine.stop();
  }
}

async function run(
  engine: string,
  stack: string,
  main: string,
  project: string,
  config: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stderr: string }> {
  const options = ['--monitor', engine, '--engine', engine, '--organization', 'organization', '--project', project];
  const where = ['--stack', stack, '--root-directory', ROOT, '--pwd', ROOT, '--parallel', '16', main];
  const cache = getCompileCacheDir();
  // The SDK keeps a stack for each of its thousands of promises: without them a plan takes half the time.
  const child = spawn(process.execPath, ['--stack-trace-limit=1', RUNNER, ...options, ...where], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'] ?? '',
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: '[]',
      // Where this process has its own: a thousand files of the SDK are compiled once.
      ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: MOST_MS,
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code: code ?? 1, stderr };
}
