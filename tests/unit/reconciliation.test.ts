import { describe, expect, it } from 'vitest';
import type { Command } from '../../shared/domain/commands.ts';
import { decide } from '../../shared/domain/decide.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { Charge, PaymentRecord } from '../../shared/domain/payment-record.ts';
import { commandFor, compare, DISCREPANCY_KINDS } from '../../shared/domain/reconciliation.ts';
import { after, anOrder, NOON } from '../fixtures.ts';

const HOUR = 3_600_000;
const REFERENCE = 'pay_1';
const USD = { amount: 1599, currency: 'USD' };

const CHARGE: Charge = { transactionId: 'ch_1', amount: 1599, at: NOON, refunded: 0, refundPending: 0 };
const OPEN: PaymentRecord = { reference: REFERENCE, orderId: 'ord_a', amount: USD, state: 'open', openedAt: NOON };
const SEALED: PaymentRecord = { ...OPEN, state: 'sealed' };
const charged = (overrides: Partial<Charge> = {}): PaymentRecord => ({
  ...OPEN,
  state: 'charged',
  charge: { ...CHARGE, ...overrides },
});

const become = (order: Order, ...commands: readonly Command[]) =>
  commands.reduce((before, command) => after(before, command).order, order);
const by = 'restaurant:rest-1';
const pending = anOrder();
const charging = become(pending, { type: 'begin-charge', reference: REFERENCE });
const failed = become(charging, { type: 'record-sealed' });
const cancelled = become(charging, { type: 'cancel', by: 'customer:alice' }, { type: 'record-sealed' });
const paid = become(charging, { type: 'record-charge', transactionId: 'ch_1' });
const confirmed = become(paid, { type: 'confirm', accepted: true, by });
const refunding = become(paid, { type: 'confirm', accepted: false, by });
const refunded = become(refunding, { type: 'record-refund', refundId: 're_1' });
const refundFailed = become(refunding, { type: 'record-refund-failure', code: 'no', refundId: 're_1' });
const disputed = become(confirmed, { type: 'record-dispute', dispute: { id: 'du_1', status: 'open' } });

const at = (order: Order | undefined, record: PaymentRecord | undefined, now = NOON + 2 * HOUR) =>
  compare({ orderId: 'ord_a', order, record }, now, HOUR)?.kind;

describe('an order and its payment differ', () => {
  const other = { ...charged(), reference: 'pay_2' };
  const open = { id: 'du_1', status: 'open' } as const;
  const DIFFERENCES = [
    ['charge-without-order', undefined, charged()],
    ['second-charge', confirmed, other],
    ['second-charge', pending, charged()],
    ['orphan-payment', confirmed, { ...OPEN, reference: 'pay_2' }],
    ['orphan-payment', undefined, OPEN],
    ['outcome-not-recorded', charging, charged()],
    ['outcome-not-recorded', charging, SEALED],
    ['outcome-not-recorded', refunding, charged({ refunded: 1599, refundId: 're_1' })],
    ['outcome-not-recorded', refunding, charged({ refundFailure: { refundId: 're_1', code: 'no' } })],
    ['outcome-not-recorded', refunded, charged({ refundFailure: { refundId: 're_1', code: 'came-back' } })],
    ['outcome-not-recorded', refundFailed, charged({ refunded: 1599, refundId: 're_2' })],
    ['dispute-not-recorded', confirmed, charged({ dispute: open })],
    ['dispute-not-recorded', disputed, charged({ dispute: { id: 'du_1', status: 'lost' } })],
    ['payment-stuck', charging, OPEN],
    ['payment-stuck', charging, { ...OPEN, state: 'pending' }],
    ['payment-missing', charging, undefined],
    ['payment-missing', confirmed, undefined],
    ['charge-missing', paid, OPEN],
    ['charge-missing', confirmed, SEALED],
    ['charge-missing', refunding, SEALED],
    ['amount-differs', charging, charged({ amount: 1 })],
    ['amount-differs', confirmed, { ...charged(), amount: { amount: 1599, currency: 'EUR' } }],
    ['refund-owed', failed, charged()],
    ['refund-owed', cancelled, charged()],
    ['refund-owed', refunding, charged()],
    ['refund-owed', refunded, charged()],
    ['refund-owed', refunding, charged({ refunded: 100 })],
    ['refunded-but-kept', confirmed, charged({ refunded: 1599, refundId: 're_1' })],
    ['partly-refunded', confirmed, charged({ refunded: 100, refundId: 're_1' })],
  ] as const satisfies readonly (readonly [string, Order | undefined, PaymentRecord | undefined])[];

  it.each(DIFFERENCES)('as %s (%#)', (kind, order, record) => {
    expect(at(order, record)).toBe(kind);
  });

  it('in every way that there is a name for', () => {
    expect(new Set(DIFFERENCES.map(([kind]) => kind))).toEqual(new Set(DISCREPANCY_KINDS));
  });

  it.each(DIFFERENCES)('as %s, and nothing is said of it within the time of grace (%#)', (_, order, record) => {
    expect(at(order, record, NOON + HOUR - 1)).toBeUndefined();
  });

  it('and a change of either within the time of grace is enough to say nothing', () => {
    const now = NOON + 2 * HOUR;
    expect(at({ ...charging, updatedAt: now - HOUR + 1 }, OPEN)).toBeUndefined();
    expect(at(charging, { ...OPEN, openedAt: now - HOUR + 1 })).toBeUndefined();
    expect(at(failed, charged({ at: now - HOUR + 1 }))).toBeUndefined();
    expect(at({ ...charging, updatedAt: now - HOUR }, OPEN)).toBe('payment-stuck');
  });

  it('and what is to be done never charges, and leaves to people what is not certain', () => {
    const remedies = DIFFERENCES.map(([, order, record]) =>
      compare({ orderId: 'ord_a', order, record }, NOON + 2 * HOUR, HOUR),
    ).map((found) => [found?.kind, found?.remedy]);
    for (const [, remedy] of remedies) {
      expect(['record-outcome', 'refund-charge', 'seal-payment', 'settle-payment', 'tell-operators']).toContain(remedy);
    }
    const stuck = { orderId: 'ord_a', order: charging, record: { ...OPEN, state: 'pending' } } as const;
    expect(compare(stuck, NOON + 2 * HOUR, HOUR)?.remedy).toBe('tell-operators');
  });

  it('and the finding says what is known of both', () => {
    const record = { ...charged({ refunded: 100, refundId: 're_1' }), reference: 'pay_2' };
    expect(compare({ orderId: confirmed.id, order: confirmed, record }, NOON + 2 * HOUR, HOUR)).toEqual({
      kind: 'second-charge',
      remedy: 'refund-charge',
      orderId: confirmed.id,
      reference: 'pay_2',
      orderStatus: 'confirmed',
      total: USD,
      charged: USD,
      refunded: { amount: 100, currency: 'USD' },
    });
  });
});

