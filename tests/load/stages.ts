/** A part of a run, in which the number of users goes evenly from one figure to another. */
export interface Stage {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly durationMs: number;
  /** All users are there, and none come or go: what is measured here can be compared. */
  readonly peak: boolean;
}

const MINUTE_MS = 60_000;

/** The scenario of the sources: up to a tenth of the users, hold, up to all of them, hold, down. 16 minutes at scale 1. */
export function scenarioStages(users: number, scale: number): readonly Stage[] {
  const some = Math.max(1, Math.round(users / 10));
  return [
    ramp(0, some, 2 * MINUTE_MS * scale),
    hold(some, 5 * MINUTE_MS * scale, false),
    ramp(some, users, 2 * MINUTE_MS * scale),
    hold(users, 5 * MINUTE_MS * scale, true),
    ramp(users, 0, 2 * MINUTE_MS * scale),
  ];
}

/** Up, a long time at the peak, and down. The scale is for the ramps. */
export function longRunStages(users: number, scale: number, holdMs: number): readonly Stage[] {
  return [ramp(0, users, 2 * MINUTE_MS * scale), hold(users, holdMs, true), ramp(users, 0, 2 * MINUTE_MS * scale)];
}

function ramp(from: number, to: number, durationMs: number): Stage {
  return { name: `${from} to ${to}`, from, to, durationMs, peak: false };
}

function hold(users: number, durationMs: number, peak: boolean): Stage {
  return { name: `${users} users`, from: users, to: users, durationMs, peak };
}

export interface Moment {
  /** Which of the stages. */
  readonly index: number;
  readonly stage: Stage;
  /** How many users there should be. */
  readonly users: number;
}

/** What should be the case so long after the start; undefined when all stages are over. */
export function momentAt(stages: readonly Stage[], elapsedMs: number): Moment | undefined {
  let begun = 0;
  for (const [index, stage] of stages.entries()) {
    const into = elapsedMs - begun;
    if (into < stage.durationMs) {
      const users = Math.ceil(stage.from + (stage.to - stage.from) * (into / stage.durationMs));
      return { index, stage, users };
    }
    begun += stage.durationMs;
  }
  return undefined;
}

export function totalMs(stages: readonly Stage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}
