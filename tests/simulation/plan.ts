import type { OrderStatus } from '../../shared/domain/order.ts';
import { type Dice, dice } from '../dice.ts';
import { type FaultRates, someFaults } from './faults.ts';
import type { ProfileName } from './profiles.ts';

/** Everything that is decided before a history begins: who wants what and when, and how bad the weather is. Plain data. */
export interface Plan {
  /** Decides the rest: the schedule, where faults strike, what the card's issuer says. */
  readonly seed: number;
  readonly profile: ProfileName;
  readonly orders: readonly PlannedOrder[];
  readonly acts: readonly PlannedAct[];
  readonly faults: FaultRates;
  /** After so many steps nothing goes wrong any more. */
  readonly faultSteps: number;
}

export interface PlannedOrder {
  readonly customer: string;
  readonly key: string;
  readonly restaurant: string;
  readonly menuItem: 'soda' | 'feast' | 'banquet';
  readonly card: Card;
  readonly contact: 'email' | 'both' | 'none';
}

/** How the issuer of a card behaves; `fickle` says something else each time. */
export type Card = 'good' | 'declined' | 'fickle' | 'out-of-reach' | 'refuses-refunds' | 'refuses-refunds-once';

const ACT_KINDS = [
  'place',
  'place-another-body',
  'change-address',
  'cancel',
  'approve',
  'reject',
  'accept',
  'refuse',
  'process',
  'ship',
  'deliver',
  'refund',
  'settle',
  'intrude',
  'redrive',
  'republish',
  'reconcile',
] as const;
export type ActKind = (typeof ACT_KINDS)[number];

export interface PlannedAct {
  readonly kind: ActKind;
  /** Which of the plan's orders it is about. */
  readonly order: number;
  /** Waits for this status first, and acts all the same when it does not come. */
  readonly when?: OrderStatus;
  /** And then so long. */
  readonly delayMs: number;
  /** Sends `If-Match`: the version that the order has then, or one that it had before. */
  readonly ifMatch?: 'current' | 'stale';
}

const CUSTOMERS = ['ann', 'bob', 'cid'] as const;
const RESTAURANTS = ['rest-a', 'rest-b'] as const;
const CARDS: readonly Card[] = [
  'good',
  'good',
  'good',
  'fickle',
  'fickle',
  'declined',
  'out-of-reach',
  'refuses-refunds',
  'refuses-refunds-once',
];
const SOON = [0, 0, 5, 30, 120, 400, 1_500, 20_000] as const;
/** Around the five minutes that a restaurant has, and the day that the operators have. */
const LATE = [60_000, 298_000, 300_000, 302_000, 900_000, 86_400_000] as const;

export function planFrom(seed: number, profile: ProfileName, orderCount = 3): Plan {
  // Another sequence than the schedule's, so that a plan that is cut down is still met by the same schedule.
  const chance = dice(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  const orders = Array.from({ length: orderCount }, () => plannedOrder(chance));
  const acts = orders.flatMap((_, order) => fate(chance, order, orders.length));
  const faults = weatherFor(profile, someFaults(chance));
  return { seed, profile, orders, acts, faults, faultSteps: chance.between(150, 1_200) };
}

/** News only come first where the answer of a call is late: that has to happen often enough. */
function weatherFor(profile: ProfileName, faults: FaultRates): FaultRates {
  return profile === 'webhooks' ? { ...faults, 'answers-late': 6 * faults['answers-late'] } : faults;
}

function plannedOrder(dice: Dice): PlannedOrder {
  return {
    customer: dice.pick(CUSTOMERS),
    // Few keys, so that some orders are one order, and some customers use the same key.
    key: `key-${dice.between(1, 4)}`,
    restaurant: dice.pick(RESTAURANTS),
    menuItem: dice.pick(['soda', 'feast', 'banquet']),
    card: dice.pick(CARDS),
    contact: dice.pick(['email', 'both', 'none']),
  };
}

/** What people do with one order: a story that makes sense, and a few things that make none. */
function fate(dice: Dice, order: number, orders: number): PlannedAct[] {
  const mayMatch = (kind: ActKind): boolean => kind !== 'place' && kind !== 'place-another-body' && dice.chance(0.15);
  const act = (kind: ActKind, when?: OrderStatus, delays: readonly number[] = SOON): PlannedAct => ({
    kind,
    order,
    ...(when && { when }),
    delayMs: dice.pick(delays),
    ...(mayMatch(kind) && { ifMatch: dice.pick(['current', 'stale'] as const) }),
  });
  const approval = dice.chance(0.75) ? [act(dice.chance(0.8) ? 'approve' : 'reject', 'awaiting_approval')] : [];
  const stories: readonly (() => PlannedAct[])[] = [
    () => [act('accept', 'paid'), act('process', 'confirmed'), act('ship', 'processing'), act('deliver', 'shipped')],
    () => [act('accept', 'paid'), act('process', 'confirmed'), act('ship', 'processing'), act('refund', 'shipped')],
    () => [act('accept', 'paid', LATE)],
    () => [act('refuse', 'paid')],
    () => [act('accept', 'paid'), act('cancel', 'paid')],
    () => [act('cancel')],
    () => [act('cancel', 'charging', [0, 0, 5, 30])],
    () => [act('cancel', 'charging', [0, 0, 5, 30])],
    () => [act('accept', 'paid'), act('cancel', 'confirmed', [...SOON, ...LATE])],
    () => [],
  ];
  const extras = Array.from({ length: dice.between(0, 3) }, () => ({
    ...act(dice.pick(ACT_KINDS), undefined, [...SOON, ...LATE]),
    order: dice.between(0, orders - 1),
  }));
  const again = dice.chance(0.3) ? [act('refund', 'refund_failed'), act('settle', 'refunding')] : [];
  return [
    act('place'),
    ...(dice.chance(0.3) ? [act('place')] : []),
    ...approval,
    ...dice.pick(stories)(),
    ...again,
    ...extras,
  ];
}
