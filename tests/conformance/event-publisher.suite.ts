import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OrderCloudEvent, toCloudEvent } from '../../shared/domain/cloud-event.ts';
import { EVENT_NAMES, ORDER_STATUSES } from '../../shared/domain/order.ts';
import { CONSUMERS, type Consumer, subscribes } from '../../shared/domain/rules.ts';
import type { EventPublisher, PublishableEvent } from '../../shared/ports/event-publisher.ts';
import { anOrderId, NOON } from '../fixtures.ts';
import { type Closable, freshFor, withFresh } from './harness.ts';
import { oddText } from './odd-values.ts';

export interface EventPublisherHarness extends Closable {
  readonly publisher: EventPublisher;
  /** The events that reached each consumer since this was asked before, as they came over the wire. */
  received(): Promise<Readonly<Record<Consumer, readonly OrderCloudEvent[]>>>;
}

export type OpenEventPublisher = () => Promise<EventPublisherHarness>;

/** Everything that the port `EventPublisher` promises. */
export function eventPublisherSuite(name: string, open: OpenEventPublisher): void {
  describe(`${name}: EventPublisher`, () => {
    const harness = freshFor(open);

    it('answers one result for each event, in the order given', async () => {
      const { publisher } = harness();
      const events = [anEvent(), anEvent(), anEvent()];
      const results = await publisher.publish(events);
      expect(results).toEqual(events.map(({ id }) => ({ eventId: id, published: true })));
      expect(await publisher.publish([])).toEqual([]);
    });

    it('brings events of every name and value to those who subscribe, as CloudEvents, and to nobody else', async () => {
      const { publisher, received } = harness();
      const events = EVENT_NAMES.flatMap((event) =>
        [true, false].map((highValue) => anEvent({ name: event, highValue })),
      );
      await publisher.publish(events);
      await expectReceived(received, events);
    });

    it('brings an event that is published twice to its consumers at least once', async () => {
      const { publisher, received } = harness();
      const event = anEvent({ name: 'payment_charged' });
      await publisher.publish([event, event]);
      await publisher.publish([event]);
      await expectReceived(received, [event]);
    });

    it('loses nothing when much is published at once', async () => {
      const { publisher, received } = harness();
      const batches = Array.from({ length: 20 }, () => Array.from({ length: 10 }, () => anEvent()));
      await Promise.all(batches.map((batch) => publisher.publish(batch)));
      await expectReceived(received, batches.flat());
    });

    it('brings whatever a list of events says to whom it concerns', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(ANY_EVENT, { maxLength: 10 }), (facts) =>
          withFresh(open, async ({ publisher, received }) => {
            const events = facts.map(anEvent);
            await publisher.publish(events);
            await expectReceived(received, events);
          }),
        ),
        { numRuns: 30 },
      );
    });
  });
}

const ANY_EVENT: fc.Arbitrary<Partial<PublishableEvent>> = fc.record(
  {
    name: fc.constantFrom(...EVENT_NAMES),
    status: fc.constantFrom(...ORDER_STATUSES),
    previousStatus: fc.constantFrom(...ORDER_STATUSES),
    highValue: fc.boolean(),
    customerId: oddText,
    reason: oddText,
    total: fc.record({ amount: fc.maxSafeNat(), currency: fc.constantFrom('USD', 'JPY') }, { noNullPrototype: true }),
  },
  { requiredKeys: ['highValue'], noNullPrototype: true },
);

function anEvent(overrides: Partial<PublishableEvent> = {}): PublishableEvent {
  const orderId = anOrderId();
  return {
    id: `${orderId}:1`,
    name: 'created',
    sequence: 1,
    at: NOON,
    orderId,
    customerId: 'alice',
    restaurantId: 'rest-1',
    status: 'pending',
    total: { amount: 1599, currency: 'USD' },
    version: 1,
    correlationId: 'request-1',
    highValue: false,
    ...overrides,
  };
}

/** Expects that each consumer has received exactly the events it subscribes to, each at least once, in any order. */
async function expectReceived(
  received: EventPublisherHarness['received'],
  events: readonly PublishableEvent[],
): Promise<void> {
  const byConsumer = await received();
  for (const consumer of CONSUMERS) {
    const expected = events.filter((event) => subscribes(consumer, event)).map(toCloudEvent);
    expect(withoutRepeats(byConsumer[consumer]), consumer).toStrictEqual(withoutRepeats(expected));
  }
}

function withoutRepeats(events: readonly OrderCloudEvent[]): readonly OrderCloudEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...byId.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}
