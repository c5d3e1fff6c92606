import type { Actor as Person } from '../../shared/application/actor.ts';
import { redriveDeadLetter } from '../../shared/application/dead-letters.ts';
import { getOrder } from '../../shared/application/get-order.ts';
import {
  approveOrder,
  cancelOrder,
  changeAddress,
  confirmOrder,
  requestRefund,
  requestSettlement,
  setStatus,
} from '../../shared/application/order-commands.ts';
import { placeOrder } from '../../shared/application/place-order.ts';
import type { Refused } from '../../shared/application/refusal.ts';
import { republishEvents } from '../../shared/application/republish-events.ts';
import type { Order } from '../../shared/domain/order.ts';
import { NOON } from '../fixtures.ts';
import { type handlers, reconcileAll } from './handlers.ts';
import { PRICES, REPEATABLE, type Wish } from './own-rules.ts';
import type { ActKind, PlannedAct, PlannedOrder } from './plan.ts';
import { type Ports, portsOf } from './ports.ts';
import type { World } from './world.ts';

/** Who waits no longer than this for a status that does not come. */
const PATIENCE_MS = 900_000;
const TRIES = 4;

type Answer = { readonly kind: 'done'; readonly order?: Order } | Refused;

/**
 * Customers, restaurants and operators who do what was planned, each act by itself. They repeat what got no answer, a few times, as
 * people do; and what was answered goes into the chronicle.
 */
export function people(world: World, work: ReturnType<typeof handlers>) {
  const { plan, scheduler, chronicle, ids, dice } = world;

  /** One request: a use case in a process that may die. Without an answer when none came, and with whether it was carried out all the same. */
  function request(role: string, act: (ports: Ports) => Promise<Answer>): Promise<Requested> {
    return new Promise((settle) => {
      const resolve = (answer: Answer | undefined) =>
        settle({ answer, written: () => chronicle.hasWritten(actor.number) });
      const actor = scheduler.spawn(role, {
        answers: true,
        onDeath() {
          apiActors.delete(actor);
          resolve(undefined);
        },
      });
      apiActors.add(actor);
      act(portsOf(world, actor))
        .then(resolve, (error: unknown) => {
          work.defect(role, error);
          resolve(undefined);
        })
        .finally(() => apiActors.delete(actor));
    });
  }

  const apiActors = new Set<ReturnType<typeof scheduler.spawn>>();

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      scheduler.setTimer(scheduler.spawn('person', { clock: false }), ms, resolve);
    });

  /** Until the order is in this status, or patience ends. */
  const seen = (orderId: string, status: Order['status']): Promise<void> =>
    new Promise((resolve) => {
      chronicle.tellWhen(orderId, status, resolve);
      void sleep(PATIENCE_MS).then(resolve);
    });

  async function act(planned: PlannedAct): Promise<void> {
    const order = plan.orders[planned.order];
    if (!order) return;
    const orderId = ids.orderId(order.customer, order.key);
    if (planned.when) await seen(orderId, planned.when);
    await sleep(planned.delayMs);
    const place = planned.kind === 'place' || planned.kind === 'place-another-body';
    const version = place ? undefined : versionFor(planned, orderId);
    const use = place ? placing(order, planned.kind) : ACTS[planned.kind];
    if (!use) return;
    if (place)
      chronicle.asksFor(orderId, {
        customer: order.customer,
        restaurant: order.restaurant,
        address: addressOf(order, planned.kind),
      });
    const wish = place ? wishOf(order, planned.kind) : undefined;
    if (wish) chronicle.wishes(orderId, wish);
    const earlier: Requested[] = [];
    for (let tries = 0; tries < TRIES; tries += 1) {
      const asked = await request(planned.kind, (ports) =>
        use(ports, { order, orderId, ...(version !== undefined && { version }) }),
      );
      if (asked.answer) {
        answered(planned.kind, order, asked.answer, {
          ...(version !== undefined && { version }),
          ...(wish && { wish }),
        });
        if (version === undefined && earlier.some(({ written }) => written()))
          repeated(planned.kind, orderId, asked.answer);
        return;
      }
      earlier.push(asked);
      await sleep(dice.between(10, 3_000));
    }
  }

  /** What was carried out, and is asked for again for want of an answer, is not refused. */
  function repeated(kind: ActKind, orderId: string, answer: Answer): void {
    if (answer.kind === 'done' || answer.code === 'busy' || !REPEATABLE.includes(kind)) return;
    chronicle.violation(`${orderId}: ${kind} was carried out, and refused when it was repeated: ${answer.code}`);
  }

  function versionFor({ ifMatch }: PlannedAct, orderId: string): number | undefined {
    const version = chronicle.chronicle().orders.get(orderId)?.version;
    if (!ifMatch || version === undefined) return undefined;
    return ifMatch === 'current' ? version : Math.max(1, version - 1);
  }

  function answered(kind: ActKind, { customer }: PlannedOrder, answer: Answer, { version, wish }: Asking): void {
    const how = answer.kind === 'done' ? `answered: ${answer.order?.status ?? 'done'}` : `refused: ${answer.code}`;
    scheduler.note(kind, how);
    if (answer.kind !== 'done' || !answer.order) return;
    chronicle.acknowledges({
      kind,
      by: customer,
      order: answer.order,
      ...(version !== undefined && { expectedVersion: version }),
      ...(wish && { wish }),
    });
  }

  return {
    /** Everybody sets out; resolves when all are done. */
    setOut(): void {
      for (const planned of plan.acts) void act(planned);
    },
    /** The operators ask once more for every refund that was refused. True when there was one. */
    askForRefunds(): boolean {
      const refused = [...chronicle.chronicle().orders.values()].filter(({ status }) => status === 'refund_failed');
      for (const { id } of refused) {
        const order = plan.orders.findIndex(({ customer, key }) => id === ids.orderId(customer, key));
        void act({ kind: 'refund', order, delayMs: 0 });
      }
      return refused.length > 0;
    },
    atWork: () => [...apiActors],
  };
}

