import { describe, expect, it } from 'vitest';
import { reconcileHandler } from '../../functions/workflow/reconcile.ts';
import { countingMetrics } from '../../shared/adapters/in-process/counting-metrics.ts';
import { memoryOrderStore } from '../../shared/adapters/memory/memory-order-store.ts';
import { memoryPaymentLedger } from '../../shared/adapters/memory/memory-payment-ledger.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import { reconcileRecent } from '../../shared/application/reconcile-recent.ts';
import type { LogFields } from '../../shared/ports/logger.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import { portError } from '../conformance/races.ts';
import { NOON } from '../fixtures.ts';
import { manualClock } from '../manual-clock.ts';

const HOUR = 3_600_000;
const USD = { amount: 1599, currency: 'USD' };

function books() {
  const clock = manualClock(NOON);
  const ledger = memoryPaymentLedger();
  const payments = simulatedPaymentGateway({ ledger, clock });
  const logs: (LogFields & { level: string; message: string })[] = [];
  const log = (level: string) => (fields: LogFields, message: string) => void logs.push({ ...fields, level, message });
  const ports = {
    orders: memoryOrderStore().orders,
    clock,
    payments,
    records: simulatedPaymentRecords({ ledger }),
    metrics: countingMetrics(),
    times: { approvalTimeoutMs: 24 * HOUR, confirmationTimeoutMs: 300_000 },
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
  };
  const stray = async (count: number) => {
    for (let made = 0; made < count; made += 1) {
      const request = { orderId: 'ord_nobody', amount: USD, paymentMethod: 'pm_card_visa', customerId: 'alice' };
      await payments.confirm((await payments.open(request)).reference);
    }
  };
  return { ports, clock, stray, ledger, logs };
}

describe('the reconciliation on a schedule', () => {
  it('goes through every page of its window, repairs, and says what it found', async () => {
    const { ports, clock, stray, ledger, logs } = books();
    await stray(150);
    clock.advance(2 * HOUR);
    expect(await reconcileHandler(ports)()).toEqual({ payments: 150, findings: 150, left: 0, complete: true });
    expect((await ledger.movements('ord_nobody')).filter(({ kind }) => kind === 'refund')).toHaveLength(150);
    expect(logs.filter(({ level }) => level === 'warn')).toHaveLength(150);
    expect(logs[0]).toMatchObject({ kind: 'charge-without-order', repair: { outcome: 'done' } });
    expect(logs.at(-1)).toMatchObject({ level: 'info', findings: 150, complete: true });
    expect(await reconcileHandler(ports)()).toMatchObject({ payments: 150, findings: 0 });
  });

  it('looks at the last two days, and leaves what is older to people', async () => {
    const { ports, clock, stray } = books();
    await stray(1);
    clock.advance(48 * HOUR + 1);
    await stray(1);
    clock.advance(HOUR);
    expect(await reconcileHandler(ports)()).toMatchObject({ payments: 1, findings: 1 });
  });

  it('begins no page when its time is used up, and says so', async () => {
    const { ports, clock, stray, logs } = books();
    await stray(150);
    clock.advance(2 * HOUR);
    const slow = {
      ...ports.records,
      list: async (...args: Parameters<typeof ports.records.list>) => {
        clock.advance(600_000);
        return ports.records.list(...args);
      },
    };
    expect(await reconcileHandler({ ...ports, records: slow })()).toMatchObject({ payments: 100, complete: false });
    expect(logs.at(-1)).toMatchObject({ level: 'warn', complete: false });
  });

  it('counts what its remedies could not do', async () => {
    const { ports, clock, stray } = books();
    await stray(2);
    clock.advance(2 * HOUR);
    let refunds = 0;
    const payments = {
      ...ports.payments,
      refund: async (reference: string) => {
        refunds += 1;
        if (refunds === 1) throw new PortError('unavailable', 'PaymentGateway.refund');
        return ports.payments.refund(reference);
      },
    };
    const options = { windowMs: 48 * HOUR, budgetMs: HOUR, onFinding: () => undefined };
    expect(await reconcileRecent({ ...ports, payments }, options)).toMatchObject({ findings: 2, left: 1 });
    expect(await reconcileRecent({ ...ports, payments }, options)).toMatchObject({ findings: 1, left: 0 });
  });

  it('fails when the provider cannot be asked: the next run begins anew', async () => {
    const { ports } = books();
    const records = {
      ...ports.records,
      list: async () => Promise.reject(new PortError('unavailable', 'PaymentRecords.list')),
    };
    await expect(reconcileHandler({ ...ports, records })()).rejects.toEqual(portError('unavailable'));
  });
});
