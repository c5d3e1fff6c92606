/**
 * What a provider tells by itself, reduced to where to look. News are late, repeated and out of order, so nothing is believed of
 * them but that this payment is worth looking at: what became of it is read from the provider's books.
 */
export interface PaymentNews {
  /** The provider's id of this message: the same one in every repeat. */
  readonly eventId: string;
  /** The provider's name of what happened; for the logs. */
  readonly type: string;
  readonly reference: string;
  /** Whose payment it is; absent where the provider does not say. */
  readonly orderId?: string;
}

export type NewsReading =
  | { readonly kind: 'news'; readonly news: PaymentNews }
  /** Genuine, and of a type that nothing here listens to. */
  | { readonly kind: 'unknown'; readonly eventId: string; readonly type: string }
  /** Not the provider's, too old, or not readable. `reason` is a short code. */
  | { readonly kind: 'refused'; readonly reason: NewsRefusal };

export type NewsRefusal = 'bad-signature' | 'malformed' | 'no-signature' | 'too-old';

/** Reads what was posted in the provider's name. */
export interface PaymentNewsReader {
  /**
   * Checks that `body`, byte for byte, was signed by the provider within the last five minutes, and reads it. Fails with a
   * PortError only where the signing secret cannot be had.
   */
  read(body: Uint8Array, signature: string | undefined): Promise<NewsReading>;
}
