/**
 * The points at which a crash could cost somebody money, an order or a word: each is hit before the call acts and after it. A long
 * run that hardly ever hits one of them fails, so that none is passed over without anybody's noticing.
 */
export const CRASH_POINTS: Readonly<Record<string, string>> = {
  'place: OrderStore.create': 'an order is placed',
  'cancel: OrderStore.save (cancelled)': 'an order is cancelled before its charge',
  'cancel: OrderStore.save (charging)': 'the wish to cancel is kept during the charge',
  'cancel: OrderStore.save (refunding)': 'an order is cancelled after its charge',
  'approve: OrderStore.save (awaiting_approval)': 'an approval is given',
  'accept: OrderStore.save (confirmed)': 'a restaurant takes an order on',
  'refuse: OrderStore.save (refunding)': 'a restaurant refuses an order',
  'refund: OrderStore.save (refunding)': 'an operator asks for a refund',
  'settle: OrderStore.save (refunding)': 'an operator has a refund settled',
  'relay: EventPublisher.publish': 'events are published',
  'relay: WorkflowScheduler.start': 'a job or a timer is started',
  'relay: ChangeFeed.acknowledge': 'changes are marked as relayed',
  'segment: OrderStore.save (awaiting_approval)': 'an order comes to rest for its approval',
  'segment: OrderStore.save (rejected)': 'an approval runs out',
  'segment: PaymentGateway.open': 'a payment is opened',
  'segment: OrderStore.save (charging)': 'its reference is saved',
  'segment: PaymentGateway.confirm': 'it is charged',
  'segment: OrderStore.save (paid)': 'the charge is saved',
  'segment: PaymentGateway.settle': 'a doubt is settled',
  'segment: OrderStore.save (payment_failed)': 'a sealed payment ends its order',
  'segment: OrderStore.save (cancelled)': 'a sealed payment ends an order that was being cancelled',
  'segment: OrderStore.save (position)': 'an order comes to rest in a long retry',
  'segment: OrderStore.save (refunding)': 'a refund becomes due',
  'segment: PaymentGateway.refund': 'money is given back',
  'segment: OrderStore.save (refunded)': 'the refund is saved',
  'segment: OrderStore.save (refund_failed)': 'the refusal of a refund is saved',
  'segment: MessageQueue.done': 'a job is done',
  'sweep: OrderStore.save (position)': 'the sweeper writes that it starts an order again',
  'sweep: WorkflowScheduler.start': 'it starts it',
  'notify: NotificationSender.send': 'a notice is sent',
  'notify: Inbox.record': 'it is recorded',
  'notify: MessageQueue.done': 'its message is done',
  'receipt: ReceiptStore.putOnce': 'a receipt is written',
  'receipt: MessageQueue.done': 'its message is done',
  'operators: NotificationSender.send': 'operators are told',
  'operators: Inbox.record': 'it is recorded',
  'republish: EventPublisher.publish': 'events are published again',
  'webhook: Inbox.record': 'news are recorded',
};

export interface CrashCount {
  readonly before: number;
  readonly after: number;
}

/** Adds the counts of a history, or of many, to a sum. */
export function addCrashes(sum: Map<string, CrashCount>, counts: Iterable<readonly [string, CrashCount]>): void {
  for (const [point, { before, after }] of counts) {
    const known = sum.get(point) ?? { before: 0, after: 0 };
    sum.set(point, { before: known.before + before, after: known.after + after });
  }
}

/** The named points that were hit fewer than `least` times, before or after. */
export function rarePoints(counts: ReadonlyMap<string, CrashCount>, least: number): string[] {
  return Object.keys(CRASH_POINTS).filter((point) => {
    const { before, after } = counts.get(point) ?? { before: 0, after: 0 };
    return before < least || after < least;
  });
}
