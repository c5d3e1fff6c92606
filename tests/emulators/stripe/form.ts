/** A request's parameters: text, or more of them. */
export type Params = { [name: string]: string | Params };

/** Reads what the SDK sends: `metadata[order_id]=1&expand[0]=latest_charge`. */
export function parseForm(text: string): Params {
  const params: Params = {};
  for (const [path, value] of new URLSearchParams(text)) {
    const keys = path.split(/[[\]]+/).filter((key) => key !== '');
    const last = keys.pop();
    if (last === undefined) continue;
    let place = params;
    for (const key of keys) {
      const known = place[key];
      const inner = typeof known === 'object' ? known : {};
      place[key] = inner;
      place = inner;
    }
    place[last] = value;
  }
  return params;
}

export function textOf(params: Params, name: string): string | undefined {
  const value = params[name];
  return typeof value === 'string' ? value : undefined;
}

export function partsOf(params: Params, name: string): Params {
  const value = params[name];
  return typeof value === 'object' ? value : {};
}

/** The texts of a list such as `expand`. */
export function listOf(params: Params, name: string): readonly string[] {
  return Object.values(partsOf(params, name)).filter((value) => typeof value === 'string');
}
