import { redrive } from './dead-letter-list.ts';
import { type OperatorClient, RefusedError } from './operator-client.ts';

/** What came of redriving many. */
export interface Redriven {
  readonly redriven: number;
  /** Redriven before, or by somebody else meanwhile, or never there. */
  readonly gone: number;
  /** A line for each that could not be redriven. */
  readonly failed: readonly string[];
  /** Why the others were left alone; undefined when none was. */
  readonly stopped: string | undefined;
}

/** Redrives under way at once: enough to share the platform's writes, few enough to leave room for customers. */
const CONCURRENCY = 16;
const PROGRESS_EVERY = 100;

/** Redrives each of these dead letters once. Stops where the others would fail as well. */
export async function redriveAll(
  client: OperatorClient,
  ids: readonly string[],
  onProgress: (done: number) => void,
): Promise<Redriven> {
  const figures = { redriven: 0, gone: 0, failed: [] as string[], stopped: undefined as string | undefined };
  const waiting = ids.values();

  async function work(): Promise<void> {
    for (const id of waiting) {
      const error = await errorOf(redrive(client, id));
      if (!error) figures.redriven += 1;
      else if (isGone(error)) figures.gone += 1;
      else if (isItsOwnFault(error)) figures.failed.push(`${id}: ${error.message}`);
      else figures.stopped ??= error.message;
      if (figures.stopped !== undefined) return;
      const done = figures.redriven + figures.gone + figures.failed.length;
      if (done % PROGRESS_EVERY === 0 || done === ids.length) onProgress(done);
    }
  }

  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return figures;
}

async function errorOf(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function isGone(error: Error): boolean {
  return error instanceof RefusedError && error.code === 'dead-letter-not-found';
}

/** Anything else (no connection, a platform that is unavailable, a token that has expired) meets all the others, too. */
function isItsOwnFault(error: Error): boolean {
  return error instanceof RefusedError && error.status >= 500 && error.status !== 503;
}
