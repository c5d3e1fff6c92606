import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What makes a run different from the last one comes in through a port, so that tests and simulations own it. */
const AMBIENT =
  /\b(Date\.now|new Date\(\)|Math\.random|randomUUID|randomBytes|setTimeout|setInterval|process\.env|performance\.now)\b/;
const PURE = ['shared/{domain,config,ports,workflow,application}/**/*.ts', 'functions/{http,events,workflow}/**/*.ts'];

describe('the house', () => {
  const files = PURE.flatMap((pattern) => globSync(pattern));

  it('has the files that these rules speak of', () => {
    expect(files).toContain('shared/domain/decide.ts');
    expect(files).toContain('shared/application/place-order.ts');
  });

  it.each(files)('%s takes time, chance and the environment from outside', (file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.filter((line) => AMBIENT.test(line) && !line.trimStart().startsWith('*'))).toEqual([]);
  });

  it.each([
    'const now = Date.now();',
    "import { randomUUID } from 'node:crypto';",
    'setTimeout(run, 5)',
    'process.env',
  ])('would find %s', (line) => {
    expect(line).toMatch(AMBIENT);
  });
});
