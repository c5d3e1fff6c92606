import type { App, AppDeps, OperationsDeps } from '../app-context.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { pastDueRoute } from './past-due.ts';
import { reconcileRoute } from './reconcile.ts';
import { republishRoute } from './republish.ts';

/** What operators do beside changing single orders. All of it is behind `operatorsOnly`. */
export function operationsRoutes(app: App, deps: AppDeps, operations: OperationsDeps): void {
  deadLetterRoutes(app, operations);
  pastDueRoute(app, deps);
  republishRoute(app, deps, operations);
  if (deps.provider) reconcileRoute(app, deps, deps.provider);
}
