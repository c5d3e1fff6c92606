import { describe, expect, it } from 'vitest';
import { cachedSecrets } from '../../shared/adapters/in-process/cached-secrets.ts';
import { environmentSecrets } from '../../shared/adapters/in-process/environment-secrets.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { portError } from '../conformance/races.ts';
import { manualClock } from '../manual-clock.ts';

const MINUTE = 60_000;

/** Secrets whose value is another one each time they are read. */
function cache() {
  const clock = manualClock(0);
  let reads = 0;
  let down = false;
  const read = async (name: string) => {
    reads += 1;
    if (down) throw new PortError('unavailable', 'Secrets.get');
    return `${name}-${reads}`;
  };
  const secrets = cachedSecrets({ secrets: { get: read, refresh: read }, clock });
  return {
    secrets,
    clock,
    reads: () => reads,
    fail: (on: boolean) => {
      down = on;
    },
  };
}

describe('secrets that are kept', () => {
  it('are read again after five minutes, each by its name', async () => {
    const { secrets, clock } = cache();
    expect([await secrets.get('a'), await secrets.get('b'), await secrets.get('a')]).toEqual(['a-1', 'b-2', 'a-1']);
    clock.advance(5 * MINUTE - 1);
    expect(await secrets.get('a')).toBe('a-1');
    clock.advance(1);
    expect(await secrets.get('a')).toBe('a-3');
  });

  it('are read once for many who ask at once', async () => {
    const { secrets, reads } = cache();
    const values = await Promise.all(Array.from({ length: 50 }, () => secrets.get('a')));
    expect([new Set(values).size, reads()]).toEqual([1, 1]);
  });

  it('are read anew on demand, and by many who demand it at once a single time', async () => {
    const { secrets, clock, reads } = cache();
    await secrets.get('a');
    const fresh = await Promise.all(Array.from({ length: 50 }, () => secrets.refresh('a')));
    expect([new Set(fresh), reads()]).toEqual([new Set(['a-2']), 2]);
    expect(await secrets.get('a')).toBe('a-2');
    clock.advance(5_000);
    expect(await secrets.refresh('a')).toBe('a-3');
  });

  it('are not kept when they could not be read', async () => {
    const { secrets, fail } = cache();
    fail(true);
    await expect(secrets.get('a')).rejects.toEqual(portError('unavailable'));
    fail(false);
    expect(await secrets.get('a')).toBe('a-2');
  });
});

describe('secrets of the environment', () => {
  it('are there by their names, and read each time', async () => {
    const environment: Record<string, string> = { KEY: 'first' };
    const secrets = environmentSecrets(environment);
    expect(await secrets.get('KEY')).toBe('first');
    environment['KEY'] = 'second';
    expect([await secrets.get('KEY'), await secrets.refresh('KEY')]).toEqual(['second', 'second']);
  });

  it.each([{}, { KEY: '' }, { KEY: undefined }])(
    'are missing in %j, and the error names the key',
    async (environment) => {
      const secrets = environmentSecrets({ OTHER: 'canary', ...environment });
      const error = await secrets.get('KEY').catch((caught: unknown) => caught);
      expect(error).toEqual(portError('not-found'));
      expect(String(error)).toBe('PortError: Secrets.get: the environment has no KEY');
    },
  );
});
