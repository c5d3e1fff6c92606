import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MUTANTS, type Mutant } from './mutants.ts';
import { PatchError, patched, withMutant } from './mutation.ts';

const odd = { name: 'odd' };
const FILE = 'shared/domain/transitions.ts';

/** The mutant whose patches replace this in the file of transitions, one after the other. */
const replacing = (...patches: readonly (readonly [find: string, replace: string])[]): Mutant => ({
  name: 'odd',
  what: 'does something odd',
  patches: patches.map(([find, replace]) => ({ file: FILE, find, replace })),
});

describe('a patch', () => {
  it('replaces what it finds, and nothing else', () => {
    expect(patched('a b\nc b', odd, { file: 'x.ts', find: 'b\nc', replace: 'd' })).toBe('a d b');
    expect(patched('b', odd, { file: 'x.ts', find: 'b', replace: '' })).toBe('');
    expect(patched('b', odd, { file: 'x.ts', find: 'b', replace: 'bb' })).toBe('bb');
  });

  it('is taken at its word, whatever signs are in it', () => {
    expect(patched('x (a|b)* y', odd, { file: 'x.ts', find: '(a|b)*', replace: "$& $1 $' $$" })).toBe(
      "x $& $1 $' $$ y",
    );
  });

  it.each([
    ['is not there any more', 'a c', 'mutant odd: what it replaces in x.ts is not there any more:\nb'],
    ['is not there any more', '', 'mutant odd: what it replaces in x.ts is not there any more:\nb'],
    ['is there twice', 'b b', 'mutant odd: what it replaces in x.ts is there more than once:\nb'],
    ['is there three times', 'bbb', 'mutant odd: what it replaces in x.ts is there more than once:\nb'],
  ])('is refused when what it replaces %s', (_, text, message) => {
    expect(() => patched(text, odd, { file: 'x.ts', find: 'b', replace: 'd' })).toThrow(new PatchError(message));
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('of %s fits the source', async (_, mutant) => {
    const texts = new Map<string, string>();
    for (const patch of mutant.patches) {
      const before = texts.get(patch.file) ?? (await readFile(patch.file, 'utf8'));
      const text = patched(before, mutant, patch);
      expect(text).not.toBe(before);
      texts.set(patch.file, text);
    }
    expect(texts.size).toBeGreaterThan(0);
  });
});

describe('mutants', () => {
  let temporary = '';
  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'tricloud-orders-mutation-test-'));
    // Nobody else's copies are in here.
    vi.stubEnv('TMPDIR', temporary);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(temporary, { recursive: true });
  });

  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it('live in a copy that is gone afterwards, and leave the source as it is', async () => {
    const source = await readFile(FILE, 'utf8');
    const mutant = replacing(
      ["processing: ['shipped', 'refunding']", "processing: ['delivered']"],
      // Of what the first one wrote.
      ["['delivered']", "['delivered', 'refunding']"],
    );
    const expected = source.replace("processing: ['shipped', 'refunding']", "processing: ['delivered', 'refunding']");
    const other = 'tests/simulation/scheduler.ts';
    const directory = await withMutant(mutant, async (directory) => {
      expect(await readFile(join(directory, FILE), 'utf8')).toBe(expected);
      expect(await readFile(join(directory, other), 'utf8')).toBe(await readFile(other, 'utf8'));
      expect(existsSync(join(directory, 'node_modules', 'zod'))).toBe(true);
      return directory;
    });
    expect(expected).not.toBe(source);
    expect(directory).toContain(temporary);
    expect(await readFile(FILE, 'utf8')).toBe(source);
    expect(existsSync('node_modules/zod')).toBe(true);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('are gone, too, when their use fails', async () => {
    let directory = '';
    const use = async (given: string) => {
      directory = given;
      throw new Error('no use');
    };
    await expect(withMutant(replacing(), use)).rejects.toThrow('no use');
    expect(directory).toContain(temporary);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('are gone, too, when the process ends in the middle of their use', async () => {
    const script = `
      import { withMutant } from './tests/simulation/mutation.ts';
      await withMutant({ name: 'odd', what: 'does nothing', patches: [] }, async (directory) => {
        process.stdout.write(directory);
        process.exit(3);
      });`;
    const ended = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    await expect(ended).rejects.toMatchObject({ code: 3, stdout: expect.stringContaining(temporary) });
    expect(await readdir(temporary)).toEqual([]);
  });

  it('leave nothing to be done at the end of the process when they are gone', async () => {
    const before = process.listenerCount('exit');
    expect(await withMutant(replacing(), async () => process.listenerCount('exit'))).toBe(before + 1);
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('that do not fit are never used, and leave nothing behind', async () => {
    const strange = {
      ...odd,
      what: 'is of another time',
      patches: [{ file: 'shared/gone.ts', find: 'a', replace: 'b' }],
    };
    const use = async () => expect.unreachable();
    await expect(withMutant(replacing(['no such text', '']), use)).rejects.toThrow(PatchError);
    await expect(withMutant(strange, use)).rejects.toThrow(new PatchError('mutant odd: there is no shared/gone.ts'));
    expect(await readdir(temporary)).toEqual([]);
  });
});
