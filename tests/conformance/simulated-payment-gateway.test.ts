import { describe, expect, it } from 'vitest';
import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import {
  type GatewayHook,
  simulatedPaymentGateway,
} from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { sqlitePaymentLedger } from '../../shared/adapters/sqlite/sqlite-payment-ledger.ts';
import type { PaymentLedger } from '../../shared/ports/payment-ledger.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { anOrderId, NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import type { OpenPaymentGateway, PaymentGatewayHarness, Stall } from './payment-gateway.harness.ts';
import { paymentGatewaySuite } from './payment-gateway.suite.ts';
import { temporaryDatabase } from './temporary-database.ts';

const AMOUNT = { amount: 1599, currency: 'USD' };

const openOnMemory: OpenPaymentGateway = async () => harnessOn(memoryPaymentLedger(), async () => {});

const openOnSqlite: OpenPaymentGateway = async () => {
  const file = temporaryDatabase();
  return harnessOn(sqlitePaymentLedger({ database: file.database() }), file.close);
};

paymentGatewaySuite('simulated, with its books in memory', openOnMemory);
paymentGatewaySuite('simulated, with its books in SQLite', openOnSqlite);

function harnessOn(ledger: PaymentLedger, close: () => Promise<void>): PaymentGatewayHarness {
  const { before, stallNext } = stalling();
  return {
    gateway: simulatedPaymentGateway({ ledger, before }),
    methods: {
      succeeds: 'pm_card_visa',
      declines: 'pm_card_chargeDeclined',
      flaky: 'pm_card_flaky',
      outage: 'pm_card_outage',
      timesOutAfterCharge: 'pm_card_timeoutAfterCommit',
      refundFails: 'pm_card_refundFails',
      needsAction: 'pm_card_authenticationRequired',
    },
    stallNext,
    close,
    async moved(orderId) {
      const movements = await ledger.movements(orderId);
      const of = (kind: string) => movements.filter((movement) => movement.kind === kind).map(({ amount }) => amount);
      return { charges: of('charge'), refunds: of('refund') };
    },
  };
}

