import { z } from 'zod';
import { ApiError } from './errors.ts';
import type { StripeFault } from './faults.ts';
import type { Happenings } from './happenings.ts';
import type { Books, StripeMovement } from './objects.ts';
import type { WebhookEndpoint } from './webhooks.ts';

export interface InspectionParts {
  readonly books: Books;
  readonly happens: Happenings;
  movements(orderId?: string): readonly StripeMovement[];
  fault(fault: StripeFault): void;
  subscribe(endpoint: WebhookEndpoint): void;
}

const text = z.string().min(1);
const COMMANDS = {
  faults: z.strictObject({
    operation: text,
    kind: z.enum(['drop-before', 'drop-after', '500', '500-after', '429', 'lock', 'hang', 'slow']),
    times: z.int().min(1),
    ms: z.int().min(0).optional(),
  }),
  webhooks: z.strictObject({
    url: z.url(),
    secret: text,
    delaysMs: z.array(z.int().min(0)).optional(),
    copies: z.int().min(1).optional(),
    hold: z.boolean().optional(),
    beforeAnswer: z.boolean().optional(),
  }),
  'open-dispute': z.strictObject({ reference: text }),
  'close-dispute': z.strictObject({ id: text, status: z.enum(['lost', 'won']) }),
  'end-refund': z.strictObject({ id: text, status: z.enum(['failed', 'succeeded']) }),
  'end-processing': z.strictObject({ reference: text, approved: z.boolean() }),
  refund: z.strictObject({ reference: text, amount: z.int().min(1).optional() }),
  'save-card': z.strictObject({ method: text, card: text, customerId: text }),
} as const;

/**
 * The stand-in's own side, for other processes: what it holds, and everything that a test in the same process can do. Undefined for
 * paths that are not its own.
 */
export function inspection(parts: InspectionParts) {
  const { books, movements } = parts;
  return (method: string | undefined, url: URL, body: string): object | undefined => {
    const [, name] = /^\/_standin\/([a-z-]+)$/.exec(url.pathname) ?? [];
    if (name === undefined) return undefined;
    const orderId = url.searchParams.get('orderId') ?? undefined;
    if (method === 'GET' && name === 'movements') return movements(orderId);
    if (method === 'GET' && name === 'intents') {
      return [...books.intents.values()].filter(({ metadata }) => !orderId || metadata['order_id'] === orderId);
    }
    if (method === 'POST' && Object.hasOwn(COMMANDS, name)) return command(parts, name, body);
    throw new ApiError(404, { type: 'invalid_request_error', message: `unknown URL ${url.pathname}` });
  };
}

function command({ happens, fault, subscribe }: InspectionParts, name: string, body: string): object {
  const read = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> => bodyAs(schema, body);
  switch (name) {
    case 'faults':
      fault(read(COMMANDS.faults));
      return {};
    case 'webhooks':
      subscribe(read(COMMANDS.webhooks));
      return {};
    case 'open-dispute':
      return { id: happens.openDispute(read(COMMANDS['open-dispute']).reference) };
    case 'close-dispute': {
      const { id, status } = read(COMMANDS['close-dispute']);
      happens.closeDispute(id, status);
      return {};
    }
    case 'end-refund': {
      const { id, status } = read(COMMANDS['end-refund']);
      happens.endRefund(id, status);
      return {};
    }
    case 'end-processing': {
      const { reference, approved } = read(COMMANDS['end-processing']);
      happens.endProcessing(reference, approved);
      return {};
    }
    case 'refund': {
      const { reference, amount } = read(COMMANDS.refund);
      return { id: happens.refund(reference, amount) };
    }
    default: {
      const { method, card, customerId } = read(COMMANDS['save-card']);
      happens.saveCard(method, card, customerId);
      return {};
    }
  }
}

function bodyAs<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> {
  const read = z.safeParse(schema, jsonOf(body));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const message = `${issue?.path.join('.') || 'the body'}: ${issue?.message}`;
  throw new ApiError(400, { type: 'invalid_request_error', message });
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
