import type { SQLOutputValue } from 'node:sqlite';

type Row = Readonly<Record<string, SQLOutputValue>>;

/** The value that an adapter wrote as JSON into the column `body`. */
export function fromBody<T>(row: Row): T {
  return JSON.parse(String(row['body'])) as T;
}

/** A page of `limit` values out of up to one row more. `last` is its last value, when that one row was there. */
export function pageFromBodies<T>(
  rows: readonly Row[],
  limit: number,
): { readonly items: readonly T[]; readonly last: T | undefined } {
  const items = rows.slice(0, limit).map((row) => fromBody<T>(row));
  return { items, last: rows.length > limit ? items.at(-1) : undefined };
}
