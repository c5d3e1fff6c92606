import type { Dice } from '../dice.ts';

/** What may befall a call of a port. */
export const CALL_FAULTS = [
  /** The caller is gone before the call acts. */
  'crash-before',
  /** The call acts, and its caller is gone before it hears of it. */
  'crash-after',
  /** The call fails with `deadline-exceeded`, and has not acted. */
  'timeout-before',
  /** The call acts, and fails with `deadline-exceeded`. */
  'timeout-after',
  /** The call fails with `deadline-exceeded`, and acts later. */
  'timeout-acts-later',
  /** The call acts, and its answer comes 1 to 25 s later: its caller may have given up on it by then. */
  'answers-late',
  /** The call fails with `resource-exhausted`, and has not acted. */
  'throttled',
  /** The caller is held up for 10 to 70 steps of the others. */
  'stall',
] as const;

/** What may befall what lies between the calls. */
const DELIVERY_FAULTS = [
  /** A message or job is handed out twice, also side by side. */
  'duplicate',
  /** An accepted job is forgotten. */
  'lost-start',
  /** An accepted timer is forgotten. */
  'lost-timer',
  /** Some events of a call are published, the others are refused. */
  'partly-published',
  /** The provider has not made up its mind, and does later. */
  'undecided',
  /** Time goes on by 10 to 60 s while nobody moves. */
  'hiccup',
  /** Time goes on by more than 5 min, 10 min, 1 h, 24 h or 30 d. */
  'clock-jump',
  /** One machine's clock is up to two seconds ahead or behind. */
  'clock-skew',
  /** A sweep that nobody needed, maybe beside another one. */
  'extra-sweep',
  /** One port, or one of its calls, is out of reach for 20 s to 90 min. */
  'outage',
] as const;

export type CallFault = (typeof CALL_FAULTS)[number];
export type DeliveryFault = (typeof DELIVERY_FAULTS)[number];
export type Fault = CallFault | DeliveryFault;

/** How likely each fault is, at each point where it may happen. */
export type FaultRates = Readonly<Record<Fault, number>>;

const USUAL: FaultRates = {
  'crash-before': 0.012,
  'crash-after': 0.015,
  'timeout-before': 0.008,
  'timeout-after': 0.01,
  'timeout-acts-later': 0.01,
  'answers-late': 0.008,
  throttled: 0.008,
  stall: 0.03,
  duplicate: 0.08,
  'lost-start': 0.05,
  'lost-timer': 0.1,
  'partly-published': 0.04,
  undecided: 0.08,
  hiccup: 0.005,
  'clock-jump': 0.002,
  'clock-skew': 0.1,
  'extra-sweep': 0.002,
  outage: 0.002,
};

export const FAULT_NAMES: readonly Fault[] = [...CALL_FAULTS, ...DELIVERY_FAULTS];

export const NO_FAULTS = Object.fromEntries(FAULT_NAMES.map((fault) => [fault, 0])) as FaultRates;

/** Some histories have none of a fault, some have much of it: what one fault hides shows where it is missing. */
export function someFaults(dice: Dice): FaultRates {
  if (dice.chance(0.03)) return NO_FAULTS;
  const rates = Object.entries(USUAL).map(([fault, rate]) => [fault, rate * dice.pick([0, 0.5, 1, 1, 3])]);
  return Object.fromEntries(rates) as FaultRates;
}
