import type { OrderEvent } from '../domain/events.ts';
import { receiptFor } from '../domain/receipt.ts';
import type { OrderStore } from '../ports/order-store.ts';
import { PortError } from '../ports/port-error.ts';
import type { ReceiptStore } from '../ports/receipt-store.ts';

export interface ReceiptPorts {
  readonly orders: OrderStore;
  readonly receipts: ReceiptStore;
}

/** Writes the receipt of a charge. The store keeps the first, so that a repeat does nothing. */
export async function writeReceipt(ports: ReceiptPorts, event: OrderEvent): Promise<void> {
  const order = await ports.orders.get(event.orderId);
  const receipt = order && receiptFor(order);
  if (!receipt) {
    throw new PortError('not-found', 'writeReceipt', { message: `order ${event.orderId} has no charge` });
  }
  await ports.receipts.putOnce(receipt);
}
