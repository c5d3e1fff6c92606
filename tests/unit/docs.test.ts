import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md')];
const LINK = /\[([^\]]+)\]\(([^)#\s]+)(?:#[^)]*)?\)/g;

interface Link {
  readonly page: string;
  readonly text: string;
  readonly target: string;
}

const links: readonly Link[] = PAGES.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(LINK)].map(([, text = '', target = '']) => ({ page, text, target })),
).filter(({ target }) => !/^[a-z]+:/.test(target));

describe('the documents', () => {
  it.each(links)('$page links to $target, which is there', ({ page, target }) => {
    expect(existsSync(join(dirname(page), target))).toBe(true);
  });

  it('every decision is in the list of decisions', () => {
    const listed = links.filter(({ page }) => page === 'docs/adr/README.md').map(({ target }) => target);
    const there = globSync('*.md', { cwd: 'docs/adr' }).filter((name) => name !== 'README.md');
    expect(there.filter((name) => !listed.includes(name))).toEqual([]);
  });
});

describe('the guarantees', () => {
  const rows = readFileSync('docs/guarantees.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| promise') && !line.startsWith('|---'));
  const tests = links.filter(({ page, target }) => page === 'docs/guarantees.md' && target.startsWith('../tests/'));

  it.each(rows)('%s names a test', (row) => {
    expect(row).toMatch(/\]\(\.\.\/tests\//);
  });

  it.each(tests)('"$text" is in $target', ({ text, target }) => {
    const source = readFileSync(join('docs', target), 'utf8');
    expect(source.includes(text) || source.includes(text.replaceAll("'", "\\'"))).toBe(true);
  });
});
