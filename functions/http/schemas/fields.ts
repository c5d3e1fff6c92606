import { z } from '@hono/zod-openapi';
import { FULFILMENT_STATUSES } from '../../../shared/domain/commands.ts';
import { ORDER_STATUSES } from '../../../shared/domain/order.ts';
import { LIMITS } from '../../../shared/domain/rules.ts';
import { IF_MATCH } from '../if-match.ts';

/** What the API takes, field by field. Whoever changes a limit here changes the API. */

const ORDER_ID = /^ord_[a-z2-7]{32}$/;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const NAME_RULE = 'must be 1 to 64 of A-Z a-z 0-9 . _ -';
/** A token's subject: 1 to 128 printable ASCII characters. */
const SUBJECT = /^[\x20-\x7e]{1,128}$/;
const CONTROL_BUT_NEWLINE = /(?!\n)\p{Cc}/u;

export const restaurantIdField = z.string().regex(NAME, NAME_RULE).openapi({ example: 'rest-1' });
export const menuItemIdField = z.string().regex(NAME, NAME_RULE).openapi({ example: 'pizza' });
export const customerIdField = z
  .string()
  .regex(SUBJECT, 'must be 1 to 128 printable ASCII characters')
  .openapi({ example: 'alice' });
export const orderStatusField = z.enum(ORDER_STATUSES).openapi('OrderStatus', { example: 'paid' });
export const fulfilmentStatusField = z.enum(FULFILMENT_STATUSES).openapi({ example: 'shipped' });

export const moneySchema = z
  .strictObject({
    amount: z
      .int('must be a whole number of minor units')
      .min(0, 'must not be negative')
      .openapi({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in upper case'),
  })
  .openapi('Money', {
    description: 'An amount in the minor unit of its currency (cents for USD, whole yen for JPY)',
    example: { amount: 1599, currency: 'USD' },
  });

export const quantityField = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(LIMITS.quantity, `must be at most ${LIMITS.quantity}`)
  .openapi({ example: 2 });

export const addressField = freeText(LIMITS.addressCharacters).openapi({ example: '1 Main Street, Springfield' });
export const reasonField = freeText(LIMITS.noteCharacters).openapi({
  description: 'In your own words; it stays with the order',
  example: 'ordered twice',
});

export const cuisineField = freeText(64).toLowerCase().openapi({ minLength: 1, maxLength: 64, example: 'italian' });

export const paymentMethodField = z
  .string()
  .regex(/^\w{1,255}$/, 'must be 1 to 255 of A-Z a-z 0-9 _')
  .openapi({ example: 'pm_card_visa' });

export const contactSchema = z
  .strictObject({
    email: z.email('must be an email address').max(254).optional(),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{1,14}$/, 'must be a phone number such as +4930123456 (E.164)')
      .optional(),
    locale: z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, 'must be a language tag such as de-CH (BCP 47)')
      .optional(),
  })
  .openapi('Contact', {
    description: 'Where notices about the order go; none are sent without',
    example: { email: 'alice@example.com', locale: 'en-US' },
  });

export const cursorField = z.string().min(1).max(2_048).openapi({ description: 'The `nextCursor` of the page before' });

const DEFAULT_LIMIT = 20;
const LIMIT_RULE = 'must be a whole number from 1 to 100';

export const limitField = z
  .int(LIMIT_RULE)
  .min(1, LIMIT_RULE)
  .max(100, LIMIT_RULE)
  .default(DEFAULT_LIMIT)
  .openapi({ description: 'The page may hold fewer and still not be the last' });

/** The same in a query, where everything is text. */
export const limitParameter = z
  .string()
  .regex(/^(?:[1-9]\d?|100)$/, LIMIT_RULE)
  .transform(Number)
  .default(DEFAULT_LIMIT)
  .openapi({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: DEFAULT_LIMIT,
    description: 'The page may hold fewer and still not be the last',
  });

export const orderPath = z.object({
  orderId: z
    .string()
    .regex(ORDER_ID)
    .openapi({ param: { description: 'The id of the order' }, example: `ord_${'abcdefgh'.repeat(4)}` }),
});

export const restaurantPath = z.object({
  restaurantId: z
    .string()
    .regex(NAME)
    .openapi({ param: { description: 'The id of the restaurant' }, example: 'rest-1' }),
});

/** For routes that take no parameters: any is refused. */
export const noQuery = z.strictObject({});

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .regex(/^[\x20-\x7e]{0,255}$/)
    .openapi({
      param: { description: 'Names this order among all of yours: the same key never places another one' },
      minLength: 1,
      maxLength: 255,
      example: '5f0c1e6e-3f6b-4d83-9c46-0d6f7f1f5a3c',
    }),
});

export const ifMatchHeader = z.object({
  'if-match': z
    .string()
    .regex(IF_MATCH, 'must be * or ETags such as "3"')
    .max(1_024)
    .optional()
    .openapi({
      param: { description: 'The ETag that you have seen; any other state of the order is refused' },
      example: '"3"',
    }),
});

/** Text that people typed: trimmed, 1 to `most` characters (code points), lines allowed, nothing else that controls a terminal. */
function freeText(most: number) {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .refine((text) => [...text].length <= most, `must have at most ${most} characters`)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
    .refine((text) => !CONTROL_BUT_NEWLINE.test(text), 'must have no control characters but line breaks')
    .openapi({ minLength: 1, maxLength: most });
}
