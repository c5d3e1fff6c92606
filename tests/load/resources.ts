import { readdir, stat } from 'node:fs/promises';
import type { OwnServer } from './own-server.ts';
import { type ProcessUsage, processUsage } from './process-usage.ts';
import { type Point, slopePerMinute, type Trend, trendOf } from './trend.ts';

/** What a server took at one moment. */
export interface Sample {
  readonly atMs: number;
  /** Taken while all users were there, and none came or went. */
  readonly peak: boolean;
  readonly server: ProcessUsage;
  readonly client: ProcessUsage;
  /** Open files and sockets; undefined where the system does not tell. */
  readonly handles: number | undefined;
  readonly dataBytes: number;
  readonly walBytes: number;
}

export interface Figure extends Trend {
  /** Growth in a minute at the peak; undefined when the peak was too short. */
  readonly slope: number | undefined;
}

/** For how much of the time at the peak something was at work, as a part of one processor. */
export interface Busy {
  readonly processor: number;
  readonly eventLoop: number;
}

export interface ResourceFigures {
  readonly rssBytes: Figure | undefined;
  readonly heapBytes: Figure | undefined;
  /** Undefined: not measured. */
  readonly handles: Figure | undefined;
  readonly biggestWalBytes: number;
  /** Undefined when the peak was too short. */
  readonly serverBusy: Busy | undefined;
  readonly clientBusy: Busy | undefined;
}

/** Undefined when the server does not answer. */
export async function takeSample(server: OwnServer, peak: boolean): Promise<Sample | undefined> {
  const usage = await server.usage();
  if (!usage) return undefined;
  return {
    atMs: performance.now(),
    peak,
    server: usage,
    client: processUsage(),
    handles: await handlesOf(server.pid),
    dataBytes: await sizeOf(server.dataFile),
    walBytes: await sizeOf(`${server.dataFile}-wal`),
  };
}

export function resourceFigures(samples: readonly Sample[]): ResourceFigures {
  return {
    rssBytes: figure(samples, ({ server }) => server.rssBytes),
    heapBytes: figure(samples, ({ server }) => server.heapBytes),
    handles: figure(samples, ({ handles }) => handles),
    biggestWalBytes: Math.max(0, ...samples.map(({ walBytes }) => walBytes)),
    serverBusy: busy(samples, ({ server }) => server),
    clientBusy: busy(samples, ({ client }) => client),
  };
}

function figure(samples: readonly Sample[], value: (sample: Sample) => number | undefined): Figure | undefined {
  const trend = trendOf(points(samples, value));
  const atPeak = samples.filter(({ peak }) => peak);
  return trend && { ...trend, slope: slopePerMinute(points(atPeak, value)) };
}

function points(samples: readonly Sample[], value: (sample: Sample) => number | undefined): readonly Point[] {
  return samples
    .map((sample) => ({ atMs: sample.atMs, value: value(sample) }))
    .filter((point): point is Point => point.value !== undefined);
}

function busy(samples: readonly Sample[], of: (sample: Sample) => ProcessUsage): Busy | undefined {
  const atPeak = samples.filter(({ peak }) => peak);
  const [first] = atPeak;
  const last = atPeak.at(-1);
  if (!first || !last || first === last) return undefined;
  const elapsedMs = last.atMs - first.atMs;
  return {
    processor: (of(last).cpuMs - of(first).cpuMs) / elapsedMs,
    eventLoop: (of(last).loopBusyMs - of(first).loopBusyMs) / elapsedMs,
  };
}

async function handlesOf(pid: number): Promise<number | undefined> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
  return names?.length;
}

/** 0 for a file that is not there. */
export async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}
