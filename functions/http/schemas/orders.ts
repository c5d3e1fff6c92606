import { z } from '@hono/zod-openapi';
import { PAYMENT_STATUSES } from '../../../shared/domain/order.ts';
import { LIMITS } from '../../../shared/domain/rules.ts';
import {
  addressField,
  contactSchema,
  cursorField,
  customerIdField,
  fulfilmentStatusField,
  limitParameter,
  menuItemIdField,
  moneySchema,
  orderStatusField,
  paymentMethodField,
  quantityField,
  reasonField,
  restaurantIdField,
} from './fields.ts';

const requestedItem = z.strictObject({
  menuItemId: menuItemIdField,
  quantity: quantityField,
  expectedUnitPrice: moneySchema
    .optional()
    .openapi({ description: 'What the customer saw; the order is refused when the menu says otherwise by now' }),
});

export const placeOrderBody = z
  .strictObject({
    restaurantId: restaurantIdField,
    items: z
      .array(requestedItem)
      .min(1, 'must have an item')
      .max(LIMITS.items, `must have at most ${LIMITS.items} items`),
    deliveryAddress: addressField,
    paymentMethod: paymentMethodField,
    contact: contactSchema.optional(),
  })
  .openapi('OrderRequest', {
    example: {
      restaurantId: 'rest-1',
      items: [{ menuItemId: 'pizza', quantity: 2, expectedUnitPrice: { amount: 1599, currency: 'USD' } }],
      deliveryAddress: '1 Main Street, Springfield',
      paymentMethod: 'pm_card_visa',
      contact: { email: 'alice@example.com', locale: 'en-US' },
    },
  });

export const addressBody = z
  .strictObject({ deliveryAddress: addressField })
  .openapi('AddressChange', { example: { deliveryAddress: '2 Side Street, Springfield' } });
export const statusBody = z
  .strictObject({ status: fulfilmentStatusField })
  .openapi('StatusChange', { example: { status: 'shipped' } });
export const cancellationBody = z
  .strictObject({ reason: reasonField.optional() })
  .openapi('Cancellation', { example: { reason: 'ordered twice' } });
export const approvalBody = z
  .strictObject({ approved: z.boolean(), reason: reasonField.optional() })
  .openapi('Approval', { example: { approved: true } });
export const confirmationBody = z
  .strictObject({ accepted: z.boolean(), reason: reasonField.optional() })
  .openapi('Confirmation', { example: { accepted: false, reason: 'the oven is broken' } });
export const settlementBody = z
  .strictObject({ reason: reasonField })
  .openapi('SettlementRequest', { example: { reason: 'the provider is back' } });
export const refundBody = z
  .strictObject({ reason: reasonField })
  .openapi('RefundRequest', { example: { reason: 'delivered cold' } });

export const listQuery = z.strictObject({
  customerId: customerIdField.optional().openapi({ param: { description: 'Orders of this customer' } }),
  restaurantId: restaurantIdField.optional().openapi({ param: { description: 'Orders at this restaurant' } }),
  status: orderStatusField.optional().openapi({ param: { description: 'Orders in this status only' } }),
  limit: limitParameter,
  cursor: cursorField.optional(),
});

const instant = z.iso.datetime().openapi({ example: '2026-11-22T12:00:00.000Z' });

const lineSchema = z
  .object({ menuItemId: z.string(), name: z.string(), unitPrice: moneySchema, quantity: z.int() })
  .openapi('LineItem', {
    example: {
      menuItemId: 'pizza',
      name: 'Pizza Margherita',
      unitPrice: { amount: 1599, currency: 'USD' },
      quantity: 2,
    },
  });

const paymentSchema = z
  .object({
    status: z.enum(PAYMENT_STATUSES),
    transactionId: z.string().optional(),
    declineCode: z.string().optional(),
    dispute: z
      .enum(['open', 'won', 'lost'])
      .optional()
      .openapi({ description: "Whether the customer's bank has taken the charge back. Left out for the restaurant" }),
  })
  .openapi('Payment', { example: { status: 'charged', transactionId: 'txn_1' } });

