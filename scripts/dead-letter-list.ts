import type { z } from '@hono/zod-openapi';
import type { deadLetterListSchema, deadLetterSchema } from '../functions/http/schemas/operations.ts';
import type { OperatorClient } from './operator-client.ts';

/** What the platform answers. */
export type DeadLetterAnswer = z.infer<typeof deadLetterSchema>;
type DeadLetterPage = z.infer<typeof deadLetterListSchema>;

export interface Filters {
  readonly queue?: string | undefined;
  readonly orderId?: string | undefined;
}

const PATH = '/v1/operations/dead-letters';
const PAGE = 100;

/** Up to `limit` dead letters, oldest first, and whether there are more. */
export async function deadLettersOf(
  client: OperatorClient,
  filters: Filters,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ readonly letters: readonly DeadLetterAnswer[]; readonly more: boolean }> {
  const letters: DeadLetterAnswer[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && letters.length < limit) {
    const size = String(Math.min(PAGE, limit - letters.length));
    const page: DeadLetterPage = await client.get(PATH, { ...filters, limit: size, cursor });
    letters.push(...page.deadLetters);
    cursor = page.nextCursor;
  }
  return { letters, more: cursor !== null };
}

export function deadLetter(client: OperatorClient, id: string): Promise<DeadLetterAnswer> {
  return client.get(pathOf(id));
}

/** Fails as refused, with the code `dead-letter-not-found`, when there is none (any more). */
export async function redrive(client: OperatorClient, id: string): Promise<void> {
  await client.post(`${pathOf(id)}/redrive`);
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}
