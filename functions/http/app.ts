import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { App, AppContext, AppDeps, AppEnv } from './app-context.ts';
import { authentication } from './authenticate.ts';
import { registerComponents } from './documentation.ts';
import { answerErrors } from './errors.ts';
import { crossOrigin, noStore, securityHeaders } from './headers.ts';
import { operatorsOnly } from './operators-only.ts';
import { sendProblem } from './problems.ts';
import { requestLog } from './request-log.ts';
import { changeOrderRoutes } from './routes/change-orders.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoute } from './routes/health.ts';
import { operationsRoutes } from './routes/operations.ts';
import { paymentWebhookRoute } from './routes/payment-webhook.ts';
import { placeOrderRoute } from './routes/place-order.ts';
import { readOrderRoutes } from './routes/read-orders.ts';
import { restaurantRoutes } from './routes/restaurants.ts';
import { refuseInvalid } from './validation.ts';

/**
 * The HTTP API, the same on every platform: a Web `Request` in, a Web `Response` out. It keeps nothing between requests, retries
 * nothing, and every answer that is not what was asked for is a problem document.
 */
export function createApp(deps: AppDeps): App {
  const app: App = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.onError(answerErrors(deps.logger));
  app.notFound((c) => sendProblem(c, { code: 'not-found', detail: 'there is nothing at this address' }));
  app.use(requestLog(deps));
  app.use(securityHeaders());
  app.use(noStore);
  app.use(crossOrigin(deps.corsOrigins));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  // The provider brings a signature in place of a token.
  if (deps.provider?.news) paymentWebhookRoute(app, deps, { ...deps.provider, news: deps.provider.news });
  app.use('/v1/*', authentication(deps.authenticate));
  app.use('/v1/operations/*', operatorsOnly);
  registerComponents(app);
  healthRoute(app, deps);
  placeOrderRoute(app, deps);
  readOrderRoutes(app, deps);
  changeOrderRoutes(app, deps);
  restaurantRoutes(app, deps);
  if (deps.operations) operationsRoutes(app, deps, deps.operations);
  docsRoutes(app, deps);
  return app;
}

function refuseMethod(c: AppContext, methods: readonly string[]): Response {
  const allow = methods.join(', ');
  return sendProblem(c, { code: 'method-not-allowed', detail: `allowed here: ${allow}`, headers: { Allow: allow } });
}
