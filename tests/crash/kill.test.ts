import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLogger } from '../../functions/local/logger.ts';
import { startLocal } from '../../functions/local/server.ts';
import { readLocalSettings } from '../../shared/config/settings.ts';
import { dice } from '../dice.ts';
import { killWhileStarting, type LocalProcess, startProcess } from '../e2e/local-process.ts';
import { manualClock } from '../manual-clock.ts';
import { lookAfterCrash, readDataFiles } from './data-files.ts';
import { type Caught, caughtIn, summary, together } from './figures.ts';
import { judge } from './judge.ts';
import { type Answers, type Call, CUSTOMER, caller, getTokens, newAnswers, startLoad, type Tokens } from './load.ts';

/** How often the platform is killed (`.ci/run` does it 30 times), and what chance begins with. */
const CRASHES = wholeNumber('CRASHES', 5);
const SEED = wholeNumber('CRASH_SEED', 1 + Math.floor(Math.random() * 2 ** 31));
const REPEAT = `repeat it, as far as the machine does, with CRASHES=${CRASHES} CRASH_SEED=${SEED}`;

/** From when the load began. */
const SHORTEST_LIFE_MS = 20;
const LONGEST_LIFE_MS = 700;
/** After the second of so many rounds there is one more kill, before the platform is ready. */
const START_KILLED_EVERY = 4;
const MINUTE_MS = 60_000;
const REPEATS_AT_ONCE = 16;
/** Far less than a lease or the sweeper's grace: nothing may have to wait for those after a kill. */
const REST_WITHIN_MS = 15_000;
const POLL_MS = 100;
const OPEN = ['pending', 'awaiting_approval', 'charging', 'paid', 'refunding'];
const SWEPT = 'order was past due: started again';
const ERROR_LEVEL = 50;

describe('a platform that is killed at random moments under load', () => {
  let folder: string;
  let environment: Record<string, string>;
  let lives: LocalProcess[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-crash-'));
    environment = {
      DATA_FILE: join(folder, 'orders.sqlite'),
      CONFIRMATION_TIMEOUT_MS: '2000',
      APPROVAL_TIMEOUT_MS: '2000',
      RETRY_BASE_MS: '100',
      SWEEP_INTERVAL_MS: '100',
      LOG_LEVEL: 'info',
    };
    lives = [];
  });
  afterEach(async () => {
    // The last one, where a failure has left it alive.
    await Promise.race([lives.at(-1)?.end('SIGKILL'), pause(500)]);
    await rm(folder, { recursive: true, force: true });
  });

  const start = async () => {
    const life = await startProcess(environment);
    lives.push(life);
    return life;
  };

  it(
    `loses no order and no event, charges nobody twice and leaves no order behind, ${CRASHES} times`,
    async () => {
      const answers = newAnswers();
      const { caught, startsKilled, tokens } = await crashes(answers);

      const last = await start();
      const call = caller(last.url, tokens);
      const orderIds = await repeatAll(call, answers);
      await everythingRests(call);
      expect(await last.end('SIGTERM')).toBe(0);
      await letTimersRunOut();

      const files = await readDataFiles(folder, CUSTOMER);
      console.log(summary(CRASHES, startsKilled, answers, caught, files));
      const problems = [
        ...answers.problems,
        ...lives.flatMap(troubleIn),
        ...judge(files, { orderIds, acts: answers.acts }, Date.now()),
      ];
      expect(problems, REPEAT).toEqual([]);
      // Otherwise the kills came when there was nothing to lose.
      expect(caught.inACharge.size).toBeGreaterThan(0);
      expect(caught.messagesNotDone.size).toBeGreaterThan(0);
    },
    CRASHES * 4_000 + 60_000,
  );

  async function crashes(answers: Answers): Promise<{ caught: Caught; startsKilled: number; tokens: Tokens }> {
    const chance = dice(SEED);
    const caught: Caught[] = [];
    let startsKilled = 0;
    let tokens: Tokens | undefined;
    for (let round = 0; round < CRASHES; round += 1) {
      const life = await start();
      // Asked for once: they outlive the process as well.
      tokens ??= await getTokens(life.url);
      const load = startLoad(caller(life.url, tokens), answers, {
        seed: chance.between(0, 2 ** 31),
        run: `${SEED}-${round}`,
      });
      await pause(chance.between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS));
      load.stop();
      await life.end('SIGKILL');
      await load.ended;
      caught.push(caughtIn(await lookAfterCrash(folder, CUSTOMER)));
      if (round % START_KILLED_EVERY !== 1) continue;
      startsKilled += 1;
      await killWhileStarting(environment, chance.between(1, Math.ceil(life.readyAfterMs)));
    }
    if (!tokens) throw new Error('there was no round');
    return { caught: together(caught), startsKilled, tokens };
  }

  /** Timers are never cancelled. Those of waits that are over come a while later, and find nothing to do. */
  async function letTimersRunOut(): Promise<void> {
    const settings = readLocalSettings({ ...environment, PORT: '0' });
    const clock = manualClock(Date.now() + MINUTE_MS);
    const server = await startLocal({ settings, logger: jsonLogger({ level: 'silent' }), clock });
    await server.container.pump.idle();
    await server.stop();
  }
});

/** Repeats every request with its key, and answers the ids: of each one order, and the one that was acknowledged. */
async function repeatAll(call: Call, { asked, acknowledged, problems }: Answers): Promise<string[]> {
  const ids: string[] = [];
  const left = [...asked];
  const repeat = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [key, body] = next;
      const answer = await call('customer', '/v1/orders', { method: 'POST', body, key });
      const { id } = answer.body as { id: string };
      ids.push(id);
      const known = acknowledged.get(key);
      const fine = known === undefined ? [200, 201].includes(answer.status) : answer.status === 200 && id === known;
      if (!fine) problems.push(`${key}, which had made ${known}, answered ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: REPEATS_AT_ONCE }, repeat));
  return ids;
}

async function everythingRests(call: Call): Promise<void> {
  const left = async (): Promise<string[]> => {
    const counts = await Promise.all(OPEN.map((status) => ordersIn(call, status)));
    return OPEN.filter((_, index) => counts[index] !== 0);
  };
  await expect.poll(left, { timeout: REST_WITHIN_MS, interval: POLL_MS, message: REPEAT }).toEqual([]);
}

/** One at the most: it is enough to know whether there are any. */
async function ordersIn(call: Call, status: string): Promise<number> {
  const { body } = await call('operator', `/v1/orders?customerId=${CUSTOMER}&status=${status}&limit=1`);
  return (body as { orders: readonly unknown[] }).orders.length;
}

/** What a healthy platform does not log, however often it is killed. */
function troubleIn({ logs }: LocalProcess): string[] {
  return logs.filter((line) => {
    const { level, msg } = JSON.parse(line);
    return level >= ERROR_LEVEL || msg === SWEPT;
  });
}

function wholeNumber(name: string, standard: number): number {
  const text = process.env[name] || String(standard);
  if (!/^\d{1,10}$/.test(text) || Number(text) < 1) throw new Error(`${name}: must be a whole number from 1`);
  return Number(text);
}
