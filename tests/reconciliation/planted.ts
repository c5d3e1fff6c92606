import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { DiscrepancyKind } from '../../shared/domain/reconciliation.ts';
import type { OrderStore } from '../../shared/ports/order-store.ts';
import { closeDispute, openDispute } from '../emulators/stripe/disputes.ts';
import type { Books } from '../emulators/stripe/objects.ts';
import { cancelIntent, confirmIntent, createIntent } from '../emulators/stripe/payment-intents.ts';
import { createRefund } from '../emulators/stripe/refunds.ts';
import { after, anOrder, anOrderId } from '../fixtures.ts';

/** A difference that was planted, by the payment that it is about. */
export interface Planted {
  readonly kind: DiscrepancyKind;
  readonly orderId: string;
  readonly reference: string;
}

interface Ground {
  readonly books: Books;
  readonly environment: string;
  keep(order: Order): Promise<Order>;
}

export interface PlantingOptions {
  readonly books: Books;
  readonly environment: string;
  readonly orders: OrderStore;
  /** Every order that is asked for, planted ones among them. */
  readonly count: number;
  /** How many differences, all kinds in turn. */
  readonly discrepancies: number;
}

/**
 * Orders and payments of every sort, most of which agree, and a known number which do not. The orders are made by the domain, and the
 * payments by the stand-in's own rules.
 */
export async function plant(options: PlantingOptions): Promise<readonly Planted[]> {
  const { books, environment, orders, count, discrepancies } = options;
  const ground: Ground = {
    books,
    environment,
    keep: async (order) => {
      await orders.create(order, eventsAfter(order, 0));
      return order;
    },
  };
  const planted: Planted[] = [];
  const every = Math.floor(count / discrepancies);
  const kinds = Object.keys(DIFFERENCES) as DiscrepancyKind[];
  for (let number = 0; number < count; number += 1) {
    const turn = planted.length;
    const kind = number % every === 0 && turn < discrepancies ? kinds[turn % kinds.length] : undefined;
    if (kind === undefined) await AGREEMENTS[number % AGREEMENTS.length]?.(ground);
    else planted.push({ kind, ...(await DIFFERENCES[kind](ground, Math.floor(turn / kinds.length))) });
  }
  return planted;
}

const by = { by: 'restaurant:rest-1' } as const;
const CONFIRM: Command = { type: 'confirm', accepted: true, ...by };
const REFUSE: Command = { type: 'confirm', accepted: false, ...by };

const AGREEMENTS: readonly ((ground: Ground) => Promise<unknown>)[] = [
  (ground) => ground.keep(newOrder(ground)),
  confirmed,
  delivered,
  refunded,
  async (ground) => {
    const { order, reference } = charging(ground);
    cancelIntent(ground.books, reference);
    await ground.keep(then(ground, order, { type: 'record-sealed' }));
  },
  async (ground) => {
    const { order, reference, transactionId } = paid(ground);
    const { id } = openDispute(ground.books, reference);
    closeDispute(ground.books, id, 'won');
    await ground.keep(
      then(
        ground,
        order,
        { type: 'record-charge', transactionId },
        { type: 'record-dispute', dispute: { id, status: 'won' } },
      ),
    );
  },
  // Somebody else's, on the same account.
  async ({ books }) => charged(books, intent(books, { order_id: anOrderId(), orders_environment: 'another' })),
  // One whose payment was opened twice: the other one was sealed, as it has to be.
  async (ground) => {
    const { order } = await confirmed(ground);
    cancelIntent(ground.books, paymentOf(ground, order));
  },
];

type Grow = (ground: Ground, round: number) => Promise<{ orderId: string; reference: string }>;

