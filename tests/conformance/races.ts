import { expect } from 'vitest';
import type { PortErrorCode } from '../../shared/ports/port-error.ts';

/** What a PortError with this code looks like to a matcher. */
export function portError(code: PortErrorCode): unknown {
  return expect.objectContaining({ name: 'PortError', code });
}

/** Starts all of `calls` at once. Which of them succeeded, by their index; the others must have failed with `code`. */
export async function winnersOf(
  calls: readonly (() => Promise<unknown>)[],
  code: PortErrorCode,
): Promise<readonly number[]> {
  const results = await Promise.allSettled(calls.map((call) => call()));
  const losers = results.filter((result) => result.status === 'rejected');
  for (const { reason } of losers) expect(reason).toEqual(portError(code));
  return results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
}
