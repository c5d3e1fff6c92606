import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { type APIGatewayProxyResult, handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { createRemoteJWKSet } from 'jose';
import { dynamoDbOrderStore } from '../../shared/adapters/aws/dynamodb-order-store.ts';
import { dynamoDbRestaurantCatalog } from '../../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import { s3ReceiptStore } from '../../shared/adapters/aws/s3-receipt-store.ts';
import { hmacIds } from '../../shared/adapters/in-process/hmac-ids.ts';
import { errorFields } from '../../shared/application/error-fields.ts';
import type { AwsSettings } from '../../shared/config/aws.ts';
import { isPortError } from '../../shared/ports/port-error.ts';
import type { App, AppDeps } from '../http/app-context.ts';
import { type Authenticator, jwtAuthenticator } from '../http/auth.ts';
import { rememberTokens } from '../http/remember-tokens.ts';
import { cursorKeyOf, once, type Platform } from './platform.ts';

/** A function behind an HTTP API (payload format 2.0). */
export type HttpFunction = (event: LambdaEvent, context?: LambdaContext) => Promise<APIGatewayProxyResult>;

export interface HttpClients {
  readonly dynamoDb: DynamoDBClient;
  readonly s3: S3Client;
}

const KEYS_TIMEOUT_MS = 3_000;

const UNAVAILABLE = {
  statusCode: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
  body: JSON.stringify({
    type: 'urn:tricloud-orders:problem:unavailable',
    title: 'Temporarily unavailable',
    status: 503,
    code: 'unavailable',
    detail: 'try again later: nothing was changed',
  }),
  isBase64Encoded: false,
};

/** A function for an app that is made at the first request. While it cannot be made (a secret cannot be read, say) requests are refused. */
export function httpFunction(make: () => Promise<App>, { logger }: Platform): HttpFunction {
  const handler = once(async () => handle(await make()));
  return async (event, context) => {
    try {
      return await (await handler())(event, context);
    } catch (error) {
      if (!isPortError(error)) throw error;
      logger.error(errorFields(error), 'the function cannot begin to work');
      return UNAVAILABLE;
    }
  };
}

/** What the API needs everywhere. `pepper` is the secret behind `PEPPER_SECRET`. */
export function appDepsOf(
  settings: AwsSettings<'api'>,
  { dynamoDb: client, s3 }: HttpClients,
  platform: Platform,
  pepper: string,
): AppDeps {
  const cursorKey = cursorKeyOf(pepper);
  return {
    ...platform,
    orders: dynamoDbOrderStore({ client, table: settings.ORDERS_TABLE, cursorKey }),
    restaurants: dynamoDbRestaurantCatalog({ client, table: settings.RESTAURANTS_TABLE, cursorKey }),
    receipts: s3ReceiptStore({ client: s3, bucket: settings.RECEIPTS_BUCKET }),
    ids: hmacIds({ pepper, environment: settings.ENVIRONMENT }),
    authenticate: cognitoAuthenticator(settings, platform),
    newRequestId: randomUUID,
    corsOrigins: settings.corsOrigins,
  };
}

/** Access tokens of a Cognito user pool: they name the client where others have an audience. */
function cognitoAuthenticator(
  { JWT_ISSUER: issuer, JWT_AUDIENCE: audience }: Pick<AwsSettings<'api'>, 'JWT_AUDIENCE' | 'JWT_ISSUER'>,
  { clock }: Platform,
): Authenticator {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), { timeoutDuration: KEYS_TIMEOUT_MS });
  const verified = jwtAuthenticator({
    issuer,
    audience,
    audienceClaim: 'client_id',
    keys,
    algorithms: ['RS256'],
    groupsClaim: 'cognito:groups',
    clock,
  });
  return rememberTokens(verified, { clock });
}
