import { queuedPublisher } from '../../shared/adapters/in-process/queued-publisher.ts';
import { queuedScheduler } from '../../shared/adapters/in-process/queued-scheduler.ts';
import type { SegmentJob } from '../../shared/domain/change.ts';
import type { OrderCloudEvent } from '../../shared/domain/cloud-event.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { Message, MessageQueue } from '../../shared/ports/message-queue.ts';
import { NOON } from '../fixtures.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { type DeadLettersHarness, deadLettersSuite } from './dead-letters.suite.ts';
import { type EventPublisherHarness, eventPublisherSuite } from './event-publisher.suite.ts';
import type { Closable } from './harness.ts';
import { type MessageQueueHarness, messageQueueSuite } from './message-queue.suite.ts';
import { type WorkflowSchedulerHarness, workflowSchedulerSuite } from './workflow-scheduler.suite.ts';

/** A queue with its dead letters, empty and nobody else's. */
interface Messaging extends Closable {
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
}

export type OpenMessaging = (onEnqueue: () => void) => Messaging;

/** Runs the suites of everything that a message queue carries. */
export function messagingSuites(name: string, open: OpenMessaging): void {
  messageQueueSuite(name, async () => queueHarness(open));
  deadLettersSuite(name, async () => deadLettersHarness(open(() => {})));
  workflowSchedulerSuite(`${name}, queued`, async () => schedulerHarness(open(() => {})));
  eventPublisherSuite(`${name}, queued`, async () => publisherHarness(open(() => {})));
}

function queueHarness(open: OpenMessaging): MessageQueueHarness {
  let wakes = 0;
  const messaging = open(() => {
    wakes += 1;
  });
  return { ...messaging, wakes: () => wakes };
}

function deadLettersHarness({ queue, deadLetters, close }: Messaging): DeadLettersHarness {
  const waiting: Message[] = [];
  const takeThoseWaiting = async (): Promise<void> => {
    waiting.push(...(await queue.take(Number.MAX_SAFE_INTEGER, 10_000)));
  };
  return {
    deadLetters,
    close,
    async fail(casualties) {
      await takeThoseWaiting();
      await queue.enqueue(casualties.map((casualty, index) => ({ ...casualty, dueAt: index })));
      const taken = await queue.take(casualties.length, casualties.length);
      const burials = casualties.map(({ failedAt, error }, index) =>
        queue.bury(taken[index]?.id ?? '', failedAt, error),
      );
      await Promise.all(burials);
    },
    async waiting() {
      await takeThoseWaiting();
      return waiting.map(({ id: _, dueAt: __, ...message }) => message);
    },
  };
}

function schedulerHarness({ queue, close }: Messaging): WorkflowSchedulerHarness {
  const clock = manualClock(NOON);
  return {
    scheduler: queuedScheduler({ queue, clock }),
    now: clock.now,
    pass: async (ms) => clock.advance(ms),
    ran: async () => (await takeAll(queue, clock)).map(({ body }) => body as SegmentJob),
    close,
  };
}

function publisherHarness({ queue, close }: Messaging): EventPublisherHarness {
  const clock = manualClock(NOON);
  return {
    publisher: queuedPublisher({ queue, clock }),
    async received() {
      const messages = await takeAll(queue, clock);
      const of = (consumer: string) =>
        messages.filter((message) => message.queue === consumer).map(({ body }) => body as OrderCloudEvent);
      return { notify: of('notify'), receipt: of('receipt'), operators: of('operators') };
    },
    close,
  };
}

async function takeAll(queue: MessageQueue, clock: ManualClock): Promise<readonly Message[]> {
  const messages = await queue.take(clock.now(), 10_000);
  await Promise.all(messages.map(({ id }) => queue.done(id)));
  return messages;
}
