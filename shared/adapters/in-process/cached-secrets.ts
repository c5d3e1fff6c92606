import type { Clock } from '../../ports/clock.ts';
import type { Secrets } from '../../ports/secrets.ts';

export interface CachedSecretsOptions {
  readonly secrets: Secrets;
  readonly clock: Pick<Clock, 'now'>;
  /** How old a value may be that `get` answers. */
  readonly maxAgeMs?: number;
  /** How long `refresh` answers what it has just read. */
  readonly refreshPauseMs?: number;
}

interface Kept {
  readonly at: number;
  /** Whether it was read because the one before was refused. */
  readonly refreshed: boolean;
  readonly value: Promise<string>;
}

/** Keeps values for some minutes, and asks once for many who want the same one at once. A failure is not kept. */
export function cachedSecrets(options: CachedSecretsOptions): Secrets {
  const { secrets, clock, maxAgeMs = 300_000, refreshPauseMs = 5_000 } = options;
  const kept = new Map<string, Kept>();

  function keep(name: string, value: Promise<string>, refreshed: boolean): Promise<string> {
    const entry = { at: clock.now(), value, refreshed };
    kept.set(name, entry);
    value.catch(() => {
      if (kept.get(name) === entry) kept.delete(name);
    });
    return value;
  }

  const isYounger = (known: Kept | undefined, ms: number): known is Kept =>
    known !== undefined && clock.now() - known.at < ms;

  return {
    get(name) {
      const known = kept.get(name);
      return isYounger(known, maxAgeMs) ? known.value : keep(name, secrets.get(name), false);
    },
    refresh(name) {
      const known = kept.get(name);
      return known?.refreshed && isYounger(known, refreshPauseMs)
        ? known.value
        : keep(name, secrets.refresh(name), true);
    },
  };
}
