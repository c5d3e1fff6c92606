import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../platform.ts';
import { type LocalPlatformOptions, localPlatform } from '../platforms/local-platform.ts';
import { PATHS } from './paths.ts';
import { runPath } from './run-path.ts';

const PLATFORMS: readonly LocalPlatformOptions[] = [
  { storage: 'memory', time: 'manual' },
  { storage: 'sqlite', time: 'manual' },
];

describe.each(PLATFORMS)('on the local platform ($storage)', (options) => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await localPlatform(options);
  });
  afterAll(() => platform.stop());

  it.each(PATHS)('$name', async (path) => {
    const { problems } = await runPath(platform, path, { run: 'paths' });
    expect(problems).toEqual([]);
  });
});
