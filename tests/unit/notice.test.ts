import { describe, expect, test } from 'vitest';
import type { Command } from '../../shared/domain/commands.ts';
import { eventsAfter, type OrderEvent } from '../../shared/domain/events.ts';
import { formatMoney } from '../../shared/domain/money.ts';
import { concernedBy, type Notice, noticesFor, operatorsNotice } from '../../shared/domain/notice.ts';
import { EVENT_NAMES, ORDER_STATUSES, type Order, type OrderStatus } from '../../shared/domain/order.ts';
import { anOrder, NOON, after as written } from '../fixtures.ts';

const ADDRESS = '1 Main Street';
const CUSTOMER = { email: 'alice@example.com', phone: '+15550100' };
const RESTAURANT = { email: 'mario@example.com', phone: '+15550199' };
const BOTH = { customer: CUSTOMER, restaurant: RESTAURANT };

/** Every name with every status, also where no order would ever have the two. */
const COMBINATIONS: readonly OrderEvent[] = EVENT_NAMES.flatMap((name) =>
  ORDER_STATUSES.map((status, index) => ({
    id: `ord_a:${index + 1}`,
    name,
    sequence: index + 1,
    at: NOON,
    orderId: 'ord_a',
    customerId: 'alice',
    restaurantId: 'rest-1',
    status,
    total: { amount: 123_456, currency: 'USD' },
    version: index + 1,
    reason: name === 'updated' ? 'address-changed' : 'some-reason',
    correlationId: 'request-1',
  })),
);

const REVIEW: Command = { type: 'review', thresholds: { approval: { default: 1 }, highValue: {} } };
const BEGIN: Command = { type: 'begin-charge', reference: 'pay_1' };
const CHARGED: Command = { type: 'record-charge', transactionId: 'txn_1' };
const ACCEPT: Command = { type: 'confirm', accepted: true, by: 'restaurant:rest-1' };
const REFUSE: Command = { type: 'confirm', accepted: false, by: 'restaurant:rest-1', note: 'no dough' };
const CANCEL: Command = { type: 'cancel', by: 'customer:alice', note: 'no hunger' };
const REFUND: Command = { type: 'request-refund', by: 'operator:olga', note: 'cold' };
const SETTLE: Command = { type: 'request-settlement', by: 'operator:olga', note: 'provider back' };
const REFUNDED: Command = { type: 'record-refund', refundId: 're_1' };
const NOT_REFUNDED: Command = { type: 'record-refund-failure', code: 'refund_refused' };
const MOVE: Command = { type: 'change-address', deliveryAddress: `${ADDRESS}, back door`, by: 'customer:alice' };
const become = (status: 'processing' | 'shipped' | 'delivered'): Command => ({
  type: 'set-status',
  status,
  by: 'operator:olga',
});

/** Lives that between them have every event that an order can have. */
const LIVES = {
  'is delivered': [MOVE, BEGIN, CHARGED, ACCEPT, become('processing'), become('shipped'), become('delivered')],
  'is refunded after its delivery': [
    BEGIN,
    CHARGED,
    ACCEPT,
    become('processing'),
    become('shipped'),
    become('delivered'),
    REFUND,
    REFUNDED,
  ],
  'is approved and declined': [
    REVIEW,
    { type: 'approve', accepted: true, by: 'operator:olga' },
    BEGIN,
    { type: 'record-sealed', declineCode: 'expired_card' },
  ],
  'is rejected': [REVIEW, { type: 'approve', accepted: false, by: 'operator:olga' }],
  'waits for approval in vain': [REVIEW, { type: 'expire-approval' }],
  'finds no gateway': [{ type: 'give-up-opening' }],
  'finds a gateway that does not answer': [
    BEGIN,
    { type: 'raise-attention', reason: 'payment-unsettled' },
    SETTLE,
    { type: 'record-sealed' },
  ],
  'is cancelled at once': [CANCEL],
  'is cancelled while it is charged, and was not': [BEGIN, CANCEL, { type: 'record-sealed' }],
  'is cancelled while it is charged, and was': [BEGIN, CANCEL, CHARGED, REFUNDED],
  'is cancelled when it is paid': [BEGIN, CHARGED, MOVE, CANCEL, REFUNDED],
  'is refused by the restaurant': [BEGIN, CHARGED, REFUSE, REFUNDED],
  'is not answered by the restaurant, nor refunded at first': [
    BEGIN,
    CHARGED,
    { type: 'expire-confirmation' },
    NOT_REFUNDED,
    REFUND,
    REFUNDED,
  ],
} as const satisfies Record<string, readonly Command[]>;

