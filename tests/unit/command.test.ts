import { describe, expect, it } from 'vitest';
import { plain, plainJson } from '../../scripts/command.ts';
import type { OperatorClient } from '../../scripts/operator-client.ts';
import { RefusedError } from '../../scripts/operator-client.ts';
import { redriveAll } from '../../scripts/redrive-all.ts';
import { table } from '../../scripts/table.ts';

const CONTROLS = '\u001b[31m\u009b2J\u202e\u2028\r\u007f';

describe('what a command prints', () => {
  it('is one line without anything that controls a terminal', () => {
    expect(plain(`a${CONTROLS}b`)).toBe('a [31m 2J b');
  });

  it('is JSON in which nothing controls a terminal, and that means the same', () => {
    const value = { [`key${CONTROLS}`]: [`value${CONTROLS}`, 'Zürich 🍕', '\ud800'] };
    const text = plainJson(value);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(text).toContain('Zürich 🍕');
    expect(JSON.parse(text)).toEqual(value);
  });

  it('is a table of any number of rows', () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => [String(index)]);
    expect(table(['n'], rows).split('\n').at(-1)).toBe('199999');
  });
});

describe('redriving many', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `msg-${index}`);
  const answering = (error: Error) => {
    let calls = 0;
    const post = async (): Promise<never> => {
      calls += 1;
      throw error;
    };
    return { client: { get: post, post } as OperatorClient, calls: () => calls };
  };

  it.each([
    [new RefusedError(503, 'unavailable', 'the platform is not there')],
    [new RefusedError(401, 'unauthenticated', 'the token has expired')],
    [new Error('nothing answers')],
  ])('stops where the others would fail as well: %s', async (error) => {
    const { client, calls } = answering(error);
    expect(await redriveAll(client, ids, () => undefined)).toMatchObject({ stopped: error.message, failed: [] });
    expect(calls()).toBeLessThanOrEqual(16);
  });

  it('goes on where one alone fails', async () => {
    const { client, calls } = answering(new RefusedError(500, 'internal', 'a defect'));
    const { stopped, failed } = await redriveAll(client, ids, () => undefined);
    expect([stopped, failed.length, calls()]).toEqual([undefined, 1_000, 1_000]);
  });
});
