import type { IncomingMessage } from 'node:http';

export interface AwsRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** `AWSEvents.PutEvents`; empty where the protocol has no such header. */
  readonly target: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One service's side: undefined for requests that are not its own. */
export type AwsService = (request: AwsRequest) => Promise<AwsAnswer | undefined> | AwsAnswer | undefined;

/** An answer that is an error, in the words of the JSON protocols. */
export function jsonError(name: string, status = 400): AwsAnswer {
  return { status, body: JSON.stringify({ __type: name, message: name }), headers: { 'x-amzn-errortype': name } };
}

export function jsonAnswer(body: object): AwsAnswer {
  return { status: 200, body: JSON.stringify(body) };
}