describe('an order and its payment agree', () => {
  it.each([
    ['an order without a payment', pending, undefined],
    ['a sealed payment that no order claims', confirmed, { ...SEALED, reference: 'pay_2' }],
    ['a second charge that was given back', confirmed, { ...charged({ refunded: 1599 }), reference: 'pay_2' }],
    [
      'a second charge that is being given back',
      confirmed,
      { ...charged({ refundPending: 1599 }), reference: 'pay_2' },
    ],
    [
      'a charge without an order that the bank has taken back',
      undefined,
      charged({ dispute: { id: 'd', status: 'open' } }),
    ],
    ['a payment of nobody that may still be decided', undefined, { ...OPEN, state: 'pending' as const }],
    ['a kept charge', confirmed, charged()],
    ['a failed order', failed, SEALED],
    ['a cancelled order', cancelled, SEALED],
    ['a refund on its way', refunding, charged({ refundPending: 1599 })],
    ['a refund that went through', refunded, charged({ refunded: 1599, refundId: 're_1' })],
    [
      'a failed refund, which is with the operators',
      refundFailed,
      charged({ refundFailure: { refundId: 're_1', code: 'no' } }),
    ],
    ['a dispute that the order knows of', disputed, charged({ dispute: { id: 'du_1', status: 'open' } })],
    [
      'a refund that a dispute stands in the way of',
      become(disputed, { type: 'set-status', status: 'processing', by }),
      charged({ dispute: { id: 'du_1', status: 'open' } }),
    ],
  ] as const)('about %s', (_, order, record) => {
    expect(at(order, record)).toBeUndefined();
  });
});

