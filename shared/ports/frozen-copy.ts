/**
 * A copy that nobody can change, so that it need not be copied again for each reader. What cannot be changed already is taken as
 * it is. For plain data: objects, arrays, texts, numbers, booleans, null.
 */
export function frozenCopy<T>(value: T): T {
  return isFixed(value) ? value : (copyOf(value) as T);
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  const copy: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value as object)) copy[key] = frozenCopy(part);
  return Object.freeze(copy);
}

/** Whether nothing in it, however deep, can be changed. */
function isFixed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFixed);
}
