import { frozenCopy } from '../../ports/frozen-copy.ts';
import type { LedgerEntry, Movement, PaymentLedger } from '../../ports/payment-ledger.ts';
import { PortError } from '../../ports/port-error.ts';

/** Books that last as long as the process. Every write is one synchronous step, so nothing comes between. */
export function memoryPaymentLedger(): PaymentLedger {
  const entries = new Map<string, LedgerEntry>();
  const movements: Movement[] = [];
  return {
    async insert(entry) {
      if (entries.has(entry.reference)) throw new PortError('conflict', 'PaymentLedger.insert');
      entries.set(entry.reference, frozenCopy(entry));
    },
    async get(reference) {
      return entries.get(reference);
    },
    async latest(limit, before = entries.size) {
      const placed = [...entries.values()].map((entry, place) => ({ place, entry }));
      return placed.slice(0, before).slice(-limit).toReversed();
    },
    async byOrder(orderId) {
      return [...entries.values()].filter((entry) => entry.orderId === orderId);
    },
    async update(reference, change) {
      const found = entries.get(reference);
      if (!found) return undefined;
      const { answer, entry, movement } = change(found);
      if (entry) entries.set(reference, frozenCopy(entry));
      if (movement) movements.push(frozenCopy(movement));
      return answer;
    },
    async movements(orderId) {
      return movements.filter((movement) => orderId === undefined || movement.orderId === orderId);
    },
  };
}