function eventsOf(commands: readonly Command[]): readonly OrderEvent[] {
  const order: Order = anOrder({ deliveryAddress: ADDRESS, contact: CUSTOMER });
  const end = commands.reduce((current, command) => written(current, command).order, order);
  return eventsAfter(end, 0);
}

const REAL = Object.values(LIVES).flatMap(eventsOf);

function noticesOf(event: OrderEvent): readonly Notice[] {
  const alert = operatorsNotice(event, true);
  return [...noticesFor(event, BOTH), ...(alert ? [alert] : [])];
}

describe('every notice, for every name and status of an event', () => {
  test('goes to those who are concerned, and to nobody else', () => {
    for (const event of [...COMBINATIONS, ...REAL]) {
      const recipients = noticesFor(event, BOTH).map(({ recipient }) => recipient);
      const told = { customer: recipients.includes('customer'), restaurant: recipients.includes('restaurant') };
      expect(concernedBy(event)).toEqual(told);
    }
  });

  test('names the status that the event is about', () => {
    for (const event of COMBINATIONS) {
      const spoken = event.status.replaceAll('_', ' ');
      for (const { recipient, subject, text } of noticesOf(event)) {
        expect(recipient === 'operators' ? text : subject).toContain(recipient === 'operators' ? event.status : spoken);
      }
    }
  });

  test('names the amount, but for news of the address, which is about no money', () => {
    for (const event of COMBINATIONS) {
      for (const { text } of noticesOf(event)) {
        if (event.name === 'updated') expect(text).not.toMatch(/\d/);
        else expect(text).toContain('1234.56 USD');
      }
    }
  });

  test('has a key of its own, the same for every repeat', () => {
    for (const event of COMBINATIONS) {
      const keys = noticesOf(event).map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(noticesOf(structuredClone(event)).map(({ key }) => key)).toEqual(keys);
      expect(keys.filter((key) => !key.startsWith(`${event.id}/`))).toEqual([]);
    }
  });

  test('says which order and event it is about', () => {
    const all = REAL.flatMap((event) => noticesOf(event).map((notice) => ({ event, notice })));
    for (const { event, notice } of all) {
      expect(notice).toMatchObject({ eventId: event.id, orderId: event.orderId });
      expect(notice.subject).toContain(event.orderId);
    }
  });
});

describe('who is told', () => {
  const recipients = (event: OrderEvent, contacts: Parameters<typeof noticesFor>[1]) =>
    noticesFor(event, contacts).map(({ recipient, channel, to }) => `${recipient} ${channel} ${to}`);
  const charged = COMBINATIONS.find(({ name, status }) => name === 'payment_charged' && status === 'paid');
  if (!charged) throw new Error('there is no such event');

  test('is nobody without a contact', () => {
    for (const event of [...COMBINATIONS, ...REAL]) {
      expect(noticesFor(event, {})).toEqual([]);
      expect(noticesFor(event, { customer: {}, restaurant: { locale: 'en' } })).toEqual([]);
    }
  });

  test('is each one over each channel that they left', () => {
    expect(recipients(charged, BOTH)).toEqual([
      'customer email alice@example.com',
      'customer sms +15550100',
      'restaurant email mario@example.com',
      'restaurant sms +15550199',
    ]);
  });

  test('is never one for want of the other', () => {
    expect(recipients(charged, { customer: { phone: '+15550100' } })).toEqual(['customer sms +15550100']);
    expect(recipients(charged, { restaurant: { email: 'mario@example.com' } })).toEqual([
      'restaurant email mario@example.com',
    ]);
  });

  test('are the operators, of what needs them', () => {
    const told = (highValue: boolean) =>
      EVENT_NAMES.filter((name) =>
        COMBINATIONS.some((event) => event.name === name && operatorsNotice(event, highValue)),
      );
    expect(told(false)).toEqual(['approval_requested', 'restaurant_timeout', 'refund_failed', 'needs_attention']);
    expect(told(true)).toEqual(['created', ...told(false)]);
  });
});

