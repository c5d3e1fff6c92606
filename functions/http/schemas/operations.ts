import { z } from '@hono/zod-openapi';
import { ORDER_STATUSES } from '../../../shared/domain/order.ts';
import { DISCREPANCY_KINDS } from '../../../shared/domain/reconciliation.ts';
import { cursorField, limitField, limitParameter, moneySchema } from './fields.ts';

const NAME_RULE = 'must be 1 to 64 of A-Z a-z 0-9 . _ -';
const nameField = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, NAME_RULE);

const WINDOW_RULE = 'must be an instant with its offset such as 2026-11-22T12:00:00Z (ISO 8601)';
const windowField = z.iso.datetime({ offset: true, error: WINDOW_RULE });

const ORDER_ID = `ord_${'abcdefgh'.repeat(4)}`;

export const deadLettersQuery = z.strictObject({
  queue: nameField
    .optional()
    .openapi({ param: { description: 'Of this queue only: a consumer, or `segments`' }, example: 'notify' }),
  orderId: nameField.optional().openapi({ param: { description: 'About this order only' }, example: ORDER_ID }),
  limit: limitParameter,
  cursor: cursorField.optional(),
});

export const deadLetterPath = z.object({
  deadLetterId: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/)
    .openapi({
      param: { description: 'The id of the dead letter' },
      example: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
    }),
});

export const deadLetterSchema = z
  .object({
    id: z.string(),
    queue: z.string().openapi({ description: 'A consumer, or `segments` for a job of the workflow' }),
    orderId: z.string(),
    correlationId: z.string().openapi({ description: 'The request that placed the order' }),
    attempts: z.int().openapi({ description: 'How often it was delivered' }),
    error: z.string().openapi({ description: 'Why the last delivery failed' }),
    failedAt: z.iso.datetime(),
    body: z.unknown().openapi({ description: 'The message as it was delivered: an event, or a job' }),
  })
  .openapi('DeadLetter', {
    example: {
      id: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
      queue: 'notify',
      orderId: ORDER_ID,
      correlationId: 'example-request',
      attempts: 5,
      error: 'PortError: NotificationSender.send: the mail was not accepted',
      failedAt: '2026-11-22T12:00:00.000Z',
      body: { specversion: '1.0', id: `${ORDER_ID}:1`, type: 'orders.created.v1' },
    },
  });

export const deadLetterListSchema = z
  .object({ deadLetters: z.array(deadLetterSchema), nextCursor: z.string().nullable() })
  .openapi('DeadLetterList', { description: 'Oldest first. `nextCursor` is null on the last page.' });

export const redrivenSchema = z.object({ redriven: z.literal(true) }).openapi('Redriven');

export const republicationBody = z
  .strictObject({
    since: windowField.openapi({ description: 'Events of this instant and later' }),
    until: windowField.optional().openapi({ description: 'Events of this instant and earlier; now when left out' }),
    limit: limitField,
    cursor: cursorField.optional(),
    dryRun: z.boolean().default(false).openapi({ description: 'Counts, and publishes nothing' }),
  })
  .openapi('RepublicationRequest', { example: { since: '2026-11-22T11:00:00Z', until: '2026-11-22T12:00:00Z' } });

export const republicationSchema = z
  .object({
    orders: z.int().openapi({ description: 'Orders of this page with events in the window' }),
    events: z.int(),
    published: z.int(),
    unpublished: z
      .array(z.object({ eventId: z.string(), reason: z.string() }))
      .max(20)
      .openapi({ description: 'The first 20 events that could not be published' }),
    nextCursor: z.string().nullable(),
  })
  .openapi('Republication', {
    description: '`nextCursor` is null on the last page. A page may have no events and still not be the last.',
    example: { orders: 20, events: 96, published: 96, unpublished: [], nextCursor: null },
  });

export const reconciliationBody = z
  .strictObject({
    since: windowField.openapi({ description: 'Payments opened, and orders changed, at this instant or later' }),
    limit: limitField,
    cursor: cursorField.optional(),
    repair: z.boolean().default(false).openapi({ description: 'Does what is safe; without it nothing is changed' }),
  })
  .openapi('ReconciliationRequest', { example: { since: '2026-11-22T00:00:00Z', repair: false } });

const findingSchema = z
  .object({
    kind: z.enum(DISCREPANCY_KINDS),
    remedy: z
      .enum(['record-outcome', 'refund-charge', 'seal-payment', 'settle-payment', 'tell-operators'])
      .openapi({ description: 'What is to be done; `tell-operators` is for people alone' }),
    orderId: z.string(),
    reference: z.string().openapi({ description: "The provider's id of the payment" }),
    orderStatus: z.enum(ORDER_STATUSES).optional().openapi({ description: 'Absent when there is no such order' }),
    total: moneySchema.optional().openapi({ description: "The order's total" }),
    charged: moneySchema.optional(),
    refunded: moneySchema.optional(),
    repair: z
      .object({ outcome: z.enum(['done', 'pending', 'failed']), reason: z.string().optional() })
      .optional()
      .openapi({ description: 'What came of the remedy, where it was tried' }),
  })
  .openapi('Finding');

export const reconciliationSchema = z
  .object({
    payments: z.int().openapi({ description: 'Payments of this page' }),
    orders: z.int().openapi({ description: 'Orders of this page' }),
    findings: z.array(findingSchema),
    nextCursor: z.string().nullable(),
  })
  .openapi('Reconciliation', {
    description: '`nextCursor` is null on the last page. A page may have no findings and still not be the last.',
    example: {
      payments: 20,
      orders: 0,
      findings: [
        {
          kind: 'second-charge',
          remedy: 'refund-charge',
          orderId: ORDER_ID,
          reference: 'pi_1',
          orderStatus: 'paid',
          total: { amount: 1599, currency: 'USD' },
          charged: { amount: 1599, currency: 'USD' },
          repair: { outcome: 'done' },
        },
      ],
      nextCursor: null,
    },
  });