/** A hook that stops the calls that were announced by `stallNext`. */
function stalling(): { before: GatewayHook; stallNext: (operation: string) => Stall } {
  const announced = new Map<string, { reach: () => void; released: Promise<void> }>();
  return {
    async before(operation) {
      const stall = announced.get(operation);
      announced.delete(operation);
      stall?.reach();
      await stall?.released;
    },
    stallNext(operation) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      announced.set(operation, { reach: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
  };
}

describe('the simulated payment gateway', () => {
  const open = async (paymentMethod: string, hooks: { before?: GatewayHook; after?: GatewayHook } = {}) => {
    const ledger = memoryPaymentLedger();
    const clock = manualClock(NOON);
    let ids = 0;
    const newId = () => {
      ids += 1;
      return String(ids);
    };
    const gateway = simulatedPaymentGateway({ ledger, clock, newId, ...hooks });
    const orderId = anOrderId();
    const { reference } = await gateway.open({ orderId, customerId: 'alice', amount: AMOUNT, paymentMethod });
    return { ledger, clock, gateway, orderId, reference };
  };

  it.each([
    ['pm_card_chargeDeclined', 'card_declined'],
    ['pm_card_unheardOf', 'invalid_payment_method'],
    ['', 'invalid_payment_method'],
  ])('declines %s with %s', async (paymentMethod, declineCode) => {
    const { gateway, reference } = await open(paymentMethod);
    expect(await gateway.confirm(reference)).toEqual({ outcome: 'declined', declineCode });
    expect(await gateway.status(reference)).toEqual({ outcome: 'open', declineCode });
    expect(await gateway.settle(reference)).toEqual({ outcome: 'sealed', declineCode });
  });

  it('cannot reach a flaky issuer exactly twice', async () => {
    const { gateway, reference, ledger } = await open('pm_card_flaky');
    for (const attempt of [1, 2]) {
      await expect(gateway.confirm(reference)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
      expect(await ledger.get(reference)).toMatchObject({ attempts: attempt, state: 'open' });
    }
    expect(await gateway.confirm(reference)).toMatchObject({ outcome: 'charged' });
  });

  it('times out exactly once after it has charged', async () => {
    const { gateway, reference } = await open('pm_card_timeoutAfterCommit');
    await expect(gateway.confirm(reference)).rejects.toMatchObject({ code: 'deadline-exceeded', retryable: true });
    expect(await gateway.confirm(reference)).toMatchObject({ outcome: 'charged' });
  });

  it('asks for authentication, and seals with that as the reason', async () => {
    const { gateway, reference } = await open('pm_card_authenticationRequired');
    await gateway.confirm(reference);
    const sealed = { outcome: 'sealed', declineCode: 'authentication-required' };
    expect(await gateway.settle(reference)).toEqual(sealed);
    expect(await gateway.settle(reference)).toEqual(sealed);
  });

  it('refuses refunds with a code', async () => {
    const { gateway, reference } = await open('pm_card_refundFails');
    await gateway.confirm(reference);
    expect(await gateway.refund(reference)).toEqual({ outcome: 'failed', code: 'refund_refused' });
  });

  it('keeps books of what happened when, under references of its own', async () => {
    const { gateway, reference, ledger, clock, orderId } = await open('pm_card_visa');
    clock.advance(5);
    await gateway.confirm(reference);
    clock.advance(5);
    await gateway.refund(reference);
    const entry = {
      reference: 'pay_1',
      orderId,
      amount: AMOUNT,
      paymentMethod: 'pm_card_visa',
      state: 'refunded',
      attempts: 1,
      transactionId: 'txn_2',
      refundId: 're_3',
      openedAt: NOON,
      chargedAt: NOON + 5,
      refundedAt: NOON + 10,
    };
    expect(await ledger.byOrder(orderId)).toEqual([entry]);
    expect(await ledger.movements()).toEqual([
      { kind: 'charge', reference, orderId, amount: AMOUNT, at: NOON + 5 },
      { kind: 'refund', reference, orderId, amount: AMOUNT, at: NOON + 10 },
    ]);
  });

  it('does nothing when a fault comes before the call', async () => {
    const fault = new PortError('unavailable', 'fault');
    const { gateway, reference, ledger, orderId } = await open('pm_card_visa', {
      before: async (operation) => {
        if (operation === 'confirm') throw fault;
      },
    });
    await expect(gateway.confirm(reference)).rejects.toBe(fault);
    expect(await ledger.movements(orderId)).toEqual([]);
  });

  it('has acted when a fault comes after the call', async () => {
    const fault = new PortError('deadline-exceeded', 'fault');
    const { gateway, reference, ledger, orderId } = await open('pm_card_visa', {
      after: async (operation) => {
        if (operation === 'confirm') throw fault;
      },
    });
    await expect(gateway.confirm(reference)).rejects.toBe(fault);
    expect(await ledger.movements(orderId)).toHaveLength(1);
  });

  it('tells its hooks the order of an open, and the reference of everything else', async () => {
    const heard: string[] = [];
    const { gateway, reference, orderId } = await open('pm_card_visa', {
      before: async (operation, subject) => {
        heard.push(`${operation} ${subject}`);
      },
    });
    await gateway.confirm(reference);
    await gateway.settle(reference);
    await gateway.status(reference);
    await gateway.refund(reference);
    const later = ['confirm', 'settle', 'status', 'refund'].map((operation) => `${operation} ${reference}`);
    expect(heard).toEqual([`open ${orderId}`, ...later]);
  });

  it('uses the time and ids of the machine when it is given none', async () => {
    const ledger = memoryPaymentLedger();
    const gateway = simulatedPaymentGateway({ ledger });
    const before = Date.now();
    const { reference } = await gateway.open({
      orderId: anOrderId(),
      customerId: 'alice',
      amount: AMOUNT,
      paymentMethod: 'pm_card_visa',
    });
    expect(reference).toMatch(/^pay_[0-9a-f-]{36}$/);
    expect(await gateway.confirm(reference)).toMatchObject({
      transactionId: expect.stringMatching(/^txn_[0-9a-f-]{36}$/),
    });
    const entry = await ledger.get(reference);
    expect(entry?.openedAt).toBeGreaterThanOrEqual(before);
    expect(entry?.openedAt).toBeLessThanOrEqual(Date.now());
  });
});

describe('books in a file', () => {
  it('outlive the process: states, attempts and movements', async () => {
    const file = temporaryDatabase();
    const gateway = simulatedPaymentGateway({ ledger: sqlitePaymentLedger({ database: file.database() }) });
    const open = (paymentMethod: string) =>
      gateway.open({ orderId: anOrderId(), customerId: 'alice', amount: AMOUNT, paymentMethod });
    const paid = await open('pm_card_visa');
    const charged = await gateway.confirm(paid.reference);
    const flaky = await open('pm_card_flaky');
    await expect(gateway.confirm(flaky.reference)).rejects.toMatchObject({ code: 'unavailable' });
    const sealed = await open('pm_card_visa');
    await gateway.settle(sealed.reference);

    await file.restart();
    const ledger = sqlitePaymentLedger({ database: file.database() });
    const restarted = simulatedPaymentGateway({ ledger });
    expect(await restarted.confirm(paid.reference)).toEqual(charged);
    expect(await restarted.confirm(sealed.reference)).toEqual({ outcome: 'sealed' });
    await expect(restarted.confirm(flaky.reference)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await restarted.confirm(flaky.reference)).toMatchObject({ outcome: 'charged' });
    expect((await ledger.movements()).map(({ reference }) => reference)).toEqual([paid.reference, flaky.reference]);
    await file.close();
  });
});
