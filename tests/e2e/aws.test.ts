import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notRunOnAws } from '../platforms/aws/deployment.ts';
import { type AwsPlatform, awsPlatform } from '../platforms/aws-platform.ts';
import { PATHS } from './paths.ts';
import { runPath } from './run-path.ts';

const notRun = notRunOnAws();

describe('on AWS, its functions over emulators', () => {
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`AWS: not run: ${notRun}\n`));
    return;
  }
  let platform: AwsPlatform;
  beforeAll(async () => {
    platform = await awsPlatform();
  }, 60_000);
  afterAll(() => platform.stop());

  it.each(PATHS)('$name', async (path) => {
    const { problems } = await runPath(platform, path, { run: 'paths' });
    expect(problems).toEqual([]);
  });
});
