import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/**
 * What the HTTP benchmark is compared with: the same web framework and server, which answer the same two requests with a fixed order
 * of the usual size, and do nothing else.
 */
const ORDER = {
  id: 'ord_abcdefghabcdefghabcdefghabcdefgh',
  customerId: 'load-0',
  restaurantId: 'rest-0',
  items: [
    { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: { amount: 1599, currency: 'USD' }, quantity: 1 },
    { menuItemId: 'soda', name: 'Soda', unitPrice: { amount: 299, currency: 'USD' }, quantity: 2 },
  ],
  total: { amount: 2197, currency: 'USD' },
  deliveryAddress: '0 Load Street',
  paymentMethod: 'pm_card_visa',
  contact: { email: 'load-0@example.com' },
  status: 'pending',
  payment: { status: 'none' },
  createdAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-22T12:00:00.000Z',
  version: 1,
};

const app = new Hono();
app.get('/healthz', (c) => c.json({ status: 'ok' }));
app.post('/v1/orders', async (c) => {
  // Read, as the platform has to, and looked at no further.
  await c.req.text();
  return c.json(ORDER, 201);
});
app.get('/v1/orders/:orderId', (c) => c.json(ORDER));

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT']) });
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  if ('closeAllConnections' in server) server.closeAllConnections();
});
