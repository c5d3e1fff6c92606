import type { OrderChange } from '../domain/change.ts';
import { isHighValue, type Thresholds } from '../domain/rules.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventPublisher } from '../ports/event-publisher.ts';
import type { WorkflowScheduler } from '../ports/workflow-scheduler.ts';

export interface RelayPorts {
  readonly publisher: EventPublisher;
  readonly scheduler: WorkflowScheduler;
  readonly clock: Clock;
  readonly thresholds: Thresholds;
}

export interface RelayFailure {
  readonly change: OrderChange;
  readonly reason: string;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
}

/**
 * Publishes the events of committed changes and starts what they ask for. A change counts as relayed when all of it was
 * accepted; the failures are answered, and relaying them again repeats what had worked, which consumers drop.
 */
export async function relayChanges(ports: RelayPorts, changes: readonly OrderChange[]): Promise<RelayFailure[]> {
  const unpublished = await publish(ports, changes);
  const outcomes = await Promise.all(
    changes.map(async (change): Promise<RelayFailure | undefined> => {
      const lost = change.events.find(({ id }) => unpublished.has(id));
      try {
        // Also when an event was not published: the order need not wait for its news.
        await start(ports, change);
      } catch (cause) {
        return { change, reason: 'not started', cause };
      }
      return lost && { change, reason: unpublished.get(lost.id) ?? 'not published' };
    }),
  );
  return outcomes.filter((failure) => failure !== undefined);
}

/** The ids of the events that were not published, with the reason. */
async function publish(ports: RelayPorts, changes: readonly OrderChange[]): Promise<Map<string, string>> {
  const events = changes.flatMap((change) => change.events);
  if (events.length === 0) return new Map();
  const marked = events.map((event) => ({ ...event, highValue: isHighValue(event.total, ports.thresholds) }));
  const results = await ports.publisher.publish(marked);
  const answered = new Map(results.map((result) => [result.eventId, result]));
  const failed = new Map<string, string>();
  for (const { id } of events) {
    const result = answered.get(id);
    if (!result?.published) failed.set(id, result ? result.reason : 'the publisher said nothing of it');
  }
  return failed;
}

async function start({ scheduler, clock }: RelayPorts, change: OrderChange): Promise<void> {
  if (!change.start) return;
  const { job, at } = change.start;
  await (at <= clock.now() ? scheduler.start(job) : scheduler.startAt(job, at));
}
