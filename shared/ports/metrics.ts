/** What the business and its operators count. The names are the same on every platform's dashboard. */
const METRIC_NAMES = [
  'OrdersCreated',
  /** Totals of the orders created, in minor units: of one currency, or a sum of several that says little. */
  'OrderValue',
  /** Orders that somebody tried to place, and the platform could not take. */
  'OrderCreationErrors',
  /** Orders whose payment failed, for whatever reason. */
  'PaymentFailures',
  /** Refunds that the provider refused or that came back. */
  'RefundsFailed',
  /** Orders past due that the sweeper had to start again. */
  'OrdersStuck',
  /** Messages that were given up on, and wait on the list of dead letters for an operator. */
  'DeadLetters',
  /** Webhooks whose signature, age or form is not good. */
  'WebhooksRefused',
  /** Genuine webhooks of a type that nothing here listens to. */
  'WebhooksUnknown',
  /** Genuine webhooks about a payment of no order here. */
  'WebhooksForeign',
  'Disputes',
  /** Differences between the orders and the provider's books that a reconciliation found. */
  'PaymentDiscrepancies',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** Counts. Never fails, never waits, and is not exact: a crash loses what was not passed on yet. */
export interface Metrics {
  /** Adds `value` (1 when left out) to the sum of `name`. */
  count(name: MetricName, value?: number): void;
}
