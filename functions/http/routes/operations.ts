import type { App, AppDeps, OperationsDeps } from '../app-context.ts';

/** What operators do beside changing single orders. All of it is behind `operatorsOnly`. */
export function operationsRoutes(_app: App, _deps: AppDeps, _operations: OperationsDeps): void {
  // Each family of routes registers itself here.
}
