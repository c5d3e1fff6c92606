import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { apiFunction } from '../../functions/aws/api.ts';
import { deadLettersFunction } from '../../functions/aws/dead-letters.ts';
import { notifyFunction } from '../../functions/aws/notify.ts';
import { operationsFunction } from '../../functions/aws/operations.ts';
import { operatorsFunction } from '../../functions/aws/operators.ts';
import type { Platform as FunctionPlatform } from '../../functions/aws/platform.ts';
import { receiptFunction } from '../../functions/aws/receipt.ts';
import { reconcileFunction } from '../../functions/aws/reconcile.ts';
import { relayFunction } from '../../functions/aws/relay.ts';
import { segmentFunction } from '../../functions/aws/segment.ts';
import { sweepFunction } from '../../functions/aws/sweep.ts';
import { parseEvent } from '../../functions/events/parse-event.ts';
import { dynamoDbDeadLetters } from '../../shared/adapters/aws/dynamodb-dead-letters.ts';
import { dynamoDbPaymentLedger } from '../../shared/adapters/aws/dynamodb-payment-ledger.ts';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import type { AwsFunction } from '../../shared/config/aws.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { CONSUMERS } from '../../shared/domain/rules.ts';
import { execute } from '../emulators/aws/state-machine.ts';
import type { StripeStandIn } from '../emulators/stripe/stripe-server.ts';
import { manualClock } from '../manual-clock.ts';
import type { Platform } from '../platform.ts';
import { CALLER, type Deployment, deploy } from './aws/deployment.ts';
import { invokeHttp } from './aws/http-event.ts';
import { noticeFrom } from './aws/mailbox.ts';
import { type AwsWiring, handWired } from './aws/wiring.ts';
import { movementsAt, standInAt } from './stripe-account.ts';

export interface AwsPlatformOptions {
  /** As in the environment of the functions. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How it is wired; by hand when left out. */
  readonly wiring?: AwsWiring;
  /** Who takes the money, by the time of the test; the simulated gateway when left out. */
  readonly stripe?: (now: () => number) => Promise<StripeStandIn>;
}

export interface AwsPlatform extends Platform {
  readonly deployment: Deployment;
  readonly metrics: ReturnType<typeof countingMetrics>;
  readonly functions: ReturnType<typeof functionsOf>;
}

/** Records of a stream that Lambda hands over together. */
const STREAM_BATCH = 10;
const MOST_TRIES = 50;
const OPERATIONS = /^\/v1\/(operations|webhooks)\//;

/** Every function of the deployment. */
function functionsOf({ environmentOf, clients }: Deployment, around: Partial<FunctionPlatform>) {
  return {
    api: known('api', apiFunction(environmentOf('api'), clients, around)),
    operations: known('operations', operationsFunction(environmentOf('operations'), clients, around)),
    relay: known('relay', relayFunction(environmentOf('relay'), clients, around)),
    segment: known('segment', segmentFunction(environmentOf('segment'), clients, around)),
    sweep: known('sweep', sweepFunction(environmentOf('sweep'), clients, around)),
    reconcile: known('reconcile', reconcileFunction(environmentOf('reconcile'), clients, around)),
    deadLetters: known('dead-letters', deadLettersFunction(environmentOf('dead-letters'), clients, around)),
    notify: known('notify', notifyFunction(environmentOf('notify'), clients, around)),
    receipt: known('receipt', receiptFunction(environmentOf('receipt'), clients, around)),
    operators: known('operators', operatorsFunction(environmentOf('operators'), clients, around)),
  };
}

/** The same function, whose calls are known for its own. */
function known<Args extends unknown[], Answer>(fn: AwsFunction, call: (...args: Args) => Answer): typeof call {
  return (...args) => CALLER.run(fn, () => call(...args));
}

/**
 * The platform on AWS under test: the real functions over emulators and stand-ins, wired in process as a deployment wires them: HTTP
 * events in, stream, bus, rules, queues, state machine, schedules. Its time is in the test's hands.
 */
