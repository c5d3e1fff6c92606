import type { PaymentRecord } from '../../domain/payment-record.ts';
import type { LedgerEntry, PaymentLedger } from '../../ports/payment-ledger.ts';
import type { PaymentRecords } from '../../ports/payment-records.ts';
import { PortError } from '../../ports/port-error.ts';

export interface SimulatedPaymentRecordsOptions {
  readonly ledger: Pick<PaymentLedger, 'get' | 'latest'>;
}

/** The simulated gateway's books, as a provider shows them. A cursor is the place of the last payment shown. */
export function simulatedPaymentRecords({ ledger }: SimulatedPaymentRecordsOptions): PaymentRecords {
  return {
    async list({ since, until }, { limit, cursor }) {
      const placed = await ledger.latest(limit, cursor === undefined ? undefined : placeOf(cursor));
      const items = placed.filter(({ entry }) => since <= entry.openedAt && entry.openedAt <= until);
      const last = placed.at(-1);
      // The books have one clock: whoever comes before one that is too old is older.
      const more = placed.length === limit && last !== undefined && last.entry.openedAt >= since;
      return { items: items.map(({ entry }) => recordOf(entry)), nextCursor: more ? String(last.place) : null };
    },
    async get(reference) {
      const entry = await ledger.get(reference);
      return entry && recordOf(entry);
    },
  };
}

function placeOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new PortError('invalid-argument', 'PaymentRecords.list', {
    message: 'the cursor does not belong to this list',
  });
}

function recordOf(entry: LedgerEntry): PaymentRecord {
  const { reference, orderId, amount, openedAt, transactionId, refundId, declineCode } = entry;
  const charge = transactionId !== undefined && {
    transactionId,
    amount: amount.amount,
    at: entry.chargedAt ?? openedAt,
    refunded: refundId === undefined ? 0 : amount.amount,
    refundPending: 0,
    ...(refundId !== undefined && { refundId }),
  };
  return {
    reference,
    orderId,
    amount,
    state: entry.state === 'refunded' ? 'charged' : entry.state,
    openedAt,
    ...(charge && { charge }),
    ...(!charge && declineCode !== undefined && { declineCode }),
  };
}
