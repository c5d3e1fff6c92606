import type { Receipt } from '../domain/receipt.ts';

/** Receipts, written once. */
export interface ReceiptStore {
  /** Keeps the first receipt of an order; a repeat changes nothing and succeeds. Durable when it resolves. */
  putOnce(receipt: Receipt): Promise<void>;
  /** Reads what was last written. */
  get(orderId: string): Promise<Receipt | undefined>;
}
