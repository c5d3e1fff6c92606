import type { Hook, z } from '@hono/zod-openapi';
import type { AppEnv } from './app-context.ts';
import { type FieldError, type Problem, sendProblem } from './problems.ts';

type Issue = z.core.$ZodIssue;
type Target = 'cookie' | 'form' | 'header' | 'json' | 'param' | 'query';

/** A request may be wrong in many places; these are enough to see what is meant. */
const MAX_ERRORS = 20;
const MAX_FIELD_CHARACTERS = 100;

/** Answers a request that does not have the shape its route documents. */
export const refuseInvalid: Hook<unknown, AppEnv, string, Response | undefined> = (result, c) =>
  result.success ? undefined : sendProblem(c, problemOf(result.target, result.error.issues));

function problemOf(target: Target, issues: readonly Issue[]): Problem {
  const field = String(issues[0]?.path[0]);
  if (target === 'param') return unknownPath(field);
  if (target === 'header') return field === 'idempotency-key' ? badKey(issues[0]) : badHeader(issues);
  const where = target === 'query' ? 'query' : 'body';
  const errors = issues.flatMap((issue) => fieldErrors(issue, where)).slice(0, MAX_ERRORS);
  return { code: 'invalid-request', detail: `the ${where} is not valid: see errors`, errors };
}

/** An id that nothing can have is answered like one that nothing has. */
function unknownPath(field: string): Problem {
  if (field === 'deadLetterId') return { code: 'dead-letter-not-found', detail: 'there is no such dead letter' };
  return field === 'restaurantId'
    ? { code: 'restaurant-not-found', detail: 'there is no such restaurant' }
    : { code: 'order-not-found', detail: 'there is no such order, or it is not yours' };
}

function badKey(issue: Issue | undefined): Problem {
  const missing = issue?.code === 'invalid_type' || issue?.code === 'too_small';
  const message = 'send a header Idempotency-Key of 1 to 255 printable ASCII characters, a new one for each new order';
  return {
    code: missing ? 'idempotency-key-required' : 'invalid-idempotency-key',
    detail: message,
    errors: [{ field: 'Idempotency-Key', message }],
  };
}

function badHeader(issues: readonly Issue[]): Problem {
  const errors = issues.map(({ path, message }) => ({ field: path.map(String).map(headerName).join('.'), message }));
  return { code: 'invalid-request', detail: 'a header is not valid: see errors', errors };
}

function headerName(lowerCase: string): string {
  return lowerCase.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function fieldErrors(issue: Issue, where: string): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: fieldName([...issue.path, key], where), message: 'is not known here' }));
  }
  return [{ field: fieldName(issue.path, where), message: issue.message }];
}

/** As a programmer would write it: `items[0].quantity`. */
function fieldName(path: readonly PropertyKey[], where: string): string {
  const name = path.reduce<string>((before, step) => {
    if (typeof step === 'number') return `${before}[${step}]`;
    return before === '' ? String(step) : `${before}.${String(step)}`;
  }, '');
  return name === '' ? where : [...name].slice(0, MAX_FIELD_CHARACTERS).join('');
}
