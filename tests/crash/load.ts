import { setTimeout as pause } from 'node:timers/promises';
import { type Dice, dice } from '../dice.ts';
import { type OrderPath, PATHS, type Step } from '../e2e/paths.ts';
import type { AcknowledgedAct, Trace } from './judge.ts';

export const CUSTOMER = 'crash-customer';
const RESTAURANT = 'rest-7';

/** Paths that are gone at once, each over and over again with other orders. */
const WORKERS = 20;
const POLL_MS = 25;
/** How long a worker waits for a status before it leaves the order to itself. */
const PATIENCE_MS = 1_500;

/** Everything that was asked of the platform over all of its lives, and what it answered. */
export interface Answers {
  /** The bodies of the orders that were placed, by their keys. */
  readonly asked: Map<string, object>;
  /** The ids of those that were answered, by their keys. */
  readonly acknowledged: Map<string, string>;
  readonly acts: AcknowledgedAct[];
  /** Acts whose answer was lost, and acts that came too late. */
  lostActs: number;
  refusedActs: number;
  /** Answers that should not have been. */
  readonly problems: string[];
}

export interface Tokens {
  readonly customer: string;
  readonly restaurant: string;
  readonly operator: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Call = (as: keyof Tokens, path: string, request?: CallRequest) => Promise<Answer>;

interface CallRequest {
  readonly method?: string;
  readonly body?: object;
  readonly key?: string;
}

export function newAnswers(): Answers {
  return { asked: new Map(), acknowledged: new Map(), acts: [], lostActs: 0, refusedActs: 0, problems: [] };
}

export async function getTokens(url: string): Promise<Tokens> {
  const token = async (sub: string, groups?: readonly string[]): Promise<string> => {
    const response = await fetch(`${url}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub, ...(groups && { groups }) }),
    });
    return ((await response.json()) as { token: string }).token;
  };
  return {
    customer: await token(CUSTOMER),
    restaurant: await token('kitchen', [`restaurant:${RESTAURANT}`]),
    operator: await token('operator', ['operator']),
  };
}

/** Fails when the answer does not come, or not to its end. */
export function caller(url: string, tokens: Tokens): Call {
  return async (as, path, { method = 'GET', body, key } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens[as]}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
}

export interface Load {
  /** Says that the process is about to be killed: answers may get lost from now on. */
  stop(): void;
  /** Resolves when nobody asks for anything any more. */
  readonly ended: Promise<unknown>;
}

/** Goes the paths of the end-to-end tests on a running platform, many at once, until it is stopped. */
export function startLoad(call: Call, answers: Answers, { seed, run }: { seed: number; run: string }): Load {
  let stopped = false;
  const over = () => stopped;
  const workers = Array.from({ length: WORKERS }, (_, worker) =>
    work({ call, answers, over }, dice(seed + worker), `${run}-${worker}`).catch((error: unknown) => {
      // A worker whose answer was lost to the kill has nobody left to ask.
      if (!stopped) answers.problems.push(`worker ${worker}: ${error}`);
    }),
  );
  return {
    stop() {
      stopped = true;
    },
    ended: Promise.all(workers),
  };
}

interface Work {
  readonly call: Call;
  readonly answers: Answers;
  readonly over: () => boolean;
}

async function work(work: Work, chance: Dice, name: string): Promise<void> {
  for (let number = 0; !work.over(); number += 1) {
    const path = chance.pick(PATHS);
    const orderId = await place(work, path, `${name}-${number}`);
    if (orderId !== undefined) await follow(work, path, orderId);
  }
}

async function place({ call, answers }: Work, path: OrderPath, key: string): Promise<string | undefined> {
  const body = {
    restaurantId: RESTAURANT,
    deliveryAddress: '1 Analytical Way',
    contact: { email: 'ada@customers.example', phone: '+15550100' },
    ...path.order,
  };
  answers.asked.set(key, body);
  const answer = await call('customer', '/v1/orders', { method: 'POST', body, key });
  if (answer.status !== 201) {
    answers.problems.push(`placing ${key} answered ${JSON.stringify(answer)}`);
    return undefined;
  }
  const { id } = answer.body as { id: string };
  answers.acknowledged.set(key, id);
  return id;
}

/** Until the path waits for time to pass, which it does by itself, or does not get on. */
async function follow(work: Work, { steps }: OrderPath, orderId: string): Promise<void> {
  for (const step of steps) {
    if (step.type === 'expire' || work.over()) return;
    const done = step.type === 'until' ? await reached(work, orderId, step.status) : await act(work, orderId, step);
    if (!done) return;
  }
}

/** Asks the timeline: a status that was left again has been reached as well. */
async function reached({ call, over }: Work, orderId: string, status: string): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !over(); await pause(POLL_MS)) {
    const { body } = await call('operator', `/v1/orders/${orderId}/timeline`);
    const { events } = body as { events: readonly { status: string }[] };
    if (events.some((entry) => entry.status === status)) return true;
  }
  return false;
}

async function act({ call, answers }: Work, orderId: string, step: Step & { type: 'act' }): Promise<boolean> {
  // Lost until its answer is there.
  answers.lostActs += 1;
  const answer = await call(step.as, `/v1/orders/${orderId}${step.path}`, {
    method: step.method ?? 'POST',
    body: step.body,
  });
  answers.lostActs -= 1;
  if (answer.status === 200 || answer.status === 202) {
    answers.acts.push({ orderId, trace: traceOf(step) });
    return true;
  }
  // Its time may have run out, or its payment ended, between the look and the act.
  if (answer.status === 409) answers.refusedActs += 1;
  else answers.problems.push(`${step.path} answered ${JSON.stringify(answer)}`);
  return false;
}

function traceOf({ path, body }: Step & { type: 'act' }): Trace {
  const { accepted, approved, status } = body as { accepted?: boolean; approved?: boolean; status?: Trace['status'] };
  switch (path) {
    case '/confirmation':
      return accepted ? { status: 'confirmed' } : { reason: 'restaurant-refused' };
    case '/approval':
      return { reason: approved ? 'approved' : 'approval-refused' };
    case '/cancellation':
      return { reason: 'cancellation-requested' };
    case '/refund':
      return { reason: 'refund-requested' };
    case '/settlement':
      return { reason: 'settlement-requested' };
    case '/status':
      return status ? { status } : {};
    default:
      throw new Error(`nothing is known of the trace of ${path}`);
  }
}
