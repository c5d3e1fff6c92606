import { mkdtempSync, rmSync } from 'node:fs';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Mutant, Patch } from './mutants.ts';

/** All that the simulation reads. */
const SOURCE = [
  'shared',
  'functions',
  'tests/simulation',
  'tests/dice.ts',
  'tests/fixtures.ts',
  'tests/moved-at-end.ts',
  'package.json',
];

/** A patch that does not fit the source any more: it has to be written anew, or nobody knows what it would have found. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** Runs `use` on a temporary copy of the source with the mutant's patches in it. */
export async function withMutant<T>(mutant: Mutant, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'tricloud-orders-mutant-'));
  const clean = () => rmSync(directory, { recursive: true, force: true });
  // Also when the process is told to end in the middle of it.
  process.once('exit', clean);
  try {
    for (const path of SOURCE) await cp(path, join(directory, path), { recursive: true });
    await symlink(resolve('node_modules'), join(directory, 'node_modules'), 'dir');
    for (const patch of mutant.patches) await apply(mutant, patch, directory);
    return await use(directory);
  } finally {
    process.off('exit', clean);
    clean();
  }
}

async function apply(mutant: Mutant, patch: Patch, directory: string): Promise<void> {
  const path = join(directory, patch.file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PatchError(`mutant ${mutant.name}: there is no ${patch.file}`, { cause });
  });
  await writeFile(path, patched(text, mutant, patch));
}

/** The text with the patch in it. Throws `PatchError` unless what it replaces is there exactly once. */
export function patched(text: string, { name }: Pick<Mutant, 'name'>, { file, find, replace }: Patch): string {
  const [before, after, ...more] = text.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const found = after === undefined ? 'is not there any more' : 'is there more than once';
    throw new PatchError(`mutant ${name}: what it replaces in ${file} ${found}:\n${find}`);
  }
  return before + replace + after;
}
