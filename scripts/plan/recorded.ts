/** What a program would make, as it was recorded: for printing, comparing, rules and tests. */
export interface Plan {
  readonly project: string;
  readonly stack: string;
  readonly resources: readonly PlannedResource[];
  /** The stack's outputs; what only the cloud knows is `UNKNOWN`. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What the program said on the way: warnings and errors. */
  readonly log: readonly string[];
}

export interface PlannedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** False for components. */
  readonly custom: boolean;
  readonly parent?: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly dependencies: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Paths of inputs that are secret. */
  readonly secrets: readonly string[];
}

/** In the place of a value that is only known once there is something. */
export const UNKNOWN = '(known later)';

/** In the place of a reference to what another resource will be: `(urn.property)` would be nice to have, and is not told. */
const UNKNOWN_ON_THE_WIRE = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
const OUTPUT = 'd0e6a833031e9bbcd3f4e8bde6ca49a4';
const ASSET = 'c44067f5952c0a294b673a41bacd8c17';
const ARCHIVE = '0def7320c3a5731c473e5ecbe6d01bc7';
const RESOURCE = '5cf8f73096256a8f31e491e813e4eb8e';

/** A value of the wire in plain JSON; the paths of what is secret in it are added to `secrets`. */
export function plainValue(value: unknown, secrets: string[], path = ''): unknown {
  if (value === UNKNOWN_ON_THE_WIRE) return UNKNOWN;
  if (typeof value === 'string') return value.replaceAll(UNKNOWN_ON_THE_WIRE, UNKNOWN);
  if (Array.isArray(value)) return value.map((item, index) => plainValue(item, secrets, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  switch (fields[SIGNATURE]) {
    case SECRET:
      secrets.push(path);
      return plainValue(fields['value'], secrets, path);
    case OUTPUT:
      if (fields['secret']) secrets.push(path);
      return 'value' in fields ? plainValue(fields['value'], secrets, path) : UNKNOWN;
    case ASSET:
    case ARCHIVE:
      return { archive: fields['path'] ?? fields['uri'] ?? fields['text'] };
    case RESOURCE:
      return fields['urn'];
  }
  return Object.fromEntries(
    Object.entries(fields).map(([key, item]) => [key, plainValue(item, secrets, path === '' ? key : `${path}.${key}`)]),
  );
}
