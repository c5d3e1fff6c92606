import type { LedgerEntry, Movement, PaymentLedger } from '../../ports/payment-ledger.ts';
import { PortError } from '../../ports/port-error.ts';

/** Books that last as long as the process. Every write is one synchronous step, so nothing comes between. */
export function memoryPaymentLedger(): PaymentLedger {
  const entries = new Map<string, LedgerEntry>();
  const movements: Movement[] = [];
  return {
    async insert(entry) {
      if (entries.has(entry.reference)) throw new PortError('conflict', 'PaymentLedger.insert');
      entries.set(entry.reference, structuredClone(entry));
    },
    async get(reference) {
      return structuredClone(entries.get(reference));
    },
    async byOrder(orderId) {
      return structuredClone([...entries.values()].filter((entry) => entry.orderId === orderId));
    },
    async update(reference, change) {
      const found = entries.get(reference);
      if (!found) return undefined;
      const { answer, entry, movement } = change(found);
      if (entry) entries.set(reference, entry);
      if (movement) movements.push(movement);
      return answer;
    },
    async movements(orderId) {
      return structuredClone(movements.filter((movement) => orderId === undefined || movement.orderId === orderId));
    },
  };
}