export async function awsPlatform({
  settings = {},
  wiring = handWired(settings),
  stripe: startStripe,
}: AwsPlatformOptions = {}): Promise<AwsPlatform> {
  const clock = manualClock(Date.parse('2026-01-15T18:00:00Z'));
  const stripe = await startStripe?.(clock.now);
  const account = stripe && standInAt(stripe.url);
  const deployment = await deploy(clock.now, wiring, account);
  const { aws, clients, issuer, mailbox, queues, reader, tableOf } = deployment;
  const metrics = countingMetrics();
  const functions = functionsOf(deployment, { clock, metrics });
  const letters = dynamoDbDeadLetters({
    client: clients.dynamoDb,
    table: tableOf('dead-letters'),
    cursorKey: Buffer.from('tests'),
    clock,
    send: () => Promise.reject(new Error('the test redrives nothing')),
  });
  const times = readLocalSettings(timesOf(wiring));
  const running = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  /** Executions that wait for their next try. */
  let paused = 0;

  function start(input: string): void {
    const work = execute(JSON.parse(input), {
      machine: wiring.stateMachine,
      handle: functions.segment,
      async pause(ms) {
        paused += 1;
        await clock.sleep(ms);
        paused -= 1;
      },
    })
      .catch((error: unknown) => failures.push(error))
      .finally(() => running.delete(work));
    running.add(work);
  }

  /** As Lambda does: it goes on from the first record that failed, and with the whole batch where the function failed. */
  async function relayStream(): Promise<boolean> {
    const records = [...(await reader.read())];
    let tries = 0;
    for (let at = 0; at < records.length; ) {
      const batch = records.slice(at, at + STREAM_BATCH);
      const failed = await functions.relay({ Records: batch } as unknown as DynamoDBStreamEvent).then(
        ({ batchItemFailures }) => batchItemFailures[0]?.itemIdentifier,
        () => batch[0]?.dynamodb?.SequenceNumber,
      );
      const done = batch.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed);
      at += done < 0 ? batch.length : done;
      tries += done < 0 ? 0 : 1;
      if (tries > MOST_TRIES) throw new Error('the stream does not get on');
    }
    return records.length > 0;
  }

  function startDue(): boolean {
    const due = [...aws.schedules.values()].filter(({ at }) => at <= clock.now());
    for (const { name } of due) aws.schedules.delete(name);
    const inputs = [...aws.executions.splice(0), ...due].map(({ input }) => input);
    for (const input of inputs) start(input);
    return inputs.length > 0;
  }

  async function pollQueues(): Promise<boolean> {
    const polled = await Promise.all(
      CONSUMERS.flatMap((consumer) => [
        queues.poll(queues.queues[consumer].queue, functions[consumer]),
        queues.poll(queues.queues[consumer].dead, functions.deadLetters),
      ]),
    );
    return polled.includes(true);
  }

  async function settle(until?: () => Promise<boolean>): Promise<void> {
    for (;;) {
      if (failures.length > 0) throw failures[0];
      if (until && (await until())) return;
      const moved = [await relayStream(), startDue(), await pollQueues()];
      if (moved.includes(true)) continue;
      if (running.size === 0 && !queues.waiting()) return;
      if (running.size > 0 && paused === running.size) clock.advanceToNextSleeper();
      else await pause(running.size > 0 ? 2 : 20);
    }
  }

  const notices = (): readonly Notice[] => [
    ...mailbox.notices,
    ...aws.notices.map(({ to, text, attributes }) =>
      noticeFrom((attributes['noticeKey'] ?? '').split(/[:/]/), { to, text, subject: attributes['subject'] ?? '' }),
    ),
  ];

  return {
    name: 'AWS',
    times,
    deployment,
    metrics,
    functions,
    request: (path, init) =>
      invokeHttp(
        OPERATIONS.test(path) ? functions.operations : functions.api,
        new Request(`https://api.example${path}`, init),
      ),
    token: issuer.token,
    now: clock.now,
    async advance(ms) {
      clock.advance(ms);
      await settle();
    },
    settle,
    ledger: (orderId) =>
      account
        ? movementsAt(account, orderId)
        : dynamoDbPaymentLedger({ client: clients.dynamoDb, table: tableOf('ledger') }).movements(orderId),
    notices: async (orderId) => notices().filter((notice) => notice.orderId === orderId),
    events: async (orderId) =>
      aws.events.map(({ detail }) => parseEvent(detail)).filter((event) => event.orderId === orderId),
    deadLetters: async (orderId) =>
      (await letters.list(orderId === undefined ? {} : { orderId }, { limit: 100 })).items,
    fault() {
      throw new Error('faults of AWS are planned at its stand-ins');
    },
    async stop() {
      await deployment.stop();
      await stripe?.close();
    },
  };
}

/** What the functions are told of how long people may take. */
function timesOf({ environmentOf }: AwsWiring): Readonly<Record<string, string>> {
  const told = Object.entries(environmentOf('segment'));
  return Object.fromEntries(told.filter(([key]) => key.endsWith('_MS')));
}
