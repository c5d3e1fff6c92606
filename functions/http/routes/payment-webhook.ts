import { z } from '@hono/zod-openapi';
import { hearPaymentNews } from '../../../shared/application/hear-payment-news.ts';
import type { Metrics } from '../../../shared/ports/metrics.ts';
import type { NewsReading, NewsRefusal, PaymentNewsReader } from '../../../shared/ports/payment-news.ts';
import type { App, AppContext, AppDeps, ProviderDeps } from '../app-context.ts';
import { answer, problemResponses } from '../documentation.ts';
import { type Answered, sendProblem } from '../problems.ts';
import { readBody } from '../read-body.ts';

/** Stripe's events are some kilobytes; one with a long list in it may be more than other bodies here. */
const MAX_WEBHOOK_BYTES = 262_144;

const PATH = '/v1/webhooks/stripe';

const DETAILS: Readonly<Record<NewsRefusal, string>> = {
  'no-signature': 'the header Stripe-Signature is missing',
  'bad-signature':
    'the signature in Stripe-Signature is not that of the body: is the signing secret that of this endpoint?',
  'too-old': 'the signature is older than 300 s, or from the future: is the clock right?',
  malformed: 'the body is signed, and is not an event',
};

type Ports = ProviderDeps & { readonly news: PaymentNewsReader };

/**
 * Takes the payment provider's news, signed over the raw body. Answers 200 once what they say is written, or there is nothing to
 * write; anything else has the provider post them again.
 */
export function paymentWebhookRoute(app: App, deps: AppDeps, ports: Ports): void {
  document(app);
  app.post(PATH, async (c) => {
    const body = await readBody(c.req, MAX_WEBHOOK_BYTES);
    if (body === 'too-large') {
      return sendProblem(c, { code: 'payload-too-large', detail: `a webhook may have ${MAX_WEBHOOK_BYTES} bytes` });
    }
    const signature = c.req.header('Stripe-Signature');
    const reading: NewsReading =
      body === 'broken-off' ? { kind: 'refused', reason: 'malformed' } : await ports.news.read(body, signature);
    if (reading.kind === 'refused') return refuse(c, deps.metrics, reading.reason);
    await hear(deps, ports, reading);
    return c.json({ received: true }, 200);
  });
}

async function hear(
  { orders, clock, logger, metrics }: AppDeps,
  ports: Ports,
  reading: Exclude<NewsReading, { kind: 'refused' }>,
): Promise<void> {
  if (reading.kind === 'unknown') {
    metrics.count('WebhooksUnknown');
    logger.info({ eventId: reading.eventId, type: reading.type }, 'webhook of a type that is not listened to');
    return;
  }
  const { eventId, type, reference } = reading.news;
  const { kind, ...outcome } = await hearPaymentNews({ ...ports, orders, clock, metrics }, reading.news);
  logger.info({ eventId, type, reference, outcome: kind, ...outcome }, 'webhook');
}

function refuse(c: AppContext, metrics: Metrics, reason: NewsRefusal): Answered {
  metrics.count('WebhooksRefused');
  const field = reason === 'malformed' ? 'body' : 'Stripe-Signature';
  const errors = [{ field, message: DETAILS[reason] }];
  return sendProblem(c, { code: 'webhook-refused', detail: DETAILS[reason], errors });
}

/** By hand: a route that describes its body would parse it, and the signature is over the bytes. */
function document({ openAPIRegistry }: App): void {
  openAPIRegistry.registerPath({
    method: 'post',
    path: PATH,
    operationId: 'receiveStripeWebhook',
    tags: ['Platform'],
    summary: 'Take news from Stripe',
    description:
      'For Stripe alone: an event, signed with the secret of this endpoint. Events may come late, repeated and in any order. Types ' +
      'that nothing listens to are acknowledged.',
    security: [],
    request: {
      headers: z.object({
        'Stripe-Signature': z
          .string()
          .openapi({ description: 'As Stripe signs it: `t=...,v1=...`', example: 't=1,v1=0' }),
      }),
      body: {
        required: true,
        content: {
          'application/json': {
            schema: z
              .object({ id: z.string(), type: z.string() })
              .openapi('StripeEvent', { example: { id: 'evt_1', type: 'payment_intent.succeeded' } }),
          },
        },
      },
    },
    responses: {
      200: answer(
        'It is written, or there was nothing to write',
        z.object({ received: z.literal(true) }).openapi('Received', { example: { received: true } }),
      ),
      ...problemResponses(['webhook-refused', 'payload-too-large', 'internal', 'unavailable']),
    },
  });
}
