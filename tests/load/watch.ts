import type { Kitchens } from './kitchens.ts';
import type { Measurements } from './measurements.ts';
import type { OwnServer } from './own-server.ts';
import { per } from './report.ts';
import { type Sample, takeSample } from './resources.ts';
import type { Moment } from './stages.ts';

/** Looks at the server, and says how it goes, every few seconds. */
export interface Watch {
  /** Which moment of the run it is; undefined when the users are done. */
  at(moment: Moment | undefined): void;
  end(): Promise<readonly Sample[]>;
}

export interface WatchOptions {
  readonly measure: Measurements;
  readonly restaurants: Kitchens;
  readonly server: OwnServer | undefined;
  readonly print: (line: string) => void;
  /** How long the run will take. */
  readonly lengthMs: number;
}

const PROGRESS_MS = 5_000;
const SHORTEST_MS = 250;

export function watch({ measure, restaurants, server, print, lengthMs }: WatchOptions): Watch {
  const samples: Sample[] = [];
  let moment: Moment | undefined;
  const sample = async (): Promise<void> => {
    const taken = server && (await takeSample(server, moment?.stage.peak ?? false));
    if (taken) samples.push(taken);
  };
  const sampling = setInterval(() => void sample(), Math.max(SHORTEST_MS, Math.min(PROGRESS_MS, lengthMs / 60)));
  const progress = setInterval(() => print(progressLine(moment, measure, restaurants)), PROGRESS_MS);
  return {
    at(now) {
      moment = now;
    },
    async end() {
      clearInterval(sampling);
      clearInterval(progress);
      await sample();
      return samples;
    },
  };
}

function progressLine(moment: Moment | undefined, measure: Measurements, restaurants: Kitchens): string {
  const left = `${restaurants.waiting()} orders not confirmed yet`;
  const { seconds, count, errors, p95 } = measure.sinceLast();
  if (!moment) return `the stages are over: ${count} requests, ${left}`;
  const { stage, users } = moment;
  return `${stage.name}: ${users} there, ${per(count, seconds)} req/s, p95 ${p95.toFixed(1)} ms, ${errors} errors, ${left}`;
}
