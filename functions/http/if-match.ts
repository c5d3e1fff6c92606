/** What `If-Match` asks for, of an order's ETag, which is its version in quotes. */
export type Precondition =
  /** `*`, or no header. */
  | { readonly kind: 'any' }
  /** One of these versions; none of them when nothing in the header can be a version. */
  | { readonly kind: 'versions'; readonly versions: readonly number[] };

/** No order ever has it: versions begin at 1. */
const NO_VERSION = 0;

const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
export const IF_MATCH = new RegExp(`^(?:\\*|${TAG}(?:[ \\t]*,[ \\t]*${TAG})*)$`);

/** Reads a header that matches `IF_MATCH`. Weak tags match nothing: the comparison is the strong one (RFC 9110, 13.1.1). */
export function parseIfMatch(header: string | undefined): Precondition {
  if (header === undefined || header === '*') return { kind: 'any' };
  const tags = [...header.matchAll(new RegExp(TAG, 'g'))].map(([tag]) => tag);
  const versions = tags.map((tag) => /^"([1-9]\d{0,14})"$/.exec(tag)?.[1]).filter((version) => version !== undefined);
  return { kind: 'versions', versions: versions.map(Number) };
}

/**
 * The one version to hold the order against; undefined for any. `readVersion` is only asked when there is a choice, and a
 * version that changes just after is a mismatch.
 */
export async function expectedVersion(
  precondition: Precondition,
  readVersion: () => Promise<number | undefined>,
): Promise<number | undefined> {
  if (precondition.kind === 'any') return undefined;
  const [first = NO_VERSION, ...others] = precondition.versions;
  if (others.length === 0) return first;
  const current = await readVersion();
  return current !== undefined && precondition.versions.includes(current) ? current : NO_VERSION;
}
