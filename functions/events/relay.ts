import { errorFields } from '../../shared/application/error-fields.ts';
import { type RelayFailure, type RelayPorts, relayChanges } from '../../shared/application/relay-changes.ts';
import type { OrderChange } from '../../shared/domain/change.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Metrics } from '../../shared/ports/metrics.ts';

interface Ports extends RelayPorts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Relays committed changes, and counts what the business looks at; answers those that have to be relayed again, and says why. */
export const relayHandler =
  (ports: Ports) =>
  async (changes: readonly OrderChange[]): Promise<readonly RelayFailure[]> => {
    const failures = await relayChanges(ports, changes);
    for (const { change, reason, cause } of failures) {
      ports.logger.warn(
        { orderId: change.orderId, changeId: change.id, reason, ...(cause !== undefined && errorFields(cause)) },
        'change was not relayed',
      );
    }
    const failed = new Set(failures.map(({ change }) => change.id));
    countEvents(
      ports.metrics,
      changes.filter(({ id }) => !failed.has(id)),
    );
    return failures;
  };

function countEvents(metrics: Metrics, changes: readonly OrderChange[]): void {
  for (const { name, total } of changes.flatMap(({ events }) => events)) {
    if (name === 'payment_declined') metrics.count('PaymentFailures');
    if (name === 'refund_failed') metrics.count('RefundsFailed');
    if (name !== 'created') continue;
    metrics.count('OrdersCreated');
    metrics.count('OrderValue', total.amount);
  }
}