describe('what the books say of an order’s own payment', () => {
  it('is nothing to an order that claims another payment', () => {
    for (const order of [pending, charging, confirmed, refunding]) {
      expect(commandFor(order, { ...charged(), reference: 'pay_2' })).toBeUndefined();
    }
  });

  it('is a charge of the very total, or for people to look at', () => {
    expect(commandFor(charging, charged())).toEqual({ type: 'record-charge', transactionId: 'ch_1' });
    expect(commandFor(charging, charged({ amount: 1598 }))).toBeUndefined();
    expect(commandFor(charging, OPEN)).toBeUndefined();
    expect(commandFor(charging, { ...SEALED, declineCode: 'stolen_card' })).toEqual({
      type: 'record-sealed',
      declineCode: 'stolen_card',
    });
  });

  it('is a refund only where one is owed', () => {
    const back = charged({ refunded: 1599, refundId: 're_9' });
    expect(commandFor(refunding, back)).toEqual({ type: 'record-refund', refundId: 're_9' });
    expect(commandFor(refundFailed, back)).toEqual({ type: 'record-refund', refundId: 're_9' });
    expect(commandFor(confirmed, back)).toBeUndefined();
    expect(commandFor(refundFailed, charged({ refunded: 1599, refundId: 're_1' }))).toBeUndefined();
  });

  it('is, once written, nothing any more', () => {
    const records = [
      charged(),
      SEALED,
      charged({ refunded: 1599, refundId: 're_1' }),
      charged({ refundFailure: { refundId: 're_1', code: 'no' } }),
      charged({ dispute: { id: 'du_1', status: 'open' } }),
      charged({ dispute: { id: 'du_1', status: 'won' } }),
      charged({ dispute: { id: 'du_1', status: 'lost' } }),
      charged({ dispute: { id: 'du_2', status: 'lost' } }),
    ];
    for (const start of [charging, failed, paid, confirmed, disputed, refunding, refunded, refundFailed]) {
      for (const record of records) {
        let order = start;
        let steps = 0;
        for (let command = commandFor(order, record); command && steps < 5; command = commandFor(order, record)) {
          const decision = decide(order, command, NOON);
          if (decision.kind !== 'changed') throw new Error(`${command.type} was to be written, and changes nothing`);
          order = decision.order;
          steps += 1;
        }
        expect(steps).toBeLessThan(5);
      }
    }
  });
});

describe('a dispute', () => {
  const dispute = (status: 'open' | 'won' | 'lost') =>
    ({ type: 'record-dispute', dispute: { id: 'du_1', status } }) as const;
  const told = (order: Order) =>
    order.timeline.filter(({ name }) => name === 'needs_attention').map(({ reason }) => reason);

  it('is told to the operators once, and its end as well', () => {
    expect(told(become(confirmed, dispute('open')))).toEqual(['dispute-open']);
    expect(decide(disputed, dispute('open'), NOON)).toMatchObject({ kind: 'unchanged' });
    const lost = become(disputed, dispute('lost'));
    expect(told(lost)).toEqual(['dispute-open', 'dispute-lost']);
    expect(decide(lost, dispute('open'), NOON)).toMatchObject({ kind: 'unchanged' });
    expect(decide(lost, dispute('won'), NOON)).toMatchObject({ kind: 'unchanged' });
  });

  it('holds off a refund while it lasts and when it was lost, and no longer when it was won', () => {
    const delivered = become(
      confirmed,
      { type: 'set-status', status: 'processing', by },
      { type: 'set-status', status: 'shipped', by },
    );
    const refund = { type: 'request-refund', by: 'operator:olga', note: 'a wish' } as const;
    const open = become(delivered, dispute('open'));
    expect(decide(open, refund, NOON)).toMatchObject({ kind: 'refused', code: 'payment-disputed' });
    expect(decide(become(open, dispute('lost')), refund, NOON)).toMatchObject({
      kind: 'refused',
      code: 'payment-disputed',
    });
    expect(decide(become(open, dispute('won')), refund, NOON)).toMatchObject({ kind: 'changed' });
  });

  it('that is lost ends a refund that is under way: the customer has the money', () => {
    for (const order of [refunding, refundFailed]) {
      const { status, payment, timeline } = become(order, dispute('lost'));
      expect([status, payment.refundId]).toEqual(['refunded', 'du_1']);
      expect(timeline.at(-1)).toMatchObject({ name: 'payment_refunded', reason: 'dispute-lost' });
    }
  });

  it('is nothing to an order that was never charged', () => {
    for (const order of [pending, charging, failed]) {
      expect(decide(order, dispute('open'), NOON)).toMatchObject({ kind: 'unchanged' });
    }
  });
});

describe('a refund that comes back', () => {
  it('reaches an order that counts as refunded, once, and cannot be taken for the refund again', () => {
    const back = become(refunded, { type: 'record-refund-failure', code: 'expired_card', refundId: 're_1' });
    expect([back.status, back.payment.failedRefundId]).toEqual(['refund_failed', 're_1']);
    expect(decide(back, { type: 'record-refund', refundId: 're_1' }, NOON)).toMatchObject({ kind: 'unchanged' });
    expect(become(back, { type: 'record-refund', refundId: 're_2' }).status).toBe('refunded');
  });

  it('is nothing when it is not the one that had gone through', () => {
    const command = { type: 'record-refund-failure', code: 'no', refundId: 're_9' } as const;
    expect(decide(refunded, command, NOON)).toMatchObject({ kind: 'unchanged' });
    expect(decide(refunded, { type: 'record-refund-failure', code: 'no' }, NOON)).toMatchObject({ kind: 'unchanged' });
  });
});
