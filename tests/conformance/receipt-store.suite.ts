import { describe, expect, it } from 'vitest';
import type { ReceiptStore } from '../../shared/ports/receipt-store.ts';
import { aLineItem, anOrderId, aReceipt, NOON } from '../fixtures.ts';
import { freshFor, scribble } from './harness.ts';
import { ODD_TEXTS } from './odd-values.ts';

export interface ReceiptStoreHarness {
  readonly receipts: ReceiptStore;
  close(): Promise<void>;
}

/** Everything that the port `ReceiptStore` promises. `open` gives an empty one. */
export function receiptStoreSuite(name: string, open: () => Promise<ReceiptStoreHarness>): void {
  describe(`${name}: ReceiptStore`, () => {
    const current = freshFor(open);

    it('does not know a receipt that was never put', async () => {
      expect(await current().receipts.get(anOrderId())).toBeUndefined();
    });

    it('reads a receipt as soon as it was put', async () => {
      const { receipts } = current();
      const receipt = aReceipt();
      await receipts.putOnce(receipt);
      expect(await receipts.get(receipt.orderId)).toStrictEqual(receipt);
    });

    it('keeps the receipts of different orders apart', async () => {
      const { receipts } = current();
      const [left, right] = [aReceipt({ transactionId: 'left' }), aReceipt({ transactionId: 'right' })];
      await Promise.all([receipts.putOnce(left), receipts.putOnce(right)]);
      expect(await receipts.get(left.orderId)).toStrictEqual(left);
      expect(await receipts.get(right.orderId)).toStrictEqual(right);
    });

    it('keeps the first receipt of an order, and takes a repeat without a word', async () => {
      const { receipts } = current();
      const first = aReceipt();
      await receipts.putOnce(first);
      await receipts.putOnce(first);
      await receipts.putOnce({ ...first, transactionId: 'another', paidAt: NOON + 1 });
      expect(await receipts.get(first.orderId)).toStrictEqual(first);
    });

    it('keeps one of many put at the same time, whole, and fails none', async () => {
      const { receipts } = current();
      const orderId = anOrderId();
      const rivals = Array.from({ length: 20 }, (_, index) =>
        aReceipt({ orderId, transactionId: `txn_${index}`, paidAt: NOON + index }),
      );
      await Promise.all(rivals.map((receipt) => receipts.putOnce(receipt)));
      const kept = await receipts.get(orderId);
      expect(rivals).toContainEqual(kept);
      expect(await receipts.get(orderId)).toStrictEqual(kept);
    });

    it.each(ODD_TEXTS.map((text) => [text]))('keeps the text %j', async (text) => {
      const { receipts } = current();
      const receipt = aReceipt({ transactionId: text, lines: [aLineItem({ name: text, menuItemId: text })] });
      await receipts.putOnce(receipt);
      expect(await receipts.get(receipt.orderId)).toStrictEqual(receipt);
    });

    it('keeps 100 lines and the largest amounts', async () => {
      const { receipts } = current();
      const most = { amount: Number.MAX_SAFE_INTEGER, currency: 'JPY' };
      const lines = Array.from({ length: 100 }, (_, index) => aLineItem({ name: `line ${index}`, unitPrice: most }));
      const receipt = aReceipt({ lines, total: most });
      await receipts.putOnce(receipt);
      expect(await receipts.get(receipt.orderId)).toStrictEqual(receipt);
    });

    it('keeps what was put when callers change their objects later', async () => {
      const { receipts } = current();
      const receipt = aReceipt();
      const asPut = structuredClone(receipt);
      await receipts.putOnce(receipt);
      scribble(receipt);
      scribble(await receipts.get(asPut.orderId));
      expect(await receipts.get(asPut.orderId)).toStrictEqual(asPut);
    });
  });
}
