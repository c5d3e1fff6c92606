import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { toCloudEvent } from '../../domain/cloud-event.ts';
import type { EventPublisher, PublishableEvent, PublishResult } from '../../ports/event-publisher.ts';
import { isPortError } from '../../ports/port-error.ts';
import { awsCall } from './aws-errors.ts';
import { detailTypeOf, EVENT_SOURCE } from './event-patterns.ts';

export interface EventBridgeEventPublisherOptions {
  readonly client: EventBridgeClient;
  /** The bus's name or ARN. */
  readonly bus: string;
}

/** EventBridge takes as many in a call. */
const BATCH = 10;

/** Events on an EventBridge bus, whose rules (see `eventPatternOf`) bring them to the consumers' queues. */
export function eventBridgeEventPublisher({ client, bus }: EventBridgeEventPublisherOptions): EventPublisher {
  async function put(events: readonly PublishableEvent[]): Promise<readonly PublishResult[]> {
    const command = new PutEventsCommand({ Entries: events.map((event) => entryOf(event, bus)) });
    const { Entries: results = [] } = await awsCall('EventPublisher.publish', () => client.send(command));
    return events.map(({ id }, index) => resultOf(id, results[index]));
  }

  return {
    async publish(events) {
      const results: PublishResult[] = [];
      for (let start = 0; start < events.length; start += BATCH) {
        const batch = events.slice(start, start + BATCH);
        try {
          results.push(...(await put(batch)));
        } catch (error) {
          // Of the batches before it is known what became of them.
          if (!isPortError(error) || results.length === 0) throw error;
          results.push(...batch.map(({ id }) => failed(id, error.retryable, error.code)));
        }
      }
      return results;
    },
  };
}

function entryOf(event: PublishableEvent, bus: string): PutEventsRequestEntry {
  return {
    EventBusName: bus,
    Source: EVENT_SOURCE,
    DetailType: detailTypeOf(event.name),
    Time: new Date(event.at),
    Detail: JSON.stringify(toCloudEvent(event)),
  };
}

/** Errors of single entries that the same entry will always have. */
const LASTING: readonly string[] = ['InvalidArgument', 'MalformedDetail', 'NotAuthorizedForSourceException'];

function resultOf(eventId: string, result: PutEventsResultEntry | undefined): PublishResult {
  if (result?.EventId !== undefined) return { eventId, published: true };
  const reason = result?.ErrorCode ?? 'EventBridge said nothing of it';
  return failed(eventId, !LASTING.includes(reason), reason);
}

function failed(eventId: string, retryable: boolean, reason: string): PublishResult {
  return { eventId, published: false, retryable, reason };
}
