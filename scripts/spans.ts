import { z } from 'zod';
import { UsageError } from './command.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of what somebody typed behind `option`: `30s`, `5m`, `2h` or `1d`. */
export function readSpan(option: string, text: string): number {
  const [, digits, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (digits === undefined)
    throw new UsageError(`--${option} ${text} is no span of time: give one such as 30s, 5m or 2h`);
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}

/** Epoch milliseconds of what somebody typed behind `option`: an instant with its offset, a day (its beginning, UTC) or an age. */
export function readInstant(option: string, text: string, now: number): number {
  if (/^\d+[smhd]$/.test(text)) return now - readSpan(option, text);
  if (z.iso.date().safeParse(text).success) return Date.parse(text);
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return Date.parse(text);
  throw new UsageError(`--${option} ${text} is no instant such as 2026-11-22T12:00:00Z, a day or an age such as 24h`);
}

/** A span for people, in the unit that fits: `45 s`, `12 min`, `3 h`, `2 d`. */
export function spanText(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 2 * UNITS.m) return `${Math.floor(span / UNITS.s)} s`;
  if (span < 2 * UNITS.h) return `${Math.floor(span / UNITS.m)} min`;
  return span < 2 * UNITS.d ? `${Math.floor(span / UNITS.h)} h` : `${Math.floor(span / UNITS.d)} d`;
}

/** How far `at` is from `now`: `in 3 min`, `12 s ago`. */
export function distanceText(at: number, now: number): string {
  return at > now ? `in ${spanText(at - now)}` : `${spanText(now - at)} ago`;
}

/** An instant for people, to the second. */
export function timeText(at: string | number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