interface Requested {
  readonly answer: Answer | undefined;
  readonly written: () => boolean;
}

interface Asking {
  readonly version?: number;
  readonly wish?: Wish;
}

interface Errand {
  readonly order: PlannedOrder;
  readonly orderId: string;
  readonly version?: number;
}

/** Where every order goes whose address is changed. */
export const ELSEWHERE = 'elsewhere';

type Use = (ports: Ports, wish: Errand) => Promise<Answer>;

const OPERATOR: Person = { subject: 'olga', operator: true, restaurants: [] };
const INTRUDER: Person = { subject: 'mallory', operator: false, restaurants: ['rest-none'] };

const owner = ({ customer }: PlannedOrder): Person => ({ subject: customer, operator: false, restaurants: [] });
const kitchen = ({ restaurant }: PlannedOrder): Person => ({
  subject: 'cook',
  operator: false,
  restaurants: [restaurant],
});

function asked(actor: Person, { orderId, version }: Errand) {
  return { actor, orderId, ...(version !== undefined && { expectedVersion: version }) };
}

const ACTS: Readonly<Partial<Record<ActKind, Use>>> = {
  'change-address': (ports, wish) =>
    changeAddress(ports, { ...asked(owner(wish.order), wish), deliveryAddress: ELSEWHERE }),
  cancel: (ports, wish) => cancelOrder(ports, asked(owner(wish.order), wish)),
  approve: (ports, wish) => approveOrder(ports, { ...asked(OPERATOR, wish), approved: true }),
  reject: (ports, wish) => approveOrder(ports, { ...asked(OPERATOR, wish), approved: false }),
  accept: (ports, wish) => confirmOrder(ports, { ...asked(kitchen(wish.order), wish), accepted: true }),
  refuse: (ports, wish) => confirmOrder(ports, { ...asked(kitchen(wish.order), wish), accepted: false }),
  process: (ports, wish) => setStatus(ports, { ...asked(kitchen(wish.order), wish), status: 'processing' }),
  ship: (ports, wish) => setStatus(ports, { ...asked(kitchen(wish.order), wish), status: 'shipped' }),
  deliver: (ports, wish) => setStatus(ports, { ...asked(OPERATOR, wish), status: 'delivered' }),
  refund: (ports, wish) => requestRefund(ports, { ...asked(OPERATOR, wish), note: 'a wish' }),
  settle: (ports, wish) => requestSettlement(ports, { ...asked(OPERATOR, wish), note: 'a wish' }),
  intrude,
  redrive: async (ports) => {
    const { items } = await ports.deadLetters.list({}, { limit: 100 });
    for (const { id } of items) await redriveDeadLetter(ports, id);
    return { kind: 'done' };
  },
  reconcile: async (ports) => {
    await reconcileAll(ports);
    return { kind: 'done' };
  },
  republish: async (ports) => {
    const result = await republishEvents(ports, { since: NOON - 1, page: { limit: 100 }, dryRun: false });
    return result.kind === 'refused' ? result : { kind: 'done' };
  },
};

/** Somebody who has nothing to do with the order: whatever is answered with the order is a breach. */
async function intrude(ports: Ports, { orderId }: Errand): Promise<Answer> {
  const wish = { actor: INTRUDER, orderId };
  const answers = [
    await getOrder(ports, wish),
    await cancelOrder(ports, wish),
    await confirmOrder(ports, { ...wish, accepted: true }),
  ];
  return answers.find(({ kind }) => kind === 'done') ?? { kind: 'done' };
}

function addressOf({ customer }: PlannedOrder, kind: ActKind): string {
  return kind === 'place' ? `home of ${customer}` : `work of ${customer}`;
}

/** Some leave no contact, some a mail address, some a phone number as well. */
function contactOf({ contact, customer }: PlannedOrder): Wish['contact'] {
  const email = `${customer}@example.org`;
  if (contact === 'none') return undefined;
  return contact === 'email' ? { email } : { email, phone: '+12025550123' };
}

/** One to four of what was planned, and a soda with every other order. No limit is reached by that. */
function itemsOf({
  menuItem,
  key,
}: PlannedOrder): { readonly menuItemId: keyof typeof PRICES; readonly quantity: number }[] {
  const quantity = Number(key.slice(-1));
  const soda = { menuItemId: 'soda', quantity: 1 } as const;
  return [{ menuItemId: menuItem, quantity }, ...(quantity % 2 === 0 ? [soda] : [])];
}

function wishOf(order: PlannedOrder, kind: ActKind): Wish {
  const contact = contactOf(order);
  return {
    restaurant: order.restaurant,
    address: addressOf(order, kind),
    total: itemsOf(order).reduce((sum, { menuItemId, quantity }) => sum + PRICES[menuItemId] * quantity, 0),
    ...(contact && { contact }),
  };
}

function placing(order: PlannedOrder, kind: ActKind): Use {
  const contact = contactOf(order);
  return (ports) =>
    placeOrder(ports, {
      actor: owner(order),
      key: order.key,
      correlationId: `request-of-${order.customer}`,
      body: {
        restaurantId: order.restaurant,
        items: itemsOf(order),
        deliveryAddress: addressOf(order, kind),
        paymentMethod: order.card,
        ...(contact && { contact }),
      },
    });
}
