import { hmacIds } from '../../shared/adapters/in-process/hmac-ids.ts';
import { memoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { memoryNoticeLog } from '../../shared/adapters/memory/memory-notice-log.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import { memoryReceiptStore } from '../../shared/adapters/memory/memory-receipt-store.ts';
import { memoryRestaurantCatalog } from '../../shared/adapters/memory/memory-restaurant-catalog.ts';
import type { IssuerAnswer } from '../../shared/adapters/simulated/simulated-issuer.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import type { Ids } from '../../shared/ports/ids.ts';
import type { LedgerEntry, PaymentLedger } from '../../shared/ports/payment-ledger.ts';
import { type Dice, dice } from '../dice.ts';
import { NOON } from '../fixtures.ts';
import { type Chronicler, chronicler } from './chronicle.ts';
import { delivery } from './delivery.ts';
import { newsBoard } from './news.ts';
import type { Plan } from './plan.ts';
import { PROFILES } from './profiles.ts';
import { type Host, type Scheduler, scheduler, type TraceLine } from './scheduler.ts';
import { traceHash } from './trace-hash.ts';

/** Steps after the last fault in which everything has to come to rest. A history of three orders takes a few hundred. */
const SETTLE_STEPS = 20_000;

export interface WorldOptions {
  readonly without?: ReadonlySet<number>;
  readonly record?: (line: TraceLine) => void;
}

export type World = ReturnType<typeof world>;

const CURSOR_KEY = new Uint8Array(32);
export const ids = remembered(hmacIds({ pepper: 'p'.repeat(32), environment: 'simulation' }));
const restaurants = memoryRestaurantCatalog();
await restaurants.put(
  ['rest-a', 'rest-b'].map((id) => ({
    id,
    name: id,
    cuisine: 'any',
    rating: 4,
    acceptingOrders: true,
    // Under every threshold, of high value, and to be approved.
    menu: (['soda', 'feast', 'banquet'] as const).map((menuItemId, index) => ({
      menuItemId,
      name: menuItemId,
      unitPrice: { amount: [299, 12_000, 150_000][index] ?? 0, currency: 'USD' },
    })),
    contact: { email: `kitchen@${id}.example` },
  })),
);

/** The stores, the provider and the platform of one history, with its time and its chance. Nothing is shared between two. */
export function world(plan: Plan, host: Host, { without, record }: WorldOptions = {}) {
  const chance = dice(plan.seed);
  const hash = traceHash();
  const clockwork = scheduler(
    {
      dice: chance,
      rates: plan.faults,
      faultSteps: plan.faultSteps,
      settleSteps: SETTLE_STEPS,
      startAt: NOON,
      hash,
      ...(without && { without }),
      ...(record && { record }),
    },
    host,
  );
  const profile = PROFILES[plan.profile];
  const chronicle = chronicler((violation) => clockwork.note('JUDGE', violation));
  const platform = delivery(profile, { scheduler: clockwork, dice: chance, violation: chronicle.violation });
  const { orders, feed } = memoryOrderStore({ cursorKey: CURSOR_KEY });
  const board = newsBoard({ scheduler: clockwork, dice: chance });
  const tell = profile.webhooks ? board.tell : () => undefined;
  const ledger = watched(memoryPaymentLedger(), chronicle, tell);
  return {
    plan,
    profile,
    dice: chance,
    hash,
    scheduler: clockwork,
    platform,
    chronicle,
    orders,
    feed,
    ledger,
    records: simulatedPaymentRecords({ ledger }),
    news: board,
    provider: provider(ledger, { dice: chance, scheduler: clockwork }),
    inbox: memoryInbox(),
    receipts: memoryReceiptStore(),
    notices: memoryNoticeLog(),
    restaurants,
    ids,
    retriesForever: profile.oneProcess,
  };
}

/** There are few customers and keys, and many histories. */
function remembered(ids: Ids): Ids {
  const known = new Map<string, string>();
  return {
    orderId(customer, key) {
      const name = `${customer}/${key}`;
      const id = known.get(name) ?? ids.orderId(customer, key);
      known.set(name, id);
      return id;
    },
  };
}

type Tell = ReturnType<typeof newsBoard>['tell'];

function watched(ledger: PaymentLedger, chronicle: Chronicler, tell: Tell): PaymentLedger {
  return {
    ...ledger,
    update: (reference, change) =>
      ledger.update(reference, (entry) => {
        const update = change(entry);
        if (update.movement) chronicle.moved(update.movement);
        if (update.entry) tell(whatHappened(entry, update.entry), reference, entry.orderId);
        return update;
      }),
  };
}

/** In the words of a provider's events. */
function whatHappened(before: LedgerEntry, after: LedgerEntry): string {
  if (after.state !== before.state) return `payment ${after.state}`;
  return after.declineCode === undefined ? 'payment tried' : 'payment declined';
}

function provider(ledger: PaymentLedger, { dice, scheduler }: { dice: Dice; scheduler: Scheduler }) {
  let made = 0;
  return simulatedPaymentGateway({
    ledger,
    clock: scheduler,
    newId: () => {
      made += 1;
      return `${made}`;
    },
    issuer: {
      charge: (card, earlier) => issuerSays(card, earlier, dice, scheduler.faulty()),
      refusesRefund: (card) =>
        card === 'refuses-refunds' || (card === 'refuses-refunds-once' && scheduler.faulty() && dice.chance(0.5)),
    },
  });
}

function issuerSays(card: string, earlierAttempts: number, dice: Dice, faulty: boolean): IssuerAnswer {
  switch (card) {
    case 'declined':
      return { kind: 'declined', code: 'card_declined' };
    case 'out-of-reach':
      return { kind: 'unreachable' };
    case 'fickle':
      return dice.pick(FICKLE);
    default:
      // The first attempt of some good cards is charged without an answer.
      return { kind: 'approved', lost: faulty && earlierAttempts === 0 && dice.chance(0.1) };
  }
}

const FICKLE: readonly IssuerAnswer[] = [
  { kind: 'approved', lost: false },
  { kind: 'approved', lost: true },
  { kind: 'declined', code: 'insufficient_funds' },
  { kind: 'needs-action' },
  { kind: 'unreachable' },
];
