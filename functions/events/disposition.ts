import { isPortError } from '../../shared/ports/port-error.ts';

export type Disposition = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'dead-letter' };

/** A message is delivered this often before it is given up on. */
export const MAX_DELIVERIES = 5;
const BACKOFF_RATE = 4;

/**
 * What becomes of a message that failed: the one table for all consumers and platforms. What can never work goes to the dead
 * letters at once; everything else is delivered again, later each time, up to {@link MAX_DELIVERIES} times in all.
 *
 * @param attempts Deliveries that had failed before this one.
 */
export function dispositionOf(error: unknown, attempts: number, retryBaseMs: number): Disposition {
  if (isPortError(error, 'invalid-argument')) return { kind: 'dead-letter' };
  if (attempts + 1 >= MAX_DELIVERIES) return { kind: 'dead-letter' };
  return { kind: 'retry', delayMs: retryBaseMs * BACKOFF_RATE ** attempts };
}
