import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createRequire, getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { startEngine } from './engine.ts';
import type { Plan, PlannedResource } from './recorded.ts';
import { readStackFile, type StackFile } from './stack-file.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNNER = join(dirname(createRequire(import.meta.url).resolve('@pulumi/pulumi/package.json')), 'cmd/run/index.js');
const QUIET = fileURLToPath(new URL('quiet.cjs', import.meta.url));
/** That of this process; where it has none, the one that Node would take. */
const COMPILE_CACHE = getCompileCacheDir() ?? join(tmpdir(), 'node-compile-cache');
/** A program that hangs is ended. */
const MOST_MS = 60_000;

/** Something of the program or its configuration is not as it has to be; the message is the program's own. */
class PlanError extends Error {
  override readonly name = 'PlanError';
}

export interface PlanOptions {
  /** Takes the place of keys of the stack's file. */
  readonly config?: Readonly<Record<string, string | undefined>>;
  /** Where Pulumi.yaml is. */
  readonly root?: string;
}

/**
 * Runs the whole program through its real entry point, with the real file of the stack, against a stand-in for the engine: what would be
 * made, without an account, the CLI or a network.
 *
 * @throws {@link PlanError} with the program's own words where it fails, names something twice or changes its stack file.
 */
export async function makePlan(stack: string, { config = {}, root = ROOT }: PlanOptions = {}): Promise<Plan> {
  const stackFile = await readStackFile(root, stack);
  const given = Object.entries({ ...stackFile.config, ...config }).filter(([, value]) => value !== undefined);
  // As Node sees the program's own files, where there are links on the way.
  const task = {
    ...stackFile,
    stack,
    root: await realpath(root),
    config: Object.fromEntries(given) as Record<string, string>,
  };
  // The SDK keeps a stack for each of its thousands of promises: without them a plan takes two thirds of the time.
  // Only who has to look for a fault needs them.
  let made = await planOf(task, 0);
  if (made.errors.some((error) => error.includes('unhandled'))) made = await planOf(task, 20);
  if (made.errors.length > 0) throw new PlanError(made.errors.join('\n'));
  const unchanged = (await readStackFile(root, stack)).digest === stackFile.digest;
  if (!unchanged) throw new PlanError(`the program has changed ${stackFile.file}`);
  return made.plan;
}

interface Task extends StackFile {
  readonly stack: string;
  readonly root: string;
}

async function planOf(
  task: Task,
  frames: number,
): Promise<{ readonly plan: Plan; readonly errors: readonly string[] }> {
  const { stack, project } = task;
  const engine = await startEngine(stack, project);
  try {
    const { code, stderr } = await runProgram(task, engine.address, frames);
    return {
      plan: {
        project,
        stack,
        resources: engine.resources.map((resource) => withoutRoot(resource, task.root)),
        outputs: engine.outputs(),
        log: engine.log,
      },
      errors: errorsOf(engine.log, code, stderr),
    };
  } finally {
    engine.stop();
  }
}

/** With paths as seen from the root: a plan is the same wherever it is made. */
function withoutRoot(resource: PlannedResource, root: string): PlannedResource {
  const inputs = JSON.stringify(resource.inputs, (_, value: unknown) =>
    isArchive(value) ? { archive: relative(root, value.archive).replaceAll(sep, '/') } : value,
  );
  return { ...resource, inputs: JSON.parse(inputs) as PlannedResource['inputs'] };
}

function isArchive(value: unknown): value is { readonly archive: string } {
  return typeof value === 'object' && value !== null && 'archive' in value && isAbsolute(String(value.archive));
}

/** What was said of a run that failed; nothing of one that went well. */
function errorsOf(log: readonly string[], code: number, stderr: string): readonly string[] {
  const logged = log.filter((line) => line.startsWith('error')).map(stripVTControlCharacters);
  if (code === 0) return logged;
  const said = [...logged, stderr.trim()].filter(Boolean);
  return said.length > 0 ? said : [`the program ended with ${code}`];
}

async function runProgram(
  { stack, root, project, main, config }: Task,
  engine: string,
  frames: number,
): Promise<{ readonly code: number; readonly stderr: string }> {
  const options = ['--monitor', engine, '--engine', engine, '--organization', 'organization', '--project', project];
  const where = ['--stack', stack, '--root-directory', root, '--pwd', root, '--parallel', '16', '--dry-run', main];
  // More room for what is young: it lives as long as the program.
  const node = ['--require', QUIET, `--stack-trace-limit=${frames}`, '--max-semi-space-size=64'];
  const child = spawn(process.execPath, [...node, RUNNER, ...options, ...where], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: '[]',
      // A thousand files of the SDK are compiled once.
      NODE_COMPILE_CACHE: COMPILE_CACHE,
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
