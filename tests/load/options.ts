import { parseArgs } from 'node:util';
import { longRunStages, type Stage, scenarioStages } from './stages.ts';

export interface LoadOptions {
  readonly stages: readonly Stage[];
  /** Users at the peak. */
  readonly users: number;
  /** A platform that is running already; without it one is started. */
  readonly url?: string;
  /** What every user shows; without it each gets a token of its own. */
  readonly token?: string;
  /** What every kitchen shows; without it each restaurant gets a token of its own. */
  readonly kitchenToken?: string;
  /** Where the report goes as JSON. */
  readonly json?: string;
}

const OPTIONS = {
  scale: { type: 'string', default: '1' },
  users: { type: 'string', default: '1000' },
  hold: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  'kitchen-token': { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const MOST_USERS = 10_000;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads the arguments of `npm run load`; throws an error that says which one is wrong and what it must be. */
export function loadOptions(args: readonly string[]): LoadOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return 'help';
  const { url, token, 'kitchen-token': kitchenToken, json } = values;
  const scale = numberOf('--scale', values.scale, 0.001, 100);
  const users = numberOf('--users', values.users, 1, MOST_USERS);
  if (!Number.isInteger(users)) throw new Error(`--users ${users}: give a whole number`);
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new Error(`--url ${url} is not a URL: give one such as http://127.0.0.1:3000`);
  }
  const stages =
    values.hold === undefined
      ? scenarioStages(users, scale)
      : longRunStages(users, scale, durationMs('--hold', values.hold));
  return {
    stages,
    users,
    ...(url !== undefined && { url }),
    ...(token !== undefined && { token }),
    ...(kitchenToken !== undefined && { kitchenToken }),
    ...(json !== undefined && { json }),
  };
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} ${text}: give a number from ${least} to ${most}`);
}

function durationMs(name: string, text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const value = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (value > 0) return value;
  throw new Error(`${name} ${text}: give a time such as 90s, 30m or 2h`);
}
