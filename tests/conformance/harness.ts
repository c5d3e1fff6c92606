import { afterEach, beforeEach, vi } from 'vitest';

export interface Closable {
  close(): Promise<void>;
}

/** What `open` opens, anew for each test of the suite that calls this. */
export function freshFor<Harness extends Closable>(open: () => Promise<Harness>): () => Harness {
  let current: Harness | undefined;
  beforeEach(async () => {
    current = await open();
  });
  afterEach(async () => {
    await current?.close();
    current = undefined;
  });
  return () => {
    if (!current) throw new Error('only tests have a harness, not the suites around them');
    return current;
  };
}

/** One run of a property on a harness of its own. */
export async function withFresh<Harness extends Closable>(
  open: () => Promise<Harness>,
  run: (harness: Harness) => Promise<void>,
): Promise<void> {
  const harness = await open();
  try {
    await run(harness);
  } finally {
    await harness.close();
  }
}

/** For reads that a port allows to lag behind: tries `read` until it no longer throws. */
export async function eventually<T>(read: () => Promise<T>): Promise<T> {
  return await vi.waitFor(read, { timeout: 5_000, interval: 50 });
}

/** Overwrites everything in `value` that can be, as a careless caller might. */
export function scribble(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    scribble(Reflect.get(value, key));
    Reflect.set(value, key, 'scribbled');
  }
}