const DIFFERENCES: Readonly<Record<DiscrepancyKind, Grow>> = {
  'charge-without-order': async ({ books, environment }) => {
    const orderId = anOrderId();
    const reference = intent(books, { order_id: orderId, orders_environment: environment });
    charged(books, reference);
    return { orderId, reference };
  },
  'second-charge': async (ground) => {
    const { order } = await confirmed(ground);
    const reference = paymentOf(ground, order);
    charged(ground.books, reference);
    return { orderId: order.id, reference };
  },
  'orphan-payment': async (ground) => {
    const { order } = await confirmed(ground);
    return { orderId: order.id, reference: paymentOf(ground, order) };
  },
  'outcome-not-recorded': async (ground, round) => {
    const { order, reference } = charging(ground);
    if (round % 2 === 0) charged(ground.books, reference);
    else cancelIntent(ground.books, reference);
    await ground.keep(order);
    return { orderId: order.id, reference };
  },
  'dispute-not-recorded': async (ground) => {
    const { order, reference } = await confirmed(ground);
    openDispute(ground.books, reference);
    return { orderId: order.id, reference };
  },
  'payment-stuck': async (ground) => {
    const { order, reference } = charging(ground);
    await ground.keep(order);
    return { orderId: order.id, reference };
  },
  'payment-missing': async (ground) => {
    const reference = `pi_nobodyknows${ground.books.intents.size}`;
    const { id: orderId } = await ground.keep(
      then(
        ground,
        newOrder(ground),
        { type: 'begin-charge', reference },
        { type: 'record-charge', transactionId: 'ch_1' },
      ),
    );
    return { orderId, reference };
  },
  'charge-missing': async (ground) => {
    const { order, reference } = charging(ground);
    const { id: orderId } = await ground.keep(
      then(ground, order, { type: 'record-charge', transactionId: 'ch_invented' }, CONFIRM),
    );
    return { orderId, reference };
  },
  'amount-differs': async (ground) => {
    const { order, reference } = charging(ground, '1');
    charged(ground.books, reference);
    await ground.keep(order);
    return { orderId: order.id, reference };
  },
  'refund-owed': async (ground, round) => {
    const { order, reference, transactionId } = paid(ground);
    const owed: readonly Command[] =
      round % 2 === 0 ? [{ type: 'record-charge', transactionId }, REFUSE] : [{ type: 'record-sealed' }];
    await ground.keep(then(ground, order, ...owed));
    return { orderId: order.id, reference };
  },
  'refunded-but-kept': async (ground) => {
    const { order, reference } = await confirmed(ground);
    createRefund(ground.books, { payment_intent: reference });
    return { orderId: order.id, reference };
  },
  'partly-refunded': async (ground) => {
    const { order, reference } = await delivered(ground);
    createRefund(ground.books, { payment_intent: reference, amount: '100' });
    return { orderId: order.id, reference };
  },
};

function newOrder({ books }: Ground): Order {
  return anOrder({ createdAt: books.now(), updatedAt: books.now() });
}

function then({ books }: Ground, order: Order, ...commands: readonly Command[]): Order {
  return commands.reduce((before, command) => after(before, command, books.now()).order, order);
}

function charging(ground: Ground, amount?: string): { readonly order: Order; readonly reference: string } {
  const order = newOrder(ground);
  const reference = paymentOf(ground, order, amount);
  return { order: then(ground, order, { type: 'begin-charge', reference }), reference };
}

function paid(ground: Ground) {
  const { order, reference } = charging(ground);
  return { order, reference, transactionId: charged(ground.books, reference) };
}

async function keepPaid(ground: Ground, ...commands: readonly Command[]) {
  const { order, reference, transactionId } = paid(ground);
  return {
    order: await ground.keep(then(ground, order, { type: 'record-charge', transactionId }, ...commands)),
    reference,
  };
}

function confirmed(ground: Ground) {
  return keepPaid(ground, CONFIRM);
}

function delivered(ground: Ground) {
  const steps = (['processing', 'shipped', 'delivered'] as const).map(
    (status): Command => ({ type: 'set-status', status, by: 'operator:olga' }),
  );
  return keepPaid(ground, CONFIRM, ...steps);
}

async function refunded(ground: Ground) {
  const { order, reference, transactionId } = paid(ground);
  const { id: refundId } = createRefund(ground.books, { payment_intent: reference });
  await ground.keep(
    then(ground, order, { type: 'record-charge', transactionId }, REFUSE, { type: 'record-refund', refundId }),
  );
}

/** Another payment that was opened for the order. */
function paymentOf({ books, environment }: Ground, order: Order, amount = String(order.total.amount)): string {
  return intent(books, { order_id: order.id, orders_environment: environment }, amount);
}

function intent(books: Books, metadata: Readonly<Record<string, string>>, amount = '1599'): string {
  return createIntent(books, { amount, currency: 'usd', metadata: { ...metadata }, payment_method: 'pm_card_visa' }).id;
}

function charged(books: Books, reference: string): string {
  confirmIntent(books, reference, {}, new Map());
  return books.intents.get(reference)?.latest_charge ?? '';
}
