import { describe, expect, it } from 'vitest';
import type { AuthResult } from '../../functions/http/auth.ts';
import { rememberTokens } from '../../functions/http/remember-tokens.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const HOUR_MS = 3_600_000;

function accepted(subject: string, expiresAt = NOON + HOUR_MS): AuthResult {
  return { kind: 'authenticated', actor: { subject, operator: false, restaurants: [] }, expiresAt };
}

/** An authenticator that answers `answer` and counts, behind the one that remembers. */
function remembering(answer: (header: string | undefined) => AuthResult | PortError) {
  const clock = manualClock(NOON);
  const asked: (string | undefined)[] = [];
  const authenticate = rememberTokens(
    async (header) => {
      asked.push(header);
      const result = answer(header);
      if (result instanceof PortError) throw result;
      return result;
    },
    { clock },
  );
  return { authenticate, asked, clock };
}

describe('an authenticator that remembers tokens', () => {
  it('verifies an accepted token once a minute', async () => {
    const { authenticate, asked, clock } = remembering(() => accepted('alice'));
    for (let round = 0; round < 3; round += 1) expect(await authenticate('Bearer a')).toEqual(accepted('alice'));
    expect(asked).toHaveLength(1);
    clock.advance(59_999);
    await authenticate('Bearer a');
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await authenticate('Bearer a');
    expect(asked).toHaveLength(2);
  });

  it('forgets a token when it expires', async () => {
    const { authenticate, asked, clock } = remembering(() => accepted('alice', NOON + 10));
    await authenticate('Bearer a');
    clock.advance(9);
    await authenticate('Bearer a');
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await authenticate('Bearer a');
    expect(asked).toHaveLength(2);
  });

  it('never takes one token for another', async () => {
    const { authenticate } = remembering((header) => accepted(header ?? ''));
    for (const header of ['Bearer a', 'Bearer b', 'bearer a', 'Bearer a ', 'Bearer a']) {
      expect(await authenticate(header)).toEqual(accepted(header));
    }
  });

  it.each([['Bearer bad'], [''], [undefined]])('asks again about one that was refused: %j', async (header) => {
    let result: AuthResult = { kind: 'refused', reason: 'not-accepted' };
    const { authenticate, asked } = remembering(() => result);
    expect(await authenticate(header)).toEqual(result);
    result = accepted('alice');
    expect(await authenticate(header)).toEqual(result);
    expect(asked).toHaveLength(2);
  });

  it('asks again after the keys could not be had', async () => {
    let result: AuthResult | PortError = new PortError('unavailable', 'authenticate');
    const { authenticate } = remembering(() => result);
    await expect(authenticate('Bearer a')).rejects.toMatchObject({ code: 'unavailable' });
    result = accepted('alice');
    expect(await authenticate('Bearer a')).toEqual(result);
  });

  it('keeps ten thousand tokens, and verifies those again that were used the longest ago', async () => {
    const { authenticate, asked } = remembering(() => accepted('alice'));
    for (let number = 0; number <= 10_000; number += 1) await authenticate(`Bearer ${number}`);
    asked.splice(0);
    await authenticate('Bearer 10000');
    await authenticate('Bearer 0');
    expect(asked).toEqual(['Bearer 0']);
  });
});
