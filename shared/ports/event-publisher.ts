import type { OrderEvent } from '../domain/events.ts';

/** An event on its way out. `highValue` goes as an attribute that every platform's filters can read. */
export interface PublishableEvent extends OrderEvent {
  readonly highValue: boolean;
}

export type PublishResult =
  | { readonly eventId: string; readonly published: true }
  | { readonly eventId: string; readonly published: false; readonly retryable: boolean; readonly reason: string };

/**
 * Hands events to the platform's bus.
 *
 * - A published event is durable, and reaches every consumer that subscribes to it at least once, in any order.
 * - Repeats are allowed; consumers drop them by event id.
 * - One result for each event, in the order given; a failure of some does not fail the others. Throws only when nothing is
 *   known about any of them. Nothing here retries: the relay does.
 */
export interface EventPublisher {
  publish(events: readonly PublishableEvent[]): Promise<readonly PublishResult[]>;
}
