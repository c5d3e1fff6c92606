import { z } from '@hono/zod-openapi';
import type { TypedResponse } from 'hono';
import type { Refused } from '../../shared/application/refusal.ts';
import type { AppContext } from './app-context.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** The answer to a request that could not be served, as RFC 9457 has it. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ description: '`urn:tricloud-orders:problem:<code>`' }),
    title: z.string().openapi({ description: 'What the code means, in words' }),
    status: z.int(),
    code: z.string().openapi({ description: 'Stable; what a program should branch on' }),
    detail: z.string().openapi({ description: 'What is wrong with this very request' }),
    instance: z.string().openapi({ description: '`urn:tricloud-orders:request:<request id>`' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'The fields, headers or parameters at fault' }),
    correlationId: z.string().optional().openapi({ description: 'With 5xx: finds the request in our logs' }),
  })
  .openapi('Problem', { description: 'A problem document (RFC 9457)' });

export type ProblemDocument = z.infer<typeof problemSchema>;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that fits every route: routes document problems by their codes, not by their types. */
export type Answered = Response & TypedResponse<never, never, never>;

/** Seconds after which a request that met a 503 may be repeated. */
const RETRY_AFTER_SECONDS = '1';

/** Ends the request with a problem document. */
export function sendProblem(c: AppContext, problem: Problem): Answered {
  const { code, headers } = problem;
  const { status } = PROBLEMS[code];
  c.set('problemCode', code);
  const answer = c.body(JSON.stringify(problemDocument(problem, c.get('requestId'))), status, {
    ...(status === 503 && { 'Retry-After': RETRY_AFTER_SECONDS }),
    ...headers,
    'Content-Type': PROBLEM_TYPE,
  });
  return answer as Answered;
}

/** Ends the request with what a use case refused. */
export function sendRefusal(c: AppContext, { code, message, field }: Refused): Answered {
  return sendProblem(c, { code, detail: message, ...(field !== undefined && { errors: [{ field, message }] }) });
}

export function problemDocument({ code, detail, errors }: Problem, requestId: string): ProblemDocument {
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:tricloud-orders:problem:${code}`,
    title,
    status,
    code,
    detail,
    instance: `urn:tricloud-orders:request:${requestId}`,
    ...(errors && { errors: [...errors] }),
    ...(status >= 500 && { correlationId: requestId }),
  };
}
