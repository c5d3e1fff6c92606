interface Keyset<Item, Position> {
  readonly limit: number;
  /** The last item of the page before. */
  readonly after: Position | undefined;
  /** Tells any two items that are not the same apart. */
  readonly compare: (left: Item | Position, right: Item | Position) => number;
}

/** The page of `items` behind a position, in order. `last` is its last item, when there are more behind it. */
export function keysetPage<Item, Position>(
  items: readonly Item[],
  { limit, after, compare }: Keyset<Item, Position>,
): { readonly items: readonly Item[]; readonly last: Item | undefined } {
  const behind = items.filter((item) => after === undefined || compare(item, after) > 0).sort(compare);
  const page = behind.slice(0, limit);
  return { items: page, last: behind.length > limit ? page.at(-1) : undefined };
}
