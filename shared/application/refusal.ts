import type { RefusalCode } from '../domain/commands.ts';

/** Why a use case says no. The codes are part of the API. */
export type ErrorCode =
  | RefusalCode
  | 'busy'
  | 'dead-letter-not-found'
  | 'forbidden'
  | 'idempotency-key-reused'
  | 'invalid-cursor'
  | 'invalid-request'
  | 'mixed-currencies'
  | 'order-not-found'
  | 'precondition-failed'
  | 'price-changed'
  | 'receipt-not-ready'
  | 'restaurant-closed'
  | 'restaurant-not-found'
  | 'total-too-large'
  | 'total-too-small'
  | 'unknown-menu-item'
  | 'unknown-restaurant';

export interface Refused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  /** Says what is wrong and what would help; no data of other people. */
  readonly message: string;
  /** The field of the request that is at fault, for example `items[0].quantity`. */
  readonly field?: string;
}

export function refuse(code: ErrorCode, message: string, field?: string): Refused {
  return { kind: 'refused', code, message, ...(field !== undefined && { field }) };
}
