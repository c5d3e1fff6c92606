/** What zod has read from JSON or a query: there a field can be left out, but never be undefined. */
export type FromJson<T> = T extends readonly (infer Item)[]
  ? FromJson<Item>[]
  : T extends object
    ? { [Key in keyof T]: FromJson<Exclude<T[Key], undefined>> }
    : T;

/** Says so to the compiler, for which an optional field of zod's may also be undefined. */
export function fromJson<T>(value: T): FromJson<T> {
  return value as FromJson<T>;
}