describe('what the operators read', () => {
  test('is which order, of how much, where it is, and why', () => {
    const event = COMBINATIONS.find(({ name, status }) => name === 'refund_failed' && status === 'refund_failed');
    expect(event && operatorsNotice(event, false)).toEqual({
      key: `${event?.id}/operators/operators`,
      eventId: event?.id,
      orderId: 'ord_a',
      recipient: 'operators',
      channel: 'operators',
      to: 'operators',
      subject: '[orders] refund failed: ord_a',
      text: 'Order ord_a of 1234.56 USD at rest-1 is refund_failed. Reason: some-reason.',
    });
  });

  test('of a new order says that it is of high value', () => {
    const event = COMBINATIONS.find(({ name, status }) => name === 'created' && status === 'pending');
    expect(event && operatorsNotice(event, true)?.subject).toBe('[orders] high value: ord_a');
  });
});

describe('what is told in the lives of real orders', () => {
  const told = REAL.flatMap((event) => noticesOf(event).map(({ text, recipient }) => ({ event, text, recipient })));
  const within = (statuses: readonly OrderStatus[]) => (event: OrderEvent) => statuses.includes(event.status);

  test('comes of every event that there is', () => {
    expect(new Set(REAL.map(({ name }) => name))).toEqual(new Set(EVENT_NAMES));
    const quiet: readonly OrderStatus[] = ORDER_STATUSES.filter((status) => !REAL.some(within([status])));
    expect(quiet).toEqual([]);
  });

  /** What a text may say, and in which statuses that is true. */
  const CLAIMS: readonly (readonly [RegExp, readonly OrderStatus[]])[] = [
    [/not charged/, ['awaiting_approval', 'cancelled', 'rejected', 'payment_failed']],
    [/was cancelled/, ['cancelled']],
    [/was not approved/, ['rejected']],
    [/did not go through/, ['payment_failed']],
    [/ went through/, ['paid']],
    [/awaits your confirmation/, ['paid']],
    [/have refunded/, ['refunded']],
    [/are refunding|being refunded|is refunded/, ['refunding']],
    [/refund of .* is delayed/, ['refund_failed']],
    [/has confirmed/, ['confirmed']],
    [/is preparing/, ['processing']],
    [/on its way/, ['shipped']],
    [/was delivered/, ['delivered']],
  ];

  test.each(CLAIMS)('says %s only of an order that is so', (claim, statuses) => {
    const claiming = told.filter(({ text }) => claim.test(text)).map(({ event }) => event);
    expect(claiming.length).toBeGreaterThan(0);
    expect(claiming.filter((event) => !within(statuses)(event))).toEqual([]);
  });

  test('never says that nothing was charged once something was', () => {
    for (const commands of Object.values(LIVES)) {
      const events = eventsOf(commands);
      const charge = events.find(({ name }) => name === 'payment_charged')?.sequence ?? Number.POSITIVE_INFINITY;
      const texts = events.filter(({ sequence }) => sequence >= charge).flatMap(noticesOf);
      expect(texts.filter(({ text }) => text.includes('not charged'))).toEqual([]);
    }
  });

  test('never leaves a hole where a reason or an amount should be', () => {
    for (const { event, text } of told) {
      expect(text).not.toMatch(/undefined|null|NaN|\(\)/);
      if (event.name !== 'updated') expect(text).toContain(formatMoney(event.total));
    }
  });

  test('never has the address in it, nor what somebody wrote', () => {
    for (const event of REAL) {
      expect(JSON.stringify(noticesOf(event))).not.toMatch(
        /Main Street|back door|no dough|no hunger|cold|provider back/,
      );
    }
  });

  test.each<readonly [keyof typeof LIVES, readonly string[]]>([
    [
      'is delivered',
      [
        'We have received your order of 15.99 USD.',
        'Your payment of 15.99 USD went through. The restaurant now has your order.',
        'The restaurant has confirmed your order of 15.99 USD.',
        'The restaurant is preparing your order of 15.99 USD.',
        'Your order of 15.99 USD is on its way.',
        'Your order of 15.99 USD was delivered.',
      ],
    ],
    [
      'is cancelled while it is charged, and was',
      [
        'We have received your order of 15.99 USD.',
        'Your payment of 15.99 USD went through before your cancellation did; you get it back.',
        'We are refunding 15.99 USD to you (cancelled-while-charging).',
        'We have refunded 15.99 USD to you.',
      ],
    ],
    [
      'is approved and declined',
      [
        'We have received your order of 15.99 USD.',
        'Your order of 15.99 USD awaits approval; you are not charged before.',
        'Your payment of 15.99 USD did not go through (expired_card); you were not charged.',
      ],
    ],
    [
      'is not answered by the restaurant, nor refunded at first',
      [
        'We have received your order of 15.99 USD.',
        'Your payment of 15.99 USD went through. The restaurant now has your order.',
        'The restaurant did not answer in time. We are refunding 15.99 USD to you.',
        'Your refund of 15.99 USD is delayed; our staff is looking into it.',
        'We are refunding 15.99 USD to you (refund-requested).',
        'We have refunded 15.99 USD to you.',
      ],
    ],
  ])('to the customer whose order %s', (life, texts) => {
    const mails = eventsOf(LIVES[life]).flatMap((event) => noticesFor(event, { customer: { email: CUSTOMER.email } }));
    expect(mails.map(({ text }) => text)).toEqual(texts);
  });

  describe('to the restaurant', () => {
    const mails = (life: keyof typeof LIVES) =>
      eventsOf(LIVES[life])
        .flatMap((event) => noticesFor(event, { restaurant: { email: RESTAURANT.email } }))
        .map(({ text }) => text);

    test('is that an order is off, and where it goes, once it has heard of it', () => {
      expect(mails('is cancelled when it is paid')).toEqual([
        'A paid order of 15.99 USD awaits your confirmation.',
        'The delivery address of the order has changed.',
        'The order of 15.99 USD is off and being refunded: do not prepare or deliver it.',
      ]);
    });

    test('is nothing of an address that changed before it was charged, nor of what it does itself', () => {
      expect(mails('is delivered')).toEqual(['A paid order of 15.99 USD awaits your confirmation.']);
      expect(mails('is refused by the restaurant')).toEqual(['A paid order of 15.99 USD awaits your confirmation.']);
    });

    test('is nothing of an order that was cancelled while it was charged: it never had it', () => {
      expect(mails('is cancelled while it is charged, and was')).toEqual([]);
    });

    test('is that the customer gets the money back, where there is nothing left to stop', () => {
      expect(mails('is refunded after its delivery').at(-1)).toBe('The customer gets 15.99 USD back for the order.');
    });

    test('is each thing once, also when a refund has to be tried again', () => {
      expect(mails('is not answered by the restaurant, nor refunded at first')).toHaveLength(2);
    });

    test('is that it was too late', () => {
      expect(mails('is not answered by the restaurant, nor refunded at first').slice(0, 2)).toEqual([
        'A paid order of 15.99 USD awaits your confirmation.',
        'You did not answer in time: the order of 15.99 USD is refunded.',
      ]);
    });

    test.each(['is approved and declined', 'is rejected', 'finds no gateway', 'is cancelled at once'] as const)(
      'is nothing when the order %s',
      (life) => {
        expect(mails(life)).toEqual([]);
      },
    );
  });
});
