import { type ReceiptPorts, writeReceipt } from '../../shared/application/write-receipt.ts';
import { parseEvent } from './parse-event.ts';

/** Consumer `receipt`: writes the receipt of a charge. */
export const receiptHandler = (ports: ReceiptPorts) => async (body: unknown) => writeReceipt(ports, parseEvent(body));
