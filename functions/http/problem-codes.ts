import type { ErrorCode } from '../../shared/application/refusal.ts';

/** Every `code` that a problem can have. They are part of the API: clients branch on them. */
export type ProblemCode =
  | ErrorCode
  | 'idempotency-key-required'
  | 'internal'
  | 'invalid-idempotency-key'
  | 'malformed-json'
  | 'method-not-allowed'
  | 'not-found'
  | 'payload-too-large'
  | 'unauthenticated'
  | 'unavailable'
  | 'unsupported-media-type'
  | 'webhook-refused';

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 500 | 503;

/** The one table from a code to its status and title. */
export const PROBLEMS: Readonly<Record<ProblemCode, { readonly status: ProblemStatus; readonly title: string }>> = {
  'idempotency-key-required': { status: 400, title: 'An Idempotency-Key is required' },
  'invalid-cursor': { status: 400, title: 'The cursor does not belong to this list' },
  'invalid-idempotency-key': { status: 400, title: 'The Idempotency-Key is not usable' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  forbidden: { status: 403, title: 'Not allowed' },
  'dead-letter-not-found': { status: 404, title: 'There is no such dead letter (any more)' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'order-not-found': { status: 404, title: 'There is no such order' },
  'receipt-not-ready': { status: 404, title: 'There is no receipt (yet)' },
  'restaurant-not-found': { status: 404, title: 'There is no such restaurant' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  'already-decided': { status: 409, title: 'It was decided otherwise before' },
  'illegal-transition': { status: 409, title: 'The status of the order does not allow it' },
  'price-changed': { status: 409, title: 'A price has changed' },
  'restaurant-closed': { status: 409, title: 'The restaurant takes no orders at the moment' },
  'payment-disputed': { status: 409, title: 'The charge is disputed' },
  'too-late': { status: 409, title: 'It is too late for that' },
  'too-many-changes': { status: 409, title: 'The order was changed too often' },
  'precondition-failed': { status: 412, title: 'The order has changed since' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'webhook-refused': { status: 400, title: 'The webhook is not accepted' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'mixed-currencies': { status: 422, title: 'The items have different currencies' },
  'total-too-large': { status: 422, title: 'The total is too large' },
  'total-too-small': { status: 422, title: 'The total is too small' },
  'unknown-menu-item': { status: 422, title: 'The restaurant does not offer this item' },
  'unknown-restaurant': { status: 422, title: 'There is no such restaurant' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  busy: { status: 503, title: 'The order is being changed by others' },
  unavailable: { status: 503, title: 'Unavailable for the moment' },
};
