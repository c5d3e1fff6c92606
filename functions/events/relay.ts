import { errorFields } from '../../shared/application/error-fields.ts';
import { type RelayFailure, type RelayPorts, relayChanges } from '../../shared/application/relay-changes.ts';
import type { OrderChange } from '../../shared/domain/change.ts';
import type { Logger } from '../../shared/ports/logger.ts';

/** Relays committed changes; answers those that have to be relayed again, and says why. */
export const relayHandler =
  (ports: RelayPorts & { readonly logger: Logger }) =>
  async (changes: readonly OrderChange[]): Promise<readonly RelayFailure[]> => {
    const failures = await relayChanges(ports, changes);
    for (const { change, reason, cause } of failures) {
      ports.logger.warn(
        { orderId: change.orderId, changeId: change.id, reason, ...(cause !== undefined && errorFields(cause)) },
        'change was not relayed',
      );
    }
    return failures;
  };
