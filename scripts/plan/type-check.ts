import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './make-plan.ts';
import { type Plan, type PlannedResource, UNKNOWN } from './recorded.ts';

const COMPILER = join(ROOT, 'node_modules/typescript7/bin/tsc');
const OPTIONS = [
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  '--module',
  'nodenext',
  '--target',
  'es2024',
  '--ignoreConfig',
];
const run = promisify(execFile);

/**
 * Holds what was registered against the types of the provider's SDK, which are made from the provider's own schema. A program that
 * type-checks may still register something else: by a cast, or by what it computes. Answers what is wrong, by resource.
 */
export async function typeProblems({ resources }: Plan): Promise<readonly string[]> {
  const custom = resources.filter(({ custom: real, type }) => real && !type.startsWith('pulumi:'));
  // Inside the project, so that its packages are found.
  const folder = await mkdtemp(join(ROOT, 'node_modules/.plan-'));
  const file = join(folder, 'plan.ts');
  try {
    const lines = sourceOf(custom);
    await writeFile(file, lines.join('\n'));
    const { stdout } = await run(process.execPath, [COMPILER, ...OPTIONS, file], {
      cwd: ROOT,
      maxBuffer: 10_000_000,
    }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? String(error) }));
    return problemsOf(stdout, lines);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A line for each resource: its inputs, that have to be the arguments of its class. */
function sourceOf(resources: readonly PlannedResource[]): readonly string[] {
  const modules = new Map<string, string>();
  const checks = resources.map(({ type, urn, inputs }) => {
    const [cloud = '', module = '', name = ''] = type.split(':');
    const path = `@pulumi/${cloud}/${module}.js`;
    if (!modules.has(path)) modules.set(path, `module${modules.size}`);
    return `({ ${fields(inputs)} }) satisfies Plain<${modules.get(path)}.${name}Args>; // ${urn}`;
  });
  return [
    "import type { Unwrap } from '@pulumi/pulumi';",
    ...[...modules].map(([path, name]) => `import type * as ${name} from '${path}';`),
    // Fits everywhere: what a value is that only the cloud knows cannot be checked here.
    'declare const later: any;',
    'type Plain<T> = Unwrap<NonNullable<T>>;',
    ...checks,
  ];
}

function literal(value: unknown): string {
  if (value === UNKNOWN) return 'later';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return 'archive' in value ? 'later' : `{ ${fields(value)} }`;
}

function fields(value: object): string {
  return Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`)
    .join(', ');
}

function problemsOf(stdout: string, lines: readonly string[]): readonly string[] {
  return stdout.split('\n').flatMap((line) => {
    const [, number, message] = /\((\d+),\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    if (number === undefined || message === undefined) return [];
    const [, urn] = / \/\/ (urn:.*)$/.exec(lines[Number(number) - 1] ?? '') ?? [];
    return [`${urn ?? `line ${number}`}: ${message}`];
  });
}
