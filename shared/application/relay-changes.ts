import type { OrderChange } from '../domain/change.ts';
import type { Clock } from '../ports/clock.ts';
import type { WorkflowScheduler } from '../ports/workflow-scheduler.ts';
import { type PublishPorts, publishEvents } from './publish-events.ts';

export interface RelayPorts extends PublishPorts {
  readonly scheduler: WorkflowScheduler;
  readonly clock: Clock;
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
  const unpublished = await publishEvents(
    ports,
    changes.flatMap((change) => change.events),
  );
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

async function start({ scheduler, clock }: RelayPorts, change: OrderChange): Promise<void> {
  if (!change.start) return;
  const { job, at } = change.start;
  await (at <= clock.now() ? scheduler.start(job) : scheduler.startAt(job, at));
}
