import * as apigateway from '@pulumi/aws/apigatewayv2/index.js';
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as lambda from '@pulumi/aws/lambda/index.js';
import * as pulumi from '@pulumi/pulumi';
import { originsOf } from '../config.ts';
import { Component, type ComponentArgs } from './component.ts';
import type { OrderFunction } from './function.ts';
import type { Identity } from './identity.ts';

export interface HttpApiArgs extends ComponentArgs {
  readonly api: OrderFunction;
  readonly operations: OrderFunction;
  readonly identity: Identity;
}

interface ServedRoute {
  readonly key: string;
  readonly to: 'api' | 'operations';
  /** Whether a token is asked for before the function is called. */
  readonly signedIn: boolean;
}

/**
 * Never `ANY`: it would take `OPTIONS` as well, and ask preflights for a token that no browser sends with them. What no route takes is
 * answered by the gateway's own CORS.
 */
const METHODS = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'];

/** Which function answers what. The longest path that fits counts. */
const ROUTES: readonly ServedRoute[] = [
  ...METHODS.map((method) => ({ key: `${method} /v1/{proxy+}`, to: 'api', signedIn: true }) as const),
  { key: 'GET /healthz', to: 'api', signedIn: false },
  { key: 'GET /openapi.json', to: 'api', signedIn: false },
  ...METHODS.map((method) => ({ key: `${method} /v1/operations/{proxy+}`, to: 'operations', signedIn: true }) as const),
  // The provider signs.
  { key: 'POST /v1/webhooks/{proxy+}', to: 'operations', signedIn: false },
];

const HOUR = 3_600;
const ACCESS_LOG = {
  requestId: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  integrationStatus: '$context.integrationStatus',
  latencyMs: '$context.responseLatency',
  error: '$context.error.message',
  authorizer: '$context.authorizer.error',
};

/** The HTTP API: throttled, with access logs that say nothing of people, a JWT authorizer and the origins that may call it. */
export class HttpApi extends Component {
  readonly url: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: HttpApiArgs, options: pulumi.ComponentResourceOptions) {
    super('HttpApi', name, options);
    const { config, prefix, identity } = args;
    const parent = { parent: this };
    const origins = originsOf(config);
    const api = new apigateway.Api(
      'api',
      {
        name: prefix,
        protocolType: 'HTTP',
        ...(origins.length > 0 && {
          corsConfiguration: {
            allowOrigins: [...origins],
            allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'OPTIONS'],
            allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'x-request-id'],
            exposeHeaders: ['etag', 'location', 'idempotency-replayed', 'x-request-id', 'retry-after'],
            maxAge: HOUR,
          },
        }),
      },
      parent,
    );
    const authorizer = new apigateway.Authorizer(
      'cognito',
      {
        apiId: api.id,
        name: 'cognito',
        authorizerType: 'JWT',
        identitySources: ['$request.header.Authorization'],
        jwtConfiguration: { issuer: identity.issuer, audiences: [identity.client.id] },
      },
      parent,
    );
    for (const fn of ['api', 'operations'] as const) this.serve(fn, args[fn], api, authorizer);
    const logs = new cloudwatch.LogGroup(
      'access',
      { name: `/aws/vendedlogs/http/${prefix}`, retentionInDays: config.logRetentionDays },
      parent,
    );
    new apigateway.Stage(
      'default',
      {
        apiId: api.id,
        name: '$default',
        autoDeploy: true,
        defaultRouteSettings: {
          throttlingRateLimit: config.requestsPerSecond,
          throttlingBurstLimit: config.requestBurst,
          detailedMetricsEnabled: true,
        },
        accessLogSettings: { destinationArn: logs.arn, format: JSON.stringify(ACCESS_LOG) },
      },
      parent,
    );
    this.url = api.apiEndpoint;
    this.id = api.id;
    this.registerOutputs({ url: this.url });
  }

  private serve(
    fn: 'api' | 'operations',
    { lambda: target }: OrderFunction,
    api: apigateway.Api,
    authorizer: apigateway.Authorizer,
  ): void {
    const parent = { parent: this };
    const integration = new apigateway.Integration(
      fn,
      {
        apiId: api.id,
        integrationType: 'AWS_PROXY',
        integrationUri: target.invokeArn,
        payloadFormatVersion: '2.0',
        timeoutMilliseconds: 29_000,
      },
      parent,
    );
    for (const { key, to, signedIn } of ROUTES) {
      if (to !== fn) continue;
      const authorization = signedIn
        ? { authorizationType: 'JWT', authorizerId: authorizer.id }
        : { authorizationType: 'NONE' };
      const routed = { apiId: api.id, routeKey: key, target: pulumi.interpolate`integrations/${integration.id}` };
      new apigateway.Route(key, { ...routed, ...authorization }, parent);
    }
    new lambda.Permission(
      fn,
      {
        action: 'lambda:InvokeFunction',
        function: target.name,
        principal: 'apigateway.amazonaws.com',
        sourceArn: pulumi.interpolate`${api.executionArn}/*/*`,
      },
      parent,
    );
  }
}
