import type { Intent } from './objects.ts';

/** An answer of the API that is an error, with Stripe's own fields. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(status: number, fields: Readonly<Record<string, unknown>>) {
    super(String(fields['message'] ?? fields['code'] ?? status));
    this.status = status;
    this.fields = fields;
  }
}

export function invalid(code: string, param?: string, more: Readonly<Record<string, unknown>> = {}): ApiError {
  return new ApiError(400, { type: 'invalid_request_error', code, message: code, ...(param && { param }), ...more });
}

export function missing(param: string): ApiError {
  const message = `No such ${param}`;
  return new ApiError(404, { type: 'invalid_request_error', code: 'resource_missing', param, message });
}

export function unexpectedState(intent: Intent): ApiError {
  return invalid('payment_intent_unexpected_state', undefined, { payment_intent: intent });
}

export function serverError(): ApiError {
  return new ApiError(500, { type: 'api_error', message: 'something went wrong at Stripe' });
}
