import { Client, type Dispatcher, Pool } from 'undici';
import { orderOnce, type PlacedOrder } from './customer.ts';
import { TIMEOUTS } from './http-client.ts';
import { type Kitchens, kitchens } from './kitchens.ts';
import { type Measurements, measurements } from './measurements.ts';
import type { LoadOptions } from './options.ts';
import { type OwnServer, startOwnServer } from './own-server.ts';
import type { Lives, LoadReport } from './report.ts';
import { resourceFigures, sizeOf } from './resources.ts';
import { totalMs } from './stages.ts';
import { judge } from './thresholds.ts';
import { getTokens, type Tokens } from './tokens.ts';
import { runUsers } from './users.ts';
import { canVerify, verifyLives } from './verify-lives.ts';
import { type Watch, watch } from './watch.ts';

export interface Surroundings {
  /** For a line about how it goes. */
  readonly print: (line: string) => void;
  /** Ends the run early, in good order. */
  readonly signal: AbortSignal;
}

/** For what comes before and after the run: tokens, and a look at every order of a sample. */
const OTHER_CONNECTIONS = 16;
/** For how long nothing may happen before the orders that wait are given up. */
const PATIENCE_MS = 60_000;

/** Runs the scenario against the platform at `url`, or one that it starts and stops, and answers what it has shown. */
export async function runLoad(options: LoadOptions, surroundings: Surroundings): Promise<LoadReport> {
  if (options.url !== undefined) return run(options.url, undefined, options, surroundings);
  const server = await startOwnServer();
  try {
    const report = await run(server.url, server, options, surroundings);
    await server.stop();
    return await withDataSize(report, server);
  } finally {
    await server.stop();
    server.removeData();
  }
}

async function run(
  url: string,
  server: OwnServer | undefined,
  options: LoadOptions,
  { print, signal }: Surroundings,
): Promise<LoadReport> {
  const { stages, users } = options;
  const { origin } = new URL(url);
  const pool = new Pool(origin, { ...TIMEOUTS, connections: OTHER_CONNECTIONS });
  const tokens = await getTokens(pool, users, options);
  const measure = measurements(stages, () => performance.now());
  const connect = (): Dispatcher => new Client(origin, TIMEOUTS);
  const restaurants = kitchens({ tokens: tokens.kitchens, connect, measure });
  const orders: PlacedOrder[] = [];
  const watching = watch({ measure, restaurants, server, print, lengthMs: totalMs(stages) });
  const ended = server ? AbortSignal.any([signal, server.failed]) : signal;
  const startedAt = new Date().toISOString();
  const begun = performance.now();
  const iterations = await letOrder({ options, tokens, connect, measure, restaurants, orders, watching, ended });
  const seconds = (performance.now() - begun) / 1_000;
  const lives = await settle({
    pool,
    restaurants,
    orders,
    tokens,
    patienceMs: server?.failed.aborted ? 0 : PATIENCE_MS,
  });
  const samples = await watching.end();
  await Promise.all([restaurants.close(), pool.close()]);
  const total = measure.users();
  return {
    startedAt,
    users,
    seconds,
    stoppedEarly: ended.aborted,
    ...(server?.failed.aborted && { failure: String(server.failed.reason) }),
    iterations,
    total,
    stages: measure.stages(),
    kinds: measure.kinds(),
    thresholds: judge(total),
    lives,
    ...(server && { server: { ...resourceFigures(samples), logged: Object.fromEntries(server.logged) } }),
  };
}

interface Ordering {
  readonly options: LoadOptions;
  readonly tokens: Tokens;
  readonly connect: () => Dispatcher;
  readonly measure: Measurements;
  readonly restaurants: Kitchens;
  readonly orders: PlacedOrder[];
  readonly watching: Watch;
  readonly ended: AbortSignal;
}

/** Lets the users order, each over a connection of its own as people do, and answers how often they did. */
async function letOrder(ordering: Ordering): Promise<number> {
  const { options, tokens, connect, measure, restaurants, orders, watching, ended } = ordering;
  const clients = new Map<number, Dispatcher>();
  const iterations = await runUsers({
    stages: options.stages,
    signal: ended,
    onMoment(moment) {
      if (moment) measure.enterStage(moment.index);
      watching.at(moment);
    },
    async iterate(user) {
      const client = clients.get(user) ?? connect();
      clients.set(user, client);
      const token = tokens.users[user] ?? '';
      const order = await orderOnce({ user, token, client, measure, onPlaced: (placed) => orders.push(placed) });
      if (order) restaurants.take(order);
    },
  });
  measure.end();
  await Promise.all(clients.values().map((client) => client.close()));
  return iterations;
}

interface Settling {
  readonly pool: Dispatcher;
  readonly restaurants: Kitchens;
  readonly orders: readonly PlacedOrder[];
  readonly tokens: Tokens;
  readonly patienceMs: number;
}

/** Waits until every order is confirmed, and looks at what became of them. */
async function settle({ pool: client, restaurants, orders, tokens, patienceMs }: Settling): Promise<Lives> {
  const begun = performance.now();
  await restaurants.drain(patienceMs);
  const drainSeconds = (performance.now() - begun) / 1_000;
  const { confirmed } = restaurants;
  const tokenOf = (user: number): string => tokens.users[user] ?? '';
  const inside = await canVerify(client);
  return {
    acknowledged: orders.length,
    confirmed: confirmed.size,
    untilConfirmed: restaurants.untilConfirmed(),
    refused: restaurants.refused(),
    drainSeconds,
    ...(inside && { checked: await verifyLives({ client, orders, confirmed, tokenOf, patienceMs }) }),
  };
}

/** Asked after the stop, when all of the data file's log has gone into it. */
async function withDataSize(report: LoadReport, { dataFile }: OwnServer): Promise<LoadReport> {
  if (!report.server) return report;
  const dataBytes = await sizeOf(dataFile);
  const { acknowledged } = report.lives;
  return {
    ...report,
    server: { ...report.server, data: { bytes: dataBytes, bytesPerOrder: dataBytes / acknowledged } },
  };
}
