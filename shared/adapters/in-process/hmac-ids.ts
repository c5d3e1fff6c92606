import { createHmac } from 'node:crypto';
import { base32nopad } from '@scure/base';
import type { Ids } from '../../ports/ids.ts';

export interface HmacIdsOptions {
  /** A secret of at least 32 bytes that never changes: with another one, repeated requests would make new orders. */
  readonly pepper: string;
  /** Keeps environments that share a pepper apart. */
  readonly environment: string;
}

const PEPPER_BYTES = 32;
/** 160 bits, which are 32 characters of base32. */
const ID_BYTES = 20;

/** Identities computed from what was asked for, so that every repeat has the same one. Throws RangeError for a short pepper. */
export function hmacIds({ pepper, environment }: HmacIdsOptions): Ids {
  if (Buffer.byteLength(pepper) < PEPPER_BYTES) {
    throw new RangeError(`the pepper for order ids must have at least ${PEPPER_BYTES} bytes`);
  }
  return {
    orderId(customerId, idempotencyKey) {
      const hmac = createHmac('sha256', pepper);
      for (const part of [environment, customerId, idempotencyKey]) hmac.update(lengthPrefixed(part));
      return `ord_${base32nopad.encode(hmac.digest().subarray(0, ID_BYTES)).toLowerCase()}`;
    },
  };
}

/** Four bytes of length, then UTF-8: no two lists of parts make the same bytes. */
function lengthPrefixed(part: string): Buffer {
  const bytes = Buffer.from(part);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
