import { z } from 'zod';
import { eventType } from '../../shared/domain/cloud-event.ts';
import { EVENT_NAMES, ORDER_STATUSES } from '../../shared/domain/order.ts';
import type { PublishableEvent } from '../../shared/ports/event-publisher.ts';
import { PortError } from '../../shared/ports/port-error.ts';

const TYPES = EVENT_NAMES.map(eventType) as [string, ...string[]];

const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  type: z.enum(TYPES),
  subject: z.string().min(1),
  time: z.iso.datetime(),
  sequence: z.int().positive(),
  highvalue: z.boolean(),
  correlationid: z.string().min(1),
  data: z.object({
    orderId: z.string().min(1),
    customerId: z.string().min(1),
    restaurantId: z.string().min(1),
    status: z.enum(ORDER_STATUSES),
    previousStatus: z.enum(ORDER_STATUSES).optional(),
    total: z.object({ amount: z.int(), currency: z.string().length(3) }),
    version: z.int().positive(),
    reason: z.string().optional(),
  }),
});

/**
 * The event in a message from the bus. One that is not an order event of a known type and version can never be handled: it
 * fails with `invalid-argument`, and belongs to the dead letters at once.
 */
export function parseEvent(body: unknown): PublishableEvent {
  const result = cloudEvent.safeParse(body);
  if (!result.success) {
    const fields = result.error.issues.map(({ path }) => path.join('.') || 'body').join(', ');
    throw new PortError('invalid-argument', 'parseEvent', { message: `not an order event: ${fields}` });
  }
  const { id, type, time, sequence, highvalue, correlationid, data } = result.data;
  const name = EVENT_NAMES.find((candidate) => eventType(candidate) === type);
  if (!name) throw new PortError('invalid-argument', 'parseEvent', { message: `unknown event type ${type}` });
  const { previousStatus, reason, ...facts } = data;
  return {
    id,
    name,
    sequence,
    at: Date.parse(time),
    highValue: highvalue,
    correlationId: correlationid,
    ...facts,
    ...(previousStatus && { previousStatus }),
    ...(reason !== undefined && { reason }),
  };
}
