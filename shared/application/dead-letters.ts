import type { DeadLetter, DeadLetterQuery, DeadLetters } from '../ports/dead-letters.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import { isPortError } from '../ports/port-error.ts';
import { invalidCursor } from './list-orders.ts';
import { type Refused, refuse } from './refusal.ts';

interface Ports {
  readonly deadLetters: DeadLetters;
}

/** What was given up on, oldest first. */
export async function listDeadLetters(
  { deadLetters }: Ports,
  query: DeadLetterQuery,
  page: PageRequest,
): Promise<{ readonly kind: 'done'; readonly page: Page<DeadLetter> } | Refused> {
  try {
    return { kind: 'done', page: await deadLetters.list(query, page) };
  } catch (error) {
    if (isPortError(error, 'invalid-argument')) return invalidCursor();
    throw error;
  }
}

export async function getDeadLetter(
  { deadLetters }: Ports,
  id: string,
): Promise<{ readonly kind: 'done'; readonly deadLetter: DeadLetter } | Refused> {
  const deadLetter = await deadLetters.get(id);
  return deadLetter ? { kind: 'done', deadLetter } : noDeadLetter();
}

/**
 * Puts the message back on its queue, to be delivered as a fresh one. A repeat does nothing: there is no such letter any more.
 * One that fails again becomes another letter, with an id of its own.
 */
export async function redriveDeadLetter(
  { deadLetters }: Ports,
  id: string,
): Promise<{ readonly kind: 'done' } | Refused> {
  return (await deadLetters.redrive(id)) ? { kind: 'done' } : noDeadLetter();
}

function noDeadLetter(): Refused {
  return refuse('dead-letter-not-found', 'there is no such dead letter; it may have been redriven already');
}
