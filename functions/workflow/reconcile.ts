import type { Finding, ReconcilePorts } from '../../shared/application/reconcile-payments.ts';
import { type RecentlyReconciled, reconcileRecent } from '../../shared/application/reconcile-recent.ts';
import type { Logger } from '../../shared/ports/logger.ts';

/** Twice the usual interval: what one run misses, the next one finds. */
const WINDOW_MS = 48 * 3_600_000;
const BUDGET_MS = 600_000;

/** Compares recent payments with their orders, mends what is safe, and says what it found: alarms watch these lines. */
export const reconcileHandler =
  (ports: ReconcilePorts & { readonly logger: Logger }) => async (): Promise<RecentlyReconciled> => {
    const { logger } = ports;
    const onFinding = (finding: Finding) => logger.warn({ ...finding }, 'payment and order differ');
    const result = await reconcileRecent(ports, { windowMs: WINDOW_MS, budgetMs: BUDGET_MS, onFinding });
    if (!result.complete) logger.warn({ ...result }, 'reconciliation ran out of time; the next one begins anew');
    else logger.info({ ...result }, 'reconciliation');
    return result;
  };
