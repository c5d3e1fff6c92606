import type { z } from '@hono/zod-openapi';
import type { orderSchema, timelineSchema } from '../functions/http/schemas/orders.ts';

/** What the platform answers to an operator. */
export type OrderAnswer = z.infer<typeof orderSchema>;
export type TimelineAnswer = z.infer<typeof timelineSchema>;