const workflowSchema = z
  .object({
    state: z.string().openapi({ description: 'The step that comes next, or the wait that the order rests in' }),
    dueAt: instant.openapi({ description: 'When it goes on by itself; past this, it is late' }),
    attempt: z.int().openapi({ description: 'Rounds of a long retry so far' }),
    since: instant.optional().openapi({ description: 'When the wait, or the first of a series of waits, began' }),
    deadline: instant.optional().openapi({ description: 'When the wait ends by itself' }),
    alerted: z.boolean().optional().openapi({ description: 'Whether the operators were told of a series that lasts' }),
    sweeps: z.int().optional().openapi({ description: 'How often it had to be started again' }),
  })
  .openapi('Workflow', {
    description:
      'Where the order stands in its workflow: for operators, while there is something left to run. It moves on without a new version.',
    example: {
      state: 'RetrySettlement',
      dueAt: '2026-11-22T12:08:00.000Z',
      attempt: 3,
      since: '2026-11-22T12:01:00.000Z',
      deadline: '2026-11-22T12:08:00.000Z',
      alerted: false,
    },
  });

export const orderSchema = z
  .object({
    id: z.string(),
    customerId: z.string(),
    restaurantId: z.string(),
    items: z.array(lineSchema),
    total: moneySchema,
    deliveryAddress: z.string(),
    paymentMethod: z.string().optional().openapi({ description: 'Left out for the restaurant' }),
    contact: contactSchema.optional(),
    status: orderStatusField,
    payment: paymentSchema,
    createdAt: instant,
    updatedAt: instant,
    version: z.int().openapi({ description: 'Grows with every change; the ETag is this number in quotes' }),
    workflow: workflowSchema.optional(),
  })
  .openapi('Order', {
    example: {
      id: `ord_${'abcdefgh'.repeat(4)}`,
      customerId: 'alice',
      restaurantId: 'rest-1',
      items: [
        { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' }, quantity: 2 },
      ],
      total: { amount: 3198, currency: 'USD' },
      deliveryAddress: '1 Main Street, Springfield',
      paymentMethod: 'pm_card_visa',
      contact: { email: 'alice@example.com', locale: 'en-US' },
      status: 'paid',
      payment: { status: 'charged', transactionId: 'txn_1' },
      createdAt: '2026-11-22T12:00:00.000Z',
      updatedAt: '2026-11-22T12:00:01.000Z',
      version: 3,
    },
  });

export const orderListSchema = z
  .object({ orders: z.array(orderSchema), nextCursor: z.string().nullable() })
  .openapi('OrderList', { description: 'Newest first. `nextCursor` is null on the last page.' });

export const pastDueQuery = z.strictObject({ limit: limitParameter });

export const pastDueSchema = z
  .object({
    orders: z.array(orderSchema),
    more: z.boolean().openapi({ description: 'Whether there are more than were asked for' }),
  })
  .openapi('PastDueOrders', { description: 'The longest due first.' });

const timelineEntrySchema = z
  .object({
    sequence: z.int(),
    type: z.string().openapi({ example: 'orders.status_changed.v1' }),
    at: instant,
    status: orderStatusField,
    by: z.string().openapi({ description: 'Who did it', example: 'restaurant:rest-1' }),
    reason: z.string().optional().openapi({ description: 'In the words of whoever did it, or else the code' }),
    code: z
      .string()
      .optional()
      .openapi({ description: 'A short code of what or why, where there is one', example: 'cancellation-requested' }),
  })
  .openapi('TimelineEntry');

export const timelineSchema = z.object({ events: z.array(timelineEntrySchema) }).openapi('Timeline', {
  description: 'All that happened to the order, oldest first',
  example: {
    events: [
      {
        sequence: 1,
        type: 'orders.created.v1',
        at: '2026-11-22T12:00:00.000Z',
        status: 'pending',
        by: 'customer:alice',
      },
    ],
  },
});

export const receiptSchema = z
  .object({
    orderId: z.string(),
    lines: z.array(lineSchema),
    total: moneySchema,
    transactionId: z.string(),
    paidAt: instant,
  })
  .openapi('Receipt', {
    example: {
      orderId: `ord_${'abcdefgh'.repeat(4)}`,
      lines: [
        { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' }, quantity: 2 },
      ],
      total: { amount: 3198, currency: 'USD' },
      transactionId: 'txn_1',
      paidAt: '2026-11-22T12:00:01.000Z',
    },
  });
