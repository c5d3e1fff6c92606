import { type Finding, type ReconcilePorts, reconcilePayments } from './reconcile-payments.ts';

export interface RecentOptions {
  /** How far back payments are looked at. */
  readonly windowMs: number;
  /** No page is begun after this much time; the next run begins anew. */
  readonly budgetMs: number;
  readonly onFinding: (finding: Finding) => void;
}

export interface RecentlyReconciled {
  readonly payments: number;
  readonly findings: number;
  /** Findings that are left to people, and those whose remedy did not work. */
  readonly left: number;
  /** False when the time was used up first. */
  readonly complete: boolean;
}

/** The provider lists as many at the most. */
const PAGE = 100;

/**
 * For a schedule: compares the payments of the last while with their orders, and does what is safe (see `reconcilePayments`). Leaves
 * out the walk over all orders, so that it costs what the payments of the window cost.
 */
export async function reconcileRecent(ports: ReconcilePorts, options: RecentOptions): Promise<RecentlyReconciled> {
  const begun = ports.clock.now();
  const since = begun - options.windowMs;
  let sum = { payments: 0, findings: 0, left: 0 };
  let cursor: string | undefined;
  do {
    const page = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const result = await reconcilePayments(ports, { since, page, repair: true, paymentsOnly: true });
    if (result.kind === 'refused') throw new Error(`defect: a reconciliation was refused: ${result.message}`);
    for (const finding of result.findings) options.onFinding(finding);
    sum = {
      payments: sum.payments + result.payments,
      findings: sum.findings + result.findings.length,
      left: sum.left + result.findings.filter(({ repair }) => repair?.outcome !== 'done').length,
    };
    cursor = result.nextCursor ?? undefined;
  } while (cursor !== undefined && ports.clock.now() - begun < options.budgetMs);
  return { ...sum, complete: cursor === undefined };
}
