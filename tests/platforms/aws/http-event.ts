import type { LambdaEvent } from 'hono/aws-lambda';
import type { HttpFunction } from '../../../functions/aws/http.ts';

const CONTEXT = {
  awsRequestId: 'lambda-request',
  functionName: 'api',
  functionVersion: '1',
  invokedFunctionArn: 'arn',
  memoryLimitInMB: '512',
  logGroupName: 'logs',
  logStreamName: 'stream',
  callbackWaitsForEmptyEventLoop: false,
  getRemainingTimeInMillis: () => 10_000,
};

/** A request as an HTTP API hands it to a function, in the payload format 2.0: bodies that are no text come in base64. */
export async function httpEvent(request: Request): Promise<object> {
  const url = new URL(request.url);
  const bytes = Buffer.from(await request.arrayBuffer());
  const headers = Object.fromEntries(request.headers);
  const isText = /json|text/.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: { ...headers, ...(bytes.length > 0 && { 'content-length': String(bytes.length) }) },
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: url.host,
      domainPrefix: 'api',
      http: {
        method: request.method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: 'gateway-request',
      routeKey: '$default',
      stage: '$default',
      time: '22/Nov/2026:12:00:00 +0000',
      timeEpoch: 0,
    },
    ...(bytes.length > 0 && { body: bytes.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: bytes.length > 0 && !isText,
  };
}

/** Calls a function as an HTTP API does. */
export async function invokeHttp(call: HttpFunction, request: Request): Promise<Response> {
  const result = await call((await httpEvent(request)) as LambdaEvent, CONTEXT as never);
  const body = result.isBase64Encoded ? Buffer.from(result.body, 'base64') : result.body;
  const empty = result.statusCode === 204 || result.statusCode === 304;
  return new Response(empty ? null : body, {
    status: result.statusCode,
    headers: { ...result.headers } as Record<string, string>,
  });
}
