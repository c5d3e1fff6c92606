/** Identities. */
export interface Ids {
  /**
   * The id of the order that `customerId` asks for with `idempotencyKey`: always the same one, and nobody without the
   * pepper can compute or guess it. `ord_` and 32 characters of lower-case base32.
   */
  orderId(customerId: string, idempotencyKey: string): string;
}
