import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventBridge } from './event-bridge-service.ts';
import type { BusEvent, BusRule } from './event-bus.ts';
import { type AwsAnswer, type AwsRequest, type AwsService, jsonError } from './protocol.ts';
import { s3 } from './s3-service.ts';
import { type ObjectVersion, s3Versions } from './s3-versions-service.ts';
import { type Schedule, scheduler } from './scheduler-service.ts';
import { secretsManager } from './secrets-service.ts';
import { type SentNotice, sns } from './sns-service.ts';
import { stepFunctions } from './step-functions-service.ts';

/** What may befall a call. `drop-before`: the connection breaks before it acts; `drop-after`: when it has acted. */
export interface AwsFault {
  /** Part of the operation's name, for example `PutEvents`, `StartExecution` or `PUT /receipts`. */
  readonly operation: string;
  readonly kind: 'drop-before' | 'drop-after' | 'error';
  /** The error's name and status, for `error`. */
  readonly error?: { readonly name: string; readonly status: number };
  readonly times: number;
}

export interface AwsStandIn {
  readonly url: string;
  /** Rules of the one bus that there is. */
  readonly rules: BusRule[];
  /** Everything that was put on the bus. */
  readonly events: readonly BusEvent[];
  /** Inputs of executions that were started, the oldest first. */
  readonly executions: { readonly name: string; readonly input: string }[];
  readonly schedules: Map<string, Schedule>;
  readonly notices: readonly SentNotice[];
  /** Bodies by `<bucket>/<key>`. */
  readonly objects: Map<string, string>;
  /** Of buckets that keep versions, by name. */
  readonly versions: Map<string, ObjectVersion[]>;
  readonly secrets: Map<string, string>;
  /** Every call, by its operation. */
  readonly calls: readonly string[];
  fault(fault: AwsFault): void;
  /** How many planned faults have not struck yet. */
  faultsLeft(): number;
  close(): Promise<void>;
}

/** A stateful stand-in for those services of AWS that no npm package stands for, as the official clients speak to them. */
export async function startAws(): Promise<AwsStandIn> {
  const state = {
    rules: [] as BusRule[],
    events: [] as BusEvent[],
    executions: [] as { name: string; input: string }[],
    schedules: new Map<string, Schedule>(),
    notices: [] as SentNotice[],
    objects: new Map<string, string>(),
    versions: new Map<string, ObjectVersion[]>(),
    secrets: new Map<string, string>(),
  };
  const services = [
    eventBridge(state),
    stepFunctions(state.executions),
    secretsManager(state.secrets),
    sns(state.notices),
    scheduler(state.schedules),
    s3Versions(state.versions),
    s3(state.objects),
  ];
  const calls: string[] = [];
  const faults: { fault: AwsFault; left: number }[] = [];

  async function answer(request: AwsRequest, response: ServerResponse): Promise<void> {
    const operation = operationOf(request);
    calls.push(operation);
    const hit = faults.find(({ fault, left }) => left > 0 && operation.includes(fault.operation));
    if (hit) hit.left -= 1;
    const { kind, error } = hit?.fault ?? {};
    if (kind === 'drop-before') return void response.destroy();
    const given = error ? errorAnswer(request, error) : await firstAnswer(services, request);
    if (kind === 'drop-after') return void response.destroy();
    response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers }).end(given.body);
  }

  const server = createServer((incoming, response) => {
    void read(incoming)
      .then((request) => answer(request, response))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fault: (fault) => void faults.push({ fault, left: fault.times }),
    faultsLeft: () => faults.reduce((sum, { left }) => sum + left, 0),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function firstAnswer(services: readonly AwsService[], request: AwsRequest): Promise<AwsAnswer> {
  for (const service of services) {
    const answer = await service(request);
    if (answer) return answer;
  }
  return jsonError('UnknownOperationException', 404);
}

/** S3 and SNS have XML. */
function errorAnswer(
  { target, headers, url }: AwsRequest,
  { name, status }: { name: string; status: number },
): AwsAnswer {
  if (target !== '' || url.pathname.startsWith('/schedules/')) return jsonError(name, status);
  const error = `<Error><Code>${name}</Code><Message>${name}</Message></Error>`;
  const body = headers['content-type']?.includes('form') ? `<ErrorResponse>${error}</ErrorResponse>` : error;
  return { status, body, headers: { 'content-type': 'application/xml' } };
}

function operationOf({ target, method, url, body }: AwsRequest): string {
  if (target !== '') return target;
  return new URLSearchParams(body).get('Action') ?? `${method} ${url.pathname}`;
}

async function read(incoming: IncomingMessage): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', 'http://stand-in'),
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString(),
    target: String(incoming.headers['x-amz-target'] ?? ''),
  };
}
