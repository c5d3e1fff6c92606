import { type Latency, type LatencyRecorder, latencyRecorder } from './latency.ts';
import type { Stage } from './stages.ts';

/** `list` and `confirm` are the kitchens'. */
export const KINDS = ['create', 'get', 'list', 'confirm'] as const;
export type Kind = (typeof KINDS)[number];

export interface KindFigures extends Latency {
  readonly count: number;
  /** How many came to what, for example `503 busy`. */
  readonly errors: Readonly<Record<string, number>>;
}

/** What the users saw: their orders and looks at them, without what the kitchens did. */
export interface UserFigures extends Latency {
  readonly count: number;
  readonly errors: number;
}

export interface StageFigures extends UserFigures {
  readonly name: string;
  readonly seconds: number;
}

export interface Measurements {
  /** Counts a request, with what was wrong with its answer. */
  record(kind: Kind, elapsedMs: number, failure?: string): void;
  /** From here on, what is recorded counts for this stage (by its index). */
  enterStage(index: number): void;
  kinds(): Readonly<Record<Kind, KindFigures>>;
  users(): UserFigures;
  stages(): readonly StageFigures[];
  /** The users' figures since the last call. */
  sinceLast(): UserFigures & { readonly seconds: number };
  /** Ends the last stage. */
  end(): void;
}

export function measurements(stages: readonly Stage[], now: () => number): Measurements {
  const kinds = { create: tally(now), get: tally(now), list: tally(now), confirm: tally(now) };
  const all = tally(now);
  const recent = tally(now);
  const perStage = stages.map(({ name }) => ({ name, tally: tally(now) }));
  const entered = new Set<Tally>();
  let current: Tally | undefined;
  return {
    record(kind, elapsedMs, failure) {
      kinds[kind].record(elapsedMs, failure);
      if (kind !== 'create' && kind !== 'get') return;
      for (const sum of [all, recent, current]) sum?.record(elapsedMs, failure);
    },
    enterStage(index) {
      const next = perStage[index]?.tally;
      if (!next || next === current) return;
      current?.end();
      next.begin();
      entered.add(next);
      current = next;
    },
    kinds: () => ({
      create: kinds.create.byError(),
      get: kinds.get.byError(),
      list: kinds.list.byError(),
      confirm: kinds.confirm.byError(),
    }),
    users: () => all.figures(),
    stages: () =>
      perStage
        .filter(({ tally }) => entered.has(tally))
        .map(({ name, tally }) => ({ name, seconds: tally.seconds(), ...tally.figures() })),
    sinceLast() {
      const figures = { seconds: recent.seconds(), ...recent.figures() };
      recent.begin();
      return figures;
    },
    end() {
      current?.end();
      current = undefined;
    },
  };
}

interface Tally {
  begin(): void;
  end(): void;
  seconds(): number;
  record(elapsedMs: number, failure: string | undefined): void;
  figures(): UserFigures;
  byError(): KindFigures;
}

function tally(now: () => number): Tally {
  const latency: LatencyRecorder = latencyRecorder();
  const errors = new Map<string, number>();
  let begun = now();
  let ended: number | undefined;
  return {
    begin() {
      begun = now();
      latency.reset();
      errors.clear();
    },
    end() {
      ended = now();
    },
    seconds: () => ((ended ?? now()) - begun) / 1_000,
    record(elapsedMs, failure) {
      latency.record(elapsedMs);
      if (failure !== undefined) errors.set(failure, (errors.get(failure) ?? 0) + 1);
    },
    figures: () => ({
      count: latency.count(),
      errors: errors.values().reduce((sum, count) => sum + count, 0),
      ...latency.figures(),
    }),
    byError: () => ({ count: latency.count(), errors: Object.fromEntries(errors), ...latency.figures() }),
  };
}
