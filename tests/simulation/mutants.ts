/** A fault that somebody could build into the product. The simulation has to find it. */
export interface Mutant {
  readonly name: string;
  /** What it does wrong, and what comes of it. */
  readonly what: string;
  readonly patches: readonly Patch[];
}

/** Every `find` occurs exactly once in its file. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'absent-means-failed',
    what: 'asks whether there was a charge instead of settling: a confirm that is still on its way charges a failed order',
    patches: [
      {
        file: 'shared/application/tasks.ts',
        find: 'const result = await ports.payments.settle(referenceOf(order));',
        replace:
          "const seen = await ports.payments.status(referenceOf(order));\n  const known = seen.outcome === 'charged' || seen.outcome === 'pending';\n  const result = known ? seen : ({ outcome: 'sealed', declineCode: 'absent' } as const);",
      },
    ],
  },
  {
    name: 'decline-left-unsealed',
    what: 'takes a decline for the end without settling: a worker that comes late can still charge the failed order',
    patches: [
      {
        file: 'shared/application/tasks.ts',
        find: "    case 'declined':\n    case 'requires_action':\n      return 'declined';",
        replace:
          "    case 'declined':\n      return record(ports, context, { type: 'record-sealed', declineCode: result.declineCode }, order);\n    case 'requires_action':\n      return 'declined';",
      },
      {
        file: 'shared/workflow/order-workflow.ts',
        find: "declined: 'SettlePayment',",
        replace: "declined: 'SettlePayment',\n        failed: 'OrderFailed',",
      },
    ],
  },
  {
    name: 'timeout-means-declined',
    what: 'takes a confirmation without an answer for a declined one: what it charged all the same is kept of a failed order',
    patches: [
      {
        file: 'shared/application/tasks.ts',
        find: 'const result = await ports.payments.confirm(referenceOf(order));',
        replace:
          "const result = await ports.payments.confirm(referenceOf(order)).catch(() => ({ outcome: 'sealed' }) as const);",
      },
      {
        file: 'shared/application/tasks.ts',
        find: "    case 'sealed':\n    case 'pending':\n      return 'unsettled';\n  }\n}\n\nasync function settlePayment",
        replace:
          "    case 'sealed':\n      return record(ports, context, { type: 'record-sealed' }, order);\n    case 'pending':\n      return 'unsettled';\n  }\n}\n\nasync function settlePayment",
      },
      {
        file: 'shared/workflow/order-workflow.ts',
        find: "declined: 'SettlePayment',",
        replace: "declined: 'SettlePayment',\n        failed: 'OrderFailed',",
      },
    ],
  },
  {
    name: 'charge-before-claim',
    what: 'confirms a payment before its reference is saved: two workers charge twice, and only one charge is on the order',
    patches: [
      {
        file: 'shared/application/tasks.ts',
        find: "return record(ports, context, { type: 'begin-charge', reference }, order);",
        replace:
          "await ports.payments.confirm(reference);\n  return record(ports, context, { type: 'begin-charge', reference }, order);",
      },
    ],
  },
  {
    name: 'second-reference',
    what: 'puts a new reference in the place of one that is saved: the first can be charged as well, and is on no order',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (order.status === 'charging') return unchanged(order, 'opened');",
        replace:
          "if (order.status === 'charging') {\n    return changed(order, now, 'opened', [{ name: 'updated', by: SYSTEM, payment: { reference } }]);\n  }",
      },
    ],
  },
  {
    name: 'retry-settlement-gives-up',
    what: 'gives up an order that cannot be settled, as if no payment had been opened for it: it can still be charged when it is cancelled',
    patches: [
      {
        file: 'shared/workflow/order-workflow.ts',
        find: "while: ['charging'],\n      next: 'SettlePayment',",
        replace:
          "while: ['charging'],\n      next: 'SettlePayment',\n      giveUp: { afterAttempts: 1, next: 'GiveUpOpening' },",
      },
      {
        file: 'shared/domain/decide.ts',
        find: "if (!mayBeginCharge(order)) return unchanged(order, 'superseded');\n  return changed(order, now, 'stopped', [",
        replace:
          "if (!mayBeginCharge(order) && order.status !== 'charging') return unchanged(order, 'superseded');\n  return changed(order, now, 'stopped', [",
      },
    ],
  },
  {
    name: 'cancel-ignored-while-charging',
    what: 'answers a cancellation during a charge and does not record it: the order goes on as if nobody had called it off',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "return changed(order, now, 'cancel_requested', [\n        { name: 'updated', reason: 'cancellation-requested', by, note, patch },\n      ]);",
        replace: "return unchanged(order, 'cancel_requested');",
      },
    ],
  },
  {
    name: 'refund-without-check',
    what: "refunds after the restaurant's time without looking whether it has confirmed: the order is cooked and nobody pays for it",
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (order.status === 'refunding') return unchanged(order, 'refund_due');\n  if (order.status !== 'paid') return unchanged(order, 'superseded');",
        replace: "if (order.status !== 'paid') return unchanged(order, 'refund_due');",
      },
      {
        file: 'shared/application/tasks.ts',
        find: "if (order.status !== 'refunding') return 'superseded';",
        replace: "if (order.payment.transactionId === undefined) return 'superseded';",
      },
    ],
  },
  {
    name: 'no-revision-check',
    what: 'saves an order whatever its revision: of two writes at once the later one undoes the other',
    patches: [
      {
        file: 'shared/adapters/memory/memory-order-store.ts',
        find: 'if (stored.get(order.id)?.revision !== expectedRevision) throw',
        replace: 'if (!stored.has(order.id)) throw',
      },
    ],
  },
  {
    name: 'publish-before-commit',
    what: 'emits a change before it is checked and written: events are published of writes that fail',
    patches: [
      {
        file: 'shared/adapters/memory/memory-order-store.ts',
        find: '      if (stored.get(order.id)?.revision !== expectedRevision) throw',
        replace:
          '      const change = frozenCopy(changeOf(order, events));\n      changes.set(change.id, change);\n      if (stored.get(order.id)?.revision !== expectedRevision) throw',
      },
    ],
  },
  {
    name: 'timeout-means-saved',
    what: 'takes a write that got no answer for one that worked: people are told of what never came to be',
    patches: [
      {
        file: 'shared/application/commit.ts',
        find: "if (isPortError(error, 'conflict')) return undefined;\n",
        replace:
          "if (isPortError(error, 'conflict')) return undefined;\n    if (isPortError(error, 'deadline-exceeded')) return { order, outcome: decision.outcome };\n",
      },
    ],
  },
  {
    name: 'conflict-not-replayed',
    what: 'answers a request that lost the race to create an order with the order that it would have made: nobody has that one',
    patches: [
      {
        file: 'shared/application/place-order.ts',
        find: "if (!isPortError(error, 'conflict')) throw error;\n    const winner",
        replace:
          "if (isPortError(error, 'conflict')) return { kind: 'done', order, replayed: false };\n    const winner",
      },
    ],
  },
  {
    name: 'key-of-another-customer',
    what: "makes an order's id of the key alone: who uses a key that somebody else has used gets their order",
    patches: [
      {
        file: 'shared/adapters/in-process/hmac-ids.ts',
        find: '[environment, customerId, idempotencyKey]',
        replace: '[environment, idempotencyKey]',
      },
    ],
  },
  {
    name: 'stranger-may-act',
    what: 'takes everybody for the customer of every order: strangers read and cancel it',
    patches: [
      {
        file: 'shared/application/actor.ts',
        find: "...(order.customerId === actor.subject ? (['customer'] as const) : []),",
        replace: "'customer',",
      },
    ],
  },
  {
    name: 'if-match-ignored',
    what: 'does not look at the version that a client has seen: it changes what it has not seen',
    patches: [
      {
        file: 'shared/application/change-order.ts',
        find: 'expectedVersion !== undefined && expectedVersion !== order.version',
        replace: 'expectedVersion !== undefined && expectedVersion > order.version',
      },
    ],
  },
  {
    name: 'clock-goes-back',
    what: "takes each machine's clock as it is: an order's history goes back in time",
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: 'const now = Math.max(clock, order.updatedAt);',
        replace: 'const now = clock;',
      },
    ],
  },
  {
    name: 'lost-signal',
    what: 'leaves an order in its wait when people have answered: the approval or the confirmation is never gone on with',
    patches: [
      {
        file: 'shared/workflow/interpreter.ts',
        find: "const signalled = state?.type === 'wait' ? state.signals[outcome] : undefined;\n  const next = signalled ?? definition.entries[outcome];",
        replace: "const next = state?.type === 'wait' ? undefined : definition.entries[outcome];",
      },
    ],
  },
  {
    name: 'start-left-to-sweeper',
    what: 'does not have the relay start what a command makes due: every refund and every answer of people waits for the sweeper',
    patches: [
      {
        file: 'shared/workflow/interpreter.ts',
        find: 'undefined : handOver(definition.version, target.name, now);',
        replace: 'undefined : { ...handOver(definition.version, target.name, now), handOff: false };',
      },
    ],
  },
  {
    name: 'forgotten-timer',
    what: 'leaves timers to the sweeper, which leaves waits to their timers: nobody ends a wait that nobody answers',
    patches: [
      {
        file: 'shared/application/relay-changes.ts',
        find: 'if (!change.start) return;',
        replace: 'if (!change.start || change.start.job.waitId !== undefined) return;',
      },
      {
        file: 'shared/application/sweep-orders.ts',
        find: 'if (!position) return [];',
        replace: 'if (!position || position.wait) return [];',
      },
    ],
  },
  {
    name: 'stale-timer-obeyed',
    what: "ends a wait by any job that comes: a repeat of the start takes the restaurant's time away",
    patches: [
      {
        file: 'shared/workflow/interpreter.ts',
        find: '  if (job.waitId !== wait.id || !hasRunOut(wait, now)) return undefined;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'late-worker-parks',
    what: 'rests an order in a long retry wherever it has got to: a worker that comes late takes it from its wait or its end, for good',
    patches: [
      {
        file: 'shared/application/park-order.ts',
        find: 'if (!order || !state.while.includes(order.status)) return undefined;',
        replace: 'if (!order) return undefined;',
      },
      {
        file: 'shared/application/park-order.ts',
        find: '    if (restsForPeople(definition, position)) return undefined;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'no-lease',
    what: 'saves a position only where the order rests: a worker that crashes between two tasks strands it',
    patches: [
      {
        file: 'shared/workflow/interpreter.ts',
        find: "    case 'task':\n      return {\n        definitionVersion: definition.version,\n        state: name,\n        attempt: 0,\n        dueAt: now + SEGMENT_LEASE_MS,\n        handOff: false,\n      };\n",
        replace: "    case 'task':\n      return undefined;\n",
      },
    ],
  },
  {
    name: 'no-sweeper',
    what: 'has nobody look for orders past due: one whose start, timer or worker was lost is stranded',
    patches: [
      {
        file: 'shared/application/sweep-orders.ts',
        find: 'const due = await ports.orders.due(ports.clock.now() - SWEEP_GRACE_MS, SWEEP_LIMIT);',
        replace: 'const due: readonly Order[] = [];',
      },
    ],
  },
  {
    name: 'sweep-not-written',
    what: 'starts an order past due without writing that to it: the start has the name of the lost one, and is dropped as a repeat',
    patches: [
      {
        file: 'shared/application/sweep-orders.ts',
        find: 'const saved = await commit(orders, order, decisionOf(order, sweeps, now), sweptPosition(position, sweeps, now));\n  const job = saved && jobOf(saved.order);',
        replace: 'const job = jobOf(order);',
      },
    ],
  },
  {
    name: 'merged-event-dropped',
    what: 'publishes only the last event of a write: a charge that is given back at once has no receipt',
    patches: [
      {
        file: 'shared/application/commit.ts',
        find: 'eventsAfter(order, before.sequence), before.revision',
        replace: 'eventsAfter(order, before.sequence).slice(-1), before.revision',
      },
    ],
  },
  {
    name: 'relay-acknowledges-failures',
    what: 'counts a change as relayed though some of its events were refused by the bus: nobody ever hears of them',
    patches: [
      {
        file: 'shared/application/relay-changes.ts',
        find: "return lost && { change, reason: unpublished.get(lost.id) ?? 'not published' };",
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'acknowledge-on-error',
    what: 'ends a message whose handler failed: what it was to do is never done',
    patches: [
      {
        file: 'functions/local/deliver.ts',
        find: 'return () => queue.retry(id, now + disposition.delayMs, describe(error));',
        replace: 'return () => queue.done(id);',
      },
    ],
  },
  {
    name: 'no-inbox',
    what: 'does not look whether a notice was sent: every repeat of an event tells people again',
    patches: [
      {
        file: 'shared/application/send-notices.ts',
        find: '  if (await inbox.seen(consumer, notice.key)) return;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'mark-before-act',
    what: 'records a notice before it is sent: a crash in between, and it is never sent',
    patches: [
      {
        file: 'shared/application/send-notices.ts',
        find: '  await sender.send(notice);\n  await inbox.record(consumer, notice.key);',
        replace: '  await inbox.record(consumer, notice.key);\n  await sender.send(notice);',
      },
    ],
  },
  {
    name: 'inbox-key-too-wide',
    what: 'remembers events instead of notices: who was to be told by a second address, after a failure, is never told',
    patches: [
      {
        file: 'shared/application/send-notices.ts',
        find: 'if (await inbox.seen(consumer, notice.key)) return;\n  await sender.send(notice);\n  await inbox.record(consumer, notice.key);',
        replace:
          'if (await inbox.seen(consumer, notice.eventId)) return;\n  await sender.send(notice);\n  await inbox.record(consumer, notice.eventId);',
      },
    ],
  },
  {
    name: 'republish-with-new-ids',
    what: 'gives an event another id when it is published again: nobody can know it, and everybody is told twice',
    patches: [
      {
        file: 'shared/application/republish-events.ts',
        find: 'const events = byOrder.flat();',
        replace:
          "const events = byOrder.flat().map((event) => ({ ...event, id: [event.id, ports.clock.now()].join(':') }));",
      },
    ],
  },
  {
    name: 'receipt-of-last-look',
    what: 'writes a receipt only for an order that is still paid when it looks: one that is confirmed by then has none',
    patches: [
      {
        file: 'shared/application/write-receipt.ts',
        find: '  const receipt = order && receiptFor(order);\n',
        replace: "  if (order && order.status !== 'paid') return;\n  const receipt = order && receiptFor(order);\n",
      },
    ],
  },

  {
    name: 'timeout-overrules-confirmation',
    what: "lets the restaurant's timeout win against a confirmation that came just before it: an order that was taken on is refunded",
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (order.status === 'refunding') return unchanged(order, 'refund_due');\n  if (order.status !== 'paid') return unchanged(order, 'superseded');",
        replace:
          "if (order.status === 'refunding') return unchanged(order, 'refund_due');\n  if (order.status !== 'paid' && order.status !== 'confirmed') return unchanged(order, 'superseded');",
      },
    ],
  },
  {
    name: 'sweep-without-a-name',
    what: 'names jobs by what clients see of an order: a start by the sweeper has the name of the lost one, and is dropped as a repeat',
    patches: [
      {
        file: 'shared/domain/change.ts',
        find: '    revision: order.revision,\n    correlationId',
        replace: '    revision: order.version,\n    correlationId',
      },
    ],
  },
  {
    name: 'nobody-is-told',
    what: 'takes every event for too old to tell anybody: no customer and no restaurant hears of anything',
    patches: [
      {
        file: 'shared/application/send-notices.ts',
        find: 'if (ports.clock.now() - event.at > ports.noticeMaxAgeMs)',
        replace: 'if (event.at > 0)',
      },
    ],
  },
  {
    name: 'notice-to-somebody-else',
    what: "sends the restaurant's notices to the customer: the kitchen hears of no order",
    patches: [
      {
        file: 'shared/application/send-notices.ts',
        find: '...(restaurant?.contact && { restaurant: restaurant.contact }),',
        replace: '...(order?.contact && { restaurant: order.contact }),',
      },
    ],
  },
  {
    name: 'address-change-lost',
    what: 'acknowledges a new address and keeps the old one: the order goes where nobody waits for it',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: 'const patch = { deliveryAddress, addressChanges: order.addressChanges + 1 };',
        replace: 'const patch = { deliveryAddress: order.deliveryAddress, addressChanges: order.addressChanges + 1 };',
      },
    ],
  },
  {
    name: 'receipt-of-nothing',
    what: 'writes receipts over another sum than was charged',
    patches: [
      {
        file: 'shared/domain/receipt.ts',
        find: 'total: order.total,',
        replace: 'total: { ...order.total, amount: 0 },',
      },
    ],
  },
  {
    name: 'one-too-many',
    what: 'reckons one more of each item than was ordered: every customer pays too much',
    patches: [
      {
        file: 'shared/application/place-order.ts',
        find: 'const cost = multiply(unitPrice, quantity);',
        replace: 'const cost = multiply(unitPrice, quantity + 1);',
      },
    ],
  },
  {
    name: 'first-item-charged',
    what: 'opens the payment for the first item alone: the rest is given away',
    patches: [
      {
        file: 'shared/application/tasks.ts',
        find: 'amount: order.total,',
        replace: 'amount: order.items[0]?.unitPrice ?? order.total,',
      },
    ],
  },
  {
    name: 'eaten-and-cancelled',
    what: 'lets a customer cancel what is on its way: the food is eaten, and the money given back',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "    case 'confirmed':\n    case 'processing':\n      return changed(order, now, 'refund_due', [",
        replace:
          "    case 'confirmed':\n    case 'processing':\n    case 'shipped':\n      return changed(order, now, 'refund_due', [",
      },
    ],
  },
  {
    name: 'approval-skipped',
    what: 'charges orders of any sum without asking anybody',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (!needsApproval(order.total, thresholds)) return unchanged(order, 'ready');",
        replace: "if (needsApproval(order.total, thresholds)) return unchanged(order, 'ready');",
      },
    ],
  },
  {
    name: 'failed-refund-untold',
    what: 'tells no operator of a refund that failed: the customer waits for it for good',
    patches: [
      {
        file: 'shared/domain/rules.ts',
        find: "'restaurant_timeout', 'refund_failed', 'needs_attention'",
        replace: "'restaurant_timeout', 'needs_attention'",
      },
    ],
  },
  {
    name: 'kitchen-untold',
    what: 'does not tell the kitchen that an order is off: it cooks for nobody',
    patches: [
      {
        file: 'shared/domain/notice.ts',
        find: "return event.status === 'refunding' ? restaurantRefundText(event, total) : undefined;",
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'phone-forgotten',
    what: 'places orders without the phone number: nobody who left one gets a message',
    patches: [
      {
        file: 'shared/application/place-order.ts',
        find: '...(body.contact && { contact: body.contact }),',
        replace: '...(body.contact?.email && { contact: { email: body.contact.email } }),',
      },
    ],
  },
  {
    name: 'repeat-refused',
    what: 'refuses a confirmation that is repeated for want of an answer: the kitchen does not cook, and the customer has paid',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (earlier?.accepted === command.accepted) return unchanged(order, command.accepted ? 'confirmed' : 'refund_due');",
        replace:
          "if (earlier?.accepted === command.accepted) return refused('already-decided', 'it was decided before');",
      },
    ],
  },
  {
    name: 'delivery-unrecorded',
    what: 'acknowledges that an order was delivered, and records nothing',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (order.status === status) return unchanged(order, 'updated');\n  if (!mayMove",
        replace:
          "if (order.status === status || status === 'delivered') return unchanged(order, 'updated');\n  if (!mayMove",
      },
    ],
  },
  {
    name: 'charged-though-cancelled',
    what: 'charges an order whose cancellation was acknowledged before: the customer sees a charge and a refund',
    patches: [
      { file: 'shared/application/tasks.ts', find: "  if (order.cancellation) return 'unsettled';\n", replace: '' },
    ],
  },
  {
    name: 'key-with-another-body',
    what: 'answers the same key with another body as a repeat: the customer is told that something else was ordered',
    patches: [
      {
        file: 'shared/application/place-order.ts',
        find: 'if (order.requestHash === requestHash) return',
        replace: 'if (order.requestHash) return',
      },
    ],
  },
  {
    name: 'webhook-trusted',
    what: "believes the provider's news instead of its books: a decline that comes late fails an order that is charged meanwhile",
    patches: [
      {
        file: 'shared/application/hear-payment-news.ts',
        find: 'ports: NewsPorts, { eventId, reference }: PaymentNews',
        replace: 'ports: NewsPorts, { eventId, reference, type }: PaymentNews',
      },
      {
        file: 'shared/application/hear-payment-news.ts',
        find: 'const record = await ports.records.get(reference);',
        replace:
          "const books = await ports.records.get(reference);\n  const { charge: _, ...rest } = books ?? {};\n  const record = books && type === 'payment declined' ? ({ ...rest, state: 'sealed' } as typeof books) : books;",
      },
    ],
  },
  {
    name: 'outcome-applied-twice',
    what: 'records a charge again that was recorded by somebody else meanwhile: its customer and restaurant are told twice',
    patches: [
      {
        file: 'shared/domain/decide.ts',
        find: "if (order.status !== 'charging') return unchanged(order, outcomeAfterCharge(order));",
        replace:
          "if (order.status === 'paid') return changed(order, now, 'charged', [{ name: 'payment_charged', by: SYSTEM }]);\n  if (order.status !== 'charging') return unchanged(order, outcomeAfterCharge(order));",
      },
    ],
  },
  {
    name: 'reconciliation-charges',
    what: 'gets a payment that is open out of the way by having it charged',
    patches: [
      {
        file: 'shared/application/reconcile-payments.ts',
        find: 'const settled = await payments.settle(reference);',
        replace: 'await payments.confirm(reference);\n    const settled = await payments.settle(reference);',
      },
    ],
  },
];
