import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundleCloud } from '../../scripts/bundle.ts';
import { AWS_FUNCTION_KEYS } from '../../shared/config/aws.ts';

describe('the bundles for AWS', () => {
  let folder: string;
  let bundles: readonly Bundle[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-bundles-'));
    bundles = await bundleCloud('aws', join(folder, 'first'));
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are one for each function that has settings', () => {
    expect(bundles.map(({ name }) => name)).toEqual(Object.keys(AWS_FUNCTION_KEYS).toSorted());
  });

  it('are the same bytes twice, in another folder', async () => {
    const again = await bundleCloud('aws', join(folder, 'second'));
    const bytes = (all: readonly Bundle[]) => all.map(({ name, sha256 }) => `${name} ${sha256}`);
    expect(bytes(again)).toEqual(bytes(bundles));
  });

  it('name no folder of the machine that made them, and have a source map', async () => {
    for (const { file } of bundles) {
      const [code, map] = [await readFile(file, 'utf8'), await readFile(`${file}.map`, 'utf8')];
      const folders = [process.cwd(), folder].filter((name) => code.includes(name) || map.includes(name));
      expect(folders).toEqual([]);
      expect(code.slice(-60)).toMatch(/\n\/\/# sourceMappingURL=index\.cjs\.map\n$/);
      expect(JSON.parse(map).sources.length).toBeGreaterThan(10);
    }
  });

  it('say what is missing when they are loaded without their settings', () => {
    const load = createRequire(import.meta.url);
    for (const { name, file } of bundles) {
      const [first] = AWS_FUNCTION_KEYS[name as keyof typeof AWS_FUNCTION_KEYS];
      expect(() => load(file), name).toThrow(`${first}: is missing`);
    }
  });

  it('of functions that never charge hold nothing of a payment provider', async () => {
    const withStripe: string[] = [];
    for (const { name, file } of bundles) {
      if ((await readFile(file, 'utf8')).includes('payment_intents')) withStripe.push(name);
    }
    expect(withStripe).toEqual(['operations', 'reconcile', 'segment']);
  });
});
