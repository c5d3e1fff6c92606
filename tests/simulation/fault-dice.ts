import type { Dice } from '../dice.ts';
import { type Fault, type FaultRates, NO_FAULTS } from './faults.ts';
import type { TraceHash } from './trace-hash.ts';

export interface FaultDiceOptions {
  readonly dice: Dice;
  readonly rates: FaultRates;
  readonly hash: TraceHash;
  /** Faults by number that are left out, for looking which of them matter. */
  readonly without?: ReadonlySet<number>;
}

/** Decides where faults strike, and counts them. */
export function faultDice({ dice, hash, without, ...options }: FaultDiceOptions) {
  let rates = options.rates;
  let faulty = true;
  let number = 0;
  const struck = new Map<Fault, number>();

  /** Every fault that the dice call for has a number, also those that are left out. */
  function counts(fault: Fault): boolean {
    const mine = number;
    number += 1;
    if (without?.has(mine)) return false;
    hash.addText(fault);
    struck.set(fault, (struck.get(fault) ?? 0) + 1);
    return true;
  }

  return {
    /** Whether this fault strikes here and now. */
    strikes(fault: Fault, rate = rates[fault]): boolean {
      return faulty && rate > 0 && dice.next() < rate && counts(fault);
    },
    /** At most one of these, by a single throw. */
    oneOf<F extends Fault>(kinds: readonly F[]): F | undefined {
      if (!faulty) return undefined;
      let left = dice.next();
      for (const fault of kinds) {
        left -= rates[fault];
        if (left < 0) return counts(fault) ? fault : undefined;
      }
      return undefined;
    },
    rate: (fault: Fault): number => rates[fault],
    /** From now on none strikes. False when that was so already. */
    end(): boolean {
      if (!faulty) return false;
      faulty = false;
      rates = NO_FAULTS;
      return true;
    },
    areOver: (): boolean => !faulty,
    /** How many were called for so far. */
    number: (): number => number,
    /** How often each has struck. */
    struck: struck as ReadonlyMap<Fault, number>,
  };
}
