import { ApiError, invalid } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Nothing was carried out, so that a repeat is a call of its own: parameters that are refused, limits, conflicts. */
  readonly refused?: boolean;
  /** It breaks off on its way. */
  readonly lost?: boolean;
  /** It was given before. */
  readonly replayed?: boolean;
}

const DAY_MS = 86_400_000;
const LONGEST_KEY = 255;

interface Stored {
  readonly at: number;
  readonly request: string;
  readonly answer?: Answer;
}

/**
 * Answers that are given again for the same key: for a day from its first use, 500s and declines included, and only to the same
 * request. While the first is under way, a second one conflicts.
 */
export function idempotencyKeys(now: () => number) {
  const stored = new Map<string, Stored>();
  return async (key: string | undefined, request: string, answer: () => Promise<Answer>): Promise<Answer> => {
    if (key === undefined) return answer();
    if (key === '' || key.length > LONGEST_KEY) throw invalid('parameter_invalid_string', 'idempotency_key');
    const known = stored.get(key);
    if (known && now() - known.at < DAY_MS) return again(known, request);
    const at = now();
    stored.set(key, { at, request });
    const given = await answer();
    const { status, body, refused } = given;
    if (refused) stored.delete(key);
    else stored.set(key, { at, request, answer: { status, body, replayed: true } });
    return given;
  };
}

function again({ request: first, answer }: Stored, request: string): Answer {
  if (first !== request) {
    throw new ApiError(400, { type: 'idempotency_error', message: 'the key was used with other parameters' });
  }
  if (answer) return answer;
  throw new ApiError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'in progress' });
}
