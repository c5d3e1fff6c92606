import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import rules from '../../.dependency-cruiser.mjs';

/** Each plants one import that the table of the architecture page forbids, and names the rule that has to find it. */
const VIOLATIONS = [
  ['domain', 'shared/domain/a.ts', '../ports/b.ts'],
  ['domain', 'shared/domain/a.ts', '../config/b.ts'],
  ['domain-packages', 'shared/domain/a.ts', 'node:fs'],
  ['config', 'shared/config/a.ts', '../domain/b.ts'],
  ['ports', 'shared/ports/a.ts', '../workflow/b.ts'],
  ['ports-packages', 'shared/ports/a.ts', 'node:http'],
  ['workflow', 'shared/workflow/a.ts', '../application/b.ts'],
  ['application', 'shared/application/a.ts', '../adapters/memory/b.ts'],
  ['application', 'shared/application/a.ts', '../config/b.ts'],
  ['application-packages', 'shared/application/a.ts', 'node:sqlite'],
  ['adapters', 'shared/adapters/memory/a.ts', '../../application/b.ts'],
  ['adapters', 'shared/adapters/memory/a.ts', '../sqlite/b.ts'],
  ['memory-sdk', 'shared/adapters/memory/a.ts', 'node:sqlite'],
  ['stripe-sdk', 'shared/adapters/stripe/a.ts', 'node:http'],
  ['aws-sdk', 'shared/adapters/aws/a.ts', 'node:http'],
  ['infra-packages', 'infra/aws/a.ts', 'node:http'],
  ['handlers', 'functions/http/a.ts', '../../shared/adapters/memory/b.ts'],
  ['handlers', 'functions/events/a.ts', '../local/b.ts'],
  ['platforms', 'functions/local/a.ts', '../aws/b.ts'],
  ['platforms', 'functions/aws/a.ts', '../../tests/b.ts'],
  ['infra', 'infra/aws/a.ts', '../../shared/adapters/aws/b.ts'],
  ['infra', 'infra/aws/a.ts', '../../functions/aws/b.ts'],
] as const;

const ALLOWED = [
  ['shared/domain/a.ts', './b.ts'],
  ['shared/ports/a.ts', '../domain/b.ts'],
  ['shared/workflow/a.ts', '../domain/b.ts'],
  ['shared/application/a.ts', '../workflow/b.ts'],
  ['shared/adapters/memory/a.ts', '../../ports/b.ts'],
  ['shared/adapters/sqlite/a.ts', 'node:sqlite'],
  ['functions/http/a.ts', '../../shared/application/b.ts'],
  ['functions/aws/a.ts', '../http/b.ts'],
  ['functions/aws/a.ts', '../../shared/adapters/aws/b.ts'],
  ['infra/aws/a.ts', '../../shared/domain/rules.ts'],
] as const;

describe('the import rules', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-rules-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(VIOLATIONS)('%s: %s may not import %s', async (rule, from, to) => {
    expect(await broken(folder, from, to)).toContain(rule);
  });

  it.each(ALLOWED)('%s may import %s', async (from, to) => {
    expect(await broken(folder, from, to)).toEqual([]);
  });

  it('two modules may not import each other', async () => {
    const project = await plant(folder, { 'shared/domain/a.ts': './b.ts', 'shared/domain/b.ts': './a.ts' });
    expect(await check(project)).toContain('no-cycles');
  });
});

let count = 0;

async function broken(folder: string, from: string, to: string): Promise<string[]> {
  const target = to.startsWith('.') ? { [join(dirname(from), to)]: undefined } : {};
  return check(await plant(folder, { ...target, [from]: to }));
}

/** A project of a few files, by path, each with the one thing that it imports. */
async function plant(folder: string, files: Record<string, string | undefined>): Promise<string> {
  count += 1;
  const project = join(folder, String(count));
  for (const [path, imported] of Object.entries(files)) {
    await mkdir(join(project, dirname(path)), { recursive: true });
    const text =
      imported === undefined ? '' : `import type * as imported from '${imported}';\nexport type A = typeof imported;\n`;
    await writeFile(join(project, path), `${text}export const planted = 1;\n`);
  }
  return project;
}

async function check(project: string): Promise<string[]> {
  const { tsConfig: _, ...options } = rules.options;
  const cruiseOptions = { ...options, baseDir: project, validate: true, ruleSet: rules } as unknown as ICruiseOptions;
  const folders = ['shared', 'functions', 'infra', 'tests'].filter((name) => existsSync(join(project, name)));
  const { output } = await cruise(folders, cruiseOptions);
  if (typeof output === 'string') throw new Error(output);
  return output.summary.violations.map(({ rule }) => rule.name);
}
