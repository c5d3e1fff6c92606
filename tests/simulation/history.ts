import { RECONCILE_GRACE_MS } from '../../shared/application/reconcile-payments.ts';
import type { OrderStatus } from '../../shared/domain/order.ts';
import type { Actor } from './actor.ts';
import type { Fault } from './faults.ts';
import { handlers } from './handlers.ts';
import { invariants } from './invariants.ts';
import { people } from './people.ts';
import type { Plan } from './plan.ts';
import { type WorldOptions, world } from './world.ts';

/** What came of one history. */
export interface HistoryResult {
  /** What was promised and not kept; empty when all is well. */
  readonly violations: readonly string[];
  /** Of everything that happened, in its order. */
  readonly hash: string;
  readonly steps: number;
  /** Faults that the dice called for, also those that were left out. */
  readonly faults: number;
  /** How often each call that commits was cut by a crash, by role and call. */
  readonly crashes: ReadonlyMap<string, { readonly before: number; readonly after: number }>;
  /** How often each kind of fault struck. */
  readonly struck: ReadonlyMap<Fault, number>;
  /** Where the orders are at the end. */
  readonly ends: readonly OrderStatus[];
}

const WEATHER = ['hiccup', 'clock-jump', 'extra-sweep', 'outage'] as const;
const MINUTE = 60_000;
const JUMPS = [5 * MINUTE, 10 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE, 30 * 24 * 60 * MINUTE] as const;
/** Calls whose names begin like this. */
const OUTAGES = [
  'PaymentGateway',
  'PaymentGateway.open',
  'OrderStore',
  'EventPublisher',
  'WorkflowScheduler',
  'NotificationSender',
  'Inbox',
] as const;
const OUTAGES_MS = [20_000, 3 * MINUTE, 20 * MINUTE, 90 * MINUTE] as const;
/** The operators look at what is left so many times; nothing goes wrong any more by then. */
const LAST_LOOKS = 4;
/** In the first of them: one of the two may have found somebody at work. */
const RECONCILIATIONS = 2;

/** Runs one history from its plan to its end, and judges it. The same plan always gives the same result. */
export async function runHistory(plan: Plan, options: WorldOptions = {}): Promise<HistoryResult> {
  let lastLooks = 0;
  const here = world(
    plan,
    {
      offer: () => work.offer(),
      nextWorkAt: () => work.nextWorkAt(),
      crash: (actor) => crash(actor),
      weather,
      ended,
    },
    options,
  );
  const { scheduler, chronicle, platform, dice } = here;
  const work = handlers(here);
  const persons = people(here, work);

  function crash(actor: Actor): void {
    const others = here.profile.oneProcess ? [...work.atWork(), ...persons.atWork()] : [];
    for (const one of [actor, ...others]) scheduler.kill(one);
  }

  /** What befalls everybody at once. */
  function weather(): void {
    const fault = scheduler.oneOf(WEATHER);
    switch (fault) {
      case 'hiccup':
        scheduler.note('weather', 'everything stands still for some seconds', fault);
        scheduler.jump(dice.between(10_000, 60_000));
        return;
      case 'clock-jump': {
        const ms = dice.pick(JUMPS) + dice.between(1, MINUTE);
        scheduler.note('weather', `the clocks jump by ${Math.round(ms / MINUTE)} min`, fault);
        scheduler.jump(ms);
        return;
      }
      case 'outage': {
        const [calls, ms] = [dice.pick(OUTAGES), dice.pick(OUTAGES_MS)];
        scheduler.note('weather', `${calls} is out of reach for ${ms / 1_000} s`, fault);
        scheduler.outage(calls, ms);
        return;
      }
      case 'extra-sweep':
        scheduler.note('weather', 'somebody has the sweeper look', fault);
        work.extraSweep();
    }
  }

  /** Nothing is left to do but what was left to the operators. True when they find something. */
  function ended(): boolean {
    scheduler.calm();
    lastLooks += 1;
    if (lastLooks > LAST_LOOKS) return false;
    const letters = platform.letters();
    for (const { id } of letters) platform.redrive(id);
    const asked = lastLooks === 1 && persons.askForRefunds();
    if (lastLooks <= RECONCILIATIONS) {
      scheduler.jump(2 * RECONCILE_GRACE_MS);
      work.reconcile();
      return true;
    }
    return letters.length > 0 || asked;
  }

  persons.setOut();
  const settled = await scheduler.run();
  const violations = await invariants(here, settled);
  const ends = [...chronicle.chronicle().orders.values()].map(({ status }) => status);
  for (const status of ends) here.hash.addText(status);
  return {
    violations,
    hash: here.hash.digest(),
    steps: settled.steps,
    faults: settled.faults,
    crashes: scheduler.crashes,
    struck: scheduler.struck,
    ends,
  };
}
