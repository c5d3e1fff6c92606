import type { OrderEvent } from '../domain/events.ts';
import { isHighValue, type Thresholds } from '../domain/rules.ts';
import type { EventPublisher } from '../ports/event-publisher.ts';

export interface PublishPorts {
  readonly publisher: EventPublisher;
  readonly thresholds: Thresholds;
}

/**
 * Publishes events, marked as consumers filter them. Answers the ids of those that were not published, with the reason. Throws
 * what the publisher throws, and then nothing is known of any of them.
 */
export async function publishEvents(
  { publisher, thresholds }: PublishPorts,
  events: readonly OrderEvent[],
): Promise<ReadonlyMap<string, string>> {
  if (events.length === 0) return new Map();
  const marked = events.map((event) => ({ ...event, highValue: isHighValue(event.total, thresholds) }));
  const results = await publisher.publish(marked);
  const answered = new Map(results.map((result) => [result.eventId, result]));
  const failed = new Map<string, string>();
  for (const { id } of events) {
    const result = answered.get(id);
    if (!result?.published) failed.set(id, result ? result.reason : 'the publisher said nothing of it');
  }
  return failed;
}
