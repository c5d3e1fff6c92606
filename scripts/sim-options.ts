import type { Batch } from '../tests/simulation/batch.ts';

export interface SimOptions {
  readonly histories: number;
  readonly firstSeed: number;
  readonly profile: Batch['profile'];
  readonly orders: number;
  readonly replay: boolean;
  readonly processes?: number;
}

/** The histories in batches of `size`. */
export function batchesOf({ histories, firstSeed, profile, orders }: SimOptions, size: number): Batch[] {
  return Array.from({ length: Math.ceil(histories / size) }, (_, index) => ({
    firstSeed: firstSeed + index * size,
    histories: Math.min(size, histories - index * size),
    profile,
    orders,
  }));
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
