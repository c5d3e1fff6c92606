import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { UsageError } from '../command.ts';

export interface StackFile {
  readonly project: string;
  /** The program, relative to the root. */
  readonly main: string;
  readonly file: string;
  /** As the engine hands it to the program. */
  readonly config: Readonly<Record<string, string>>;
  /** Of the file's bytes: to tell that nothing has changed it. */
  readonly digest: string;
}

interface ProjectFile {
  readonly name: string;
  readonly main: string;
}

/** Reads the project's file, and that of the stack's environment. */
export async function readStackFile(root: string, stack: string): Promise<StackFile> {
  const environment = stack.slice(stack.lastIndexOf('-') + 1);
  const file = `Pulumi.${environment}.yaml`;
  const projectText = await readFile(join(root, 'Pulumi.yaml'), 'utf8').catch((cause: unknown) => {
    throw new UsageError(`there is no Pulumi.yaml in ${root}`, { cause });
  });
  const { name: project, main } = projectOf(yaml('Pulumi.yaml', projectText));
  const text = await readFile(join(root, file), 'utf8').catch(() => {
    throw new UsageError(`there is no ${file} for the stack ${stack}: its settings belong there`);
  });
  const config = configOf(file, yaml(file, text));
  refuseBareKeys(file, project, Object.keys(config));
  return {
    project,
    main,
    file,
    config: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, plain(key, value, file)])),
    digest: createHash('sha256').update(text).digest('hex'),
  };
}

function yaml(file: string, text: string): unknown {
  try {
    return load(text);
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function projectOf(value: unknown): ProjectFile {
  const { name, main } = (value ?? {}) as Partial<ProjectFile>;
  if (typeof name === 'string' && typeof main === 'string') return { name, main };
  throw new UsageError('Pulumi.yaml: needs a name, and a main: the program');
}

function configOf(file: string, value: unknown): Readonly<Record<string, unknown>> {
  const { config } = (value ?? {}) as { readonly config?: unknown };
  if (config === undefined || config === null) return {};
  if (typeof config === 'object' && !Array.isArray(config)) return config as Readonly<Record<string, unknown>>;
  throw new UsageError(`${file}: config has to be a map of keys and values`);
}

/** Pulumi takes them in Pulumi.yaml alone. */
function refuseBareKeys(file: string, project: string, keys: readonly string[]): void {
  const bare = keys.find((key) => !key.includes(':'));
  if (bare !== undefined) throw new UsageError(`${file}: ${bare} has to be written ${project}:${bare}`);
}

function plain(key: string, value: unknown, file: string): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('secure' in value) {
    throw new UsageError(
      `${file}: ${key} is a secure value. Ciphertext belongs to one stack alone: put the secret into the cloud's own store`,
    );
  }
  return JSON.stringify(value);
}
