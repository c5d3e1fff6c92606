import type { Receipt } from '../../domain/receipt.ts';
import { frozenCopy } from '../../ports/frozen-copy.ts';
import type { ReceiptStore } from '../../ports/receipt-store.ts';

/** Receipts in the memory of this process, for tests. */
export function memoryReceiptStore(): ReceiptStore {
  const receipts = new Map<string, Receipt>();

  return {
    async putOnce(receipt) {
      if (!receipts.has(receipt.orderId)) receipts.set(receipt.orderId, frozenCopy(receipt));
    },

    async get(orderId) {
      return receipts.get(orderId);
    },
  };
}
