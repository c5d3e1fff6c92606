import type { OrderStatus } from '../../shared/domain/order.ts';
import type { DataFiles } from './data-files.ts';
import type { Answers } from './load.ts';

const KINDS = [
  'underWay',
  'inACharge',
  'chargedNotRecorded',
  'refundedNotRecorded',
  'waiting',
  'changesNotRelayed',
  'messagesNotDone',
] as const;

/** What the kills caught in the act, by ids: without it, a run would prove nothing. */
export type Caught = Readonly<Record<(typeof KINDS)[number], ReadonlySet<string>>>;

export function caughtIn({ orders, changes, messages, movements }: DataFiles): Caught {
  const inStatus = (...statuses: readonly OrderStatus[]) =>
    new Set(orders.filter(({ status }) => statuses.includes(status)).map(({ id }) => id));
  const alsoMoved = (ids: ReadonlySet<string>, kind: string) =>
    new Set(movements.filter((one) => one.kind === kind && ids.has(one.orderId)).map(({ orderId }) => orderId));
  return {
    underWay: inStatus('pending', 'charging', 'refunding'),
    inACharge: inStatus('charging'),
    chargedNotRecorded: alsoMoved(inStatus('charging'), 'charge'),
    refundedNotRecorded: alsoMoved(inStatus('refunding'), 'refund'),
    waiting: inStatus('awaiting_approval', 'paid'),
    changesNotRelayed: new Set(changes),
    messagesNotDone: new Set(messages),
  };
}

/** One that was caught by several kills counts once. */
export function together(all: readonly Caught[]): Caught {
  const union = (kind: (typeof KINDS)[number]) => new Set(all.flatMap((caught) => [...caught[kind]]));
  return Object.fromEntries(KINDS.map((kind) => [kind, union(kind)])) as Record<keyof Caught, Set<string>>;
}

/** The run in one line. */
export function summary(kills: number, starts: number, answers: Answers, caught: Caught, end: DataFiles): string {
  const { asked, acknowledged, acts, lostActs, refusedActs } = answers;
  const repeated = end.notices.length - new Set(end.notices.map(({ key }) => key)).size;
  return [
    `${kills} kills under load and ${starts} during a start`,
    `orders: ${asked.size} placed, ${acknowledged.size} acknowledged, ${asked.size - acknowledged.size} answers lost`,
    `acts: ${acts.length} acknowledged, ${lostActs} answers lost, ${refusedActs} too late`,
    `caught by the kills: ${caught.underWay.size} orders under way, ${caught.inACharge.size} of them in a charge ` +
      `(${caught.chargedNotRecorded.size} charged and not recorded, ${caught.refundedNotRecorded.size} refunded and not recorded), ` +
      `${caught.waiting.size} waiting, ${caught.changesNotRelayed.size} changes not relayed, ` +
      `${caught.messagesNotDone.size} messages not done`,
    `in the end: ${end.movements.length} movements of money, ${end.notices.length} notices, ${repeated} of them repeats`,
  ].join('; ');
}
