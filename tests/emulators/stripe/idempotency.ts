import { ApiError } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const DAY_MS = 86_400_000;

interface Stored {
  readonly at: number;
  readonly request: string;
  readonly answer?: Answer;
}

/** Answers that are given again for the same key: for a day, 500s included, and only to the same request. */
export function idempotencyKeys(now: () => number) {
  const stored = new Map<string, Stored>();
  return async (key: string | undefined, request: string, answer: () => Promise<Answer>): Promise<Answer> => {
    if (key === undefined) return answer();
    const known = stored.get(key);
    if (known && now() - known.at < DAY_MS) {
      if (known.request !== request) {
        throw new ApiError(400, { type: 'idempotency_error', message: 'the key was used with other parameters' });
      }
      if (known.answer) return known.answer;
      throw new ApiError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'in progress' });
    }
    stored.set(key, { at: now(), request });
    const given = await answer();
    stored.set(key, { at: now(), request, answer: given });
    return given;
  };
}
