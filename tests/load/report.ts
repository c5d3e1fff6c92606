import { styleText } from 'node:util';
import { table } from '../../scripts/table.ts';
import type { Latency } from './latency.ts';
import { KINDS, type Kind, type KindFigures, type StageFigures, type UserFigures } from './measurements.ts';
import type { Busy, Figure, ResourceFigures } from './resources.ts';
import type { Threshold } from './thresholds.ts';
import { type LivesChecked, livesAreWhole } from './verify-lives.ts';

/** All that a run has shown. */
export interface LoadReport {
  readonly startedAt: string;
  readonly users: number;
  readonly seconds: number;
  /** The run was ended before its stages were over. */
  readonly stoppedEarly: boolean;
  /** Why, when it was not a person. */
  readonly failure?: string;
  readonly iterations: number;
  /** What the users saw, over all stages; milliseconds. */
  readonly total: UserFigures;
  readonly stages: readonly StageFigures[];
  readonly kinds: Readonly<Record<Kind, KindFigures>>;
  readonly thresholds: readonly Threshold[];
  readonly lives: Lives;
  readonly server?: ServerReport;
}

export interface Lives {
  readonly acknowledged: number;
  readonly confirmed: number;
  /** Milliseconds from the acknowledgement to the confirmation; a second of it the kitchen has not heard of the order. */
  readonly untilConfirmed: Latency;
  /** Why orders were not confirmed. */
  readonly refused: Readonly<Record<string, number>>;
  /** How long after the last user the last order was confirmed. */
  readonly drainSeconds: number;
  /** Left out where the platform does not let look inside. */
  readonly checked?: LivesChecked;
}

export interface ServerReport extends ResourceFigures {
  /** The data file after the stop, when all of its log has gone into it. */
  readonly data?: { readonly bytes: number; readonly bytesPerOrder: number };
  readonly logged: Readonly<Record<string, number>>;
}

export function succeeded({ thresholds, lives, failure }: LoadReport): boolean {
  const whole = lives.checked ? livesAreWhole(lives.checked) : lives.confirmed === lives.acknowledged;
  return failure === undefined && whole && thresholds.every(({ passed }) => passed);
}

export function reportText(report: LoadReport): string {
  const parts = [
    summary(report),
    stageTable(report.stages),
    kindTable(report.kinds),
    ...(report.server ? [serverText(report.server)] : []),
    livesText(report.lives),
    report.thresholds.map(thresholdText).join('\n'),
  ];
  return parts.join('\n\n');
}

function summary({ users, seconds, iterations, total, stoppedEarly, failure }: LoadReport): string {
  const early = stoppedEarly ? ', stopped early' : '';
  const why = failure === undefined ? '' : `\n${styleText('red', 'FAILED')}  ${failure}`;
  const rate = per(total.count, seconds);
  return `${users} users at the peak, ${seconds.toFixed(1)} s${early}: ${iterations} iterations, ${total.count} requests of users, ${rate} req/s${why}`;
}

function stageTable(stages: readonly StageFigures[]): string {
  const rows = stages.map(({ name, seconds, count, errors, ...latency }) => [
    name,
    seconds.toFixed(1),
    String(count),
    per(count, seconds),
    ...latencyCells(latency),
    String(errors),
  ]);
  return table(['stage', 'seconds', 'requests', 'req/s', ...LATENCY_HEAD, 'errors'], rows);
}

const LATENCY_HEAD = ['p50 ms', 'p95 ms', 'p99 ms', 'max ms'];
const KIND_NAMES: Readonly<Record<Kind, string>> = {
  create: 'create',
  get: 'get',
  list: 'list (kitchens)',
  confirm: 'confirm (kitchens)',
};

function kindTable(kinds: LoadReport['kinds']): string {
  const rows = KINDS.map((kind) => {
    const { count, errors, ...latency } = kinds[kind];
    return [KIND_NAMES[kind], String(count), ...latencyCells(latency), counts(errors)];
  });
  return table(['request', 'count', ...LATENCY_HEAD, 'errors'], rows);
}

function latencyCells({ p50, p95, p99, max }: Latency): readonly string[] {
  return [p50, p95, p99, max].map((ms) => ms.toFixed(1));
}

function counts(errors: Readonly<Record<string, number>>): string {
  const entries = Object.entries(errors);
  return entries.length === 0 ? 'none' : entries.map(([what, count]) => `${count} x ${what}`).join(', ');
}

function serverText(server: ServerReport): string {
  const rows = [
    figureRow('memory (RSS), MB', server.rssBytes, megabytes),
    figureRow('heap in use, MB', server.heapBytes, megabytes),
    figureRow('open handles', server.handles, (value) => value.toFixed(0)),
  ];
  return [
    table(['server', 'first', 'last', 'min', 'max', 'growth a minute at the peak'], rows),
    `data file: ${dataText(server)}; biggest log (WAL): ${megabytes(server.biggestWalBytes)} MB`,
    `at the peak: server ${busyText(server.serverBusy)}; this client ${busyText(server.clientBusy)}`,
    `server's warnings and errors: ${counts(server.logged)}`,
  ].join('\n');
}

function dataText({ data }: ServerReport): string {
  if (!data) return 'not measured';
  return `${megabytes(data.bytes)} MB, ${data.bytesPerOrder.toFixed(0)} bytes per order`;
}

function figureRow(name: string, figure: Figure | undefined, show: (value: number) => string): readonly string[] {
  if (!figure) return [name, 'not measured'];
  const { first, last, min, max, slope } = figure;
  return [name, ...[first, last, min, max].map(show), slope === undefined ? 'not measured' : signed(show(slope))];
}

function signed(text: string): string {
  return text.startsWith('-') ? text : `+${text}`;
}

function busyText(busy: Busy | undefined): string {
  if (!busy) return 'not measured';
  return `${percent(busy.processor)} of a processor, event loop busy for ${percent(busy.eventLoop)}`;
}

function livesText({ acknowledged, confirmed, untilConfirmed, refused, drainSeconds, checked }: Lives): string {
  const { p50, p95, max } = untilConfirmed;
  const lines = [
    `confirmed ${seconds(p50)} (p50), ${seconds(p95)} (p95), ${seconds(max)} (max) after the acknowledgement, a second of it by intent; the last ${drainSeconds.toFixed(1)} s after the last user`,
    ...(Object.keys(refused).length === 0 ? [] : [`not confirmed: ${counts(refused)}`]),
  ];
  if (!checked) {
    return [...lines, `lives confirmed: ${confirmed} of ${acknowledged}; nobody could look at the charges`].join('\n');
  }
  const whole = livesAreWhole(checked);
  return [
    ...lines,
    `charged exactly once: ${checked.chargedOnce} of ${acknowledged}; dead letters: ${checked.deadLetters}; looked at one by one: ${checked.sampled}`,
    ...checked.problems.map((problem) => `  ${problem}`),
    `${mark(whole)}  lives completed: ${checked.completed} of ${acknowledged}`,
  ].join('\n');
}

function thresholdText({ name, value, limit, unit, passed }: Threshold): string {
  return `${mark(passed)}  ${name}: ${value.toFixed(unit === '%' ? 3 : 1)} ${unit}, has to be below ${limit} ${unit}`;
}

function mark(passed: boolean): string {
  return passed ? styleText('green', 'passed') : styleText('red', 'FAILED');
}

export function per(count: number, elapsedSeconds: number): string {
  return elapsedSeconds > 0 ? (count / elapsedSeconds).toFixed(1) : '-';
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
