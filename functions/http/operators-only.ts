import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './app-context.ts';
import { sendProblem } from './problems.ts';

/** Lets only operators through; behind `authentication`. */
export const operatorsOnly: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.get('actor').operator) return next();
  return sendProblem(c, { code: 'forbidden', detail: 'only for: operator' });
};
