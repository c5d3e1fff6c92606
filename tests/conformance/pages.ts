import { expect } from 'vitest';
import type { Page } from '../../shared/ports/page.ts';

/** Every page of a list, from the first to the last. `between` runs after each page. */
export async function allPages<Item>(
  fetch: (cursor: string | undefined) => Promise<Page<Item>>,
  between: (page: Page<Item>) => void | Promise<void> = () => {},
): Promise<Page<Item>[]> {
  const pages: Page<Item>[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await fetch(cursor);
    pages.push(page);
    expect(pages.length, 'the list comes to an end').toBeLessThan(1000);
    await between(page);
    cursor = page.nextCursor;
  }
  return pages;
}

/** The items of all pages, in the order shown. */
export async function allItems<Item>(
  fetch: (cursor: string | undefined) => Promise<Page<Item>>,
  between?: (page: Page<Item>) => void | Promise<void>,
): Promise<Item[]> {
  const pages = await allPages(fetch, between);
  return pages.flatMap((page) => page.items);
}

/** The cursor of the first page of a list that has more. */
export async function someCursor(fetch: () => Promise<Page<unknown>>): Promise<string> {
  const { nextCursor } = await fetch();
  if (nextCursor === null) throw new Error('the list has one page only');
  return nextCursor;
}
