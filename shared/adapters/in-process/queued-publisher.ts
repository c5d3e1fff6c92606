import { toCloudEvent } from '../../domain/cloud-event.ts';
import { CONSUMERS, subscribes } from '../../domain/rules.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventPublisher, PublishableEvent } from '../../ports/event-publisher.ts';
import type { MessageQueue, NewMessage } from '../../ports/message-queue.ts';

export interface QueuedPublisherOptions {
  readonly queue: Pick<MessageQueue, 'enqueue'>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * A bus made of queues, one for each consumer and named after it. All messages of a call are enqueued together, so a call
 * publishes every event or, when it throws, may be repeated as a whole.
 */
export function queuedPublisher({ queue, clock }: QueuedPublisherOptions): EventPublisher {
  return {
    async publish(events) {
      const dueAt = clock.now();
      await queue.enqueue(events.flatMap((event) => messagesFor(event, dueAt)));
      return events.map(({ id }) => ({ eventId: id, published: true }));
    },
  };
}

function messagesFor(event: PublishableEvent, dueAt: number): NewMessage[] {
  const { orderId, correlationId } = event;
  return CONSUMERS.filter((consumer) => subscribes(consumer, event)).map((consumer) => ({
    queue: consumer,
    orderId,
    body: toCloudEvent(event),
    dueAt,
    correlationId,
  }));
}
