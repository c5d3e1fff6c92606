import { describe, expect, it } from 'vitest';
import type { PaymentLedger } from '../../shared/ports/payment-ledger.ts';
import { NOON } from '../fixtures.ts';
import { freshFor } from './harness.ts';

const AMOUNT = { amount: 1599, currency: 'USD' };

interface LedgerHarness {
  readonly ledger: PaymentLedger;
  close(): Promise<void>;
}

/** Everything that the port `PaymentLedger` promises. */
export function paymentLedgerSuite(name: string, open: () => Promise<LedgerHarness>): void {
  describe(`${name}: PaymentLedger`, () => ledgerTests(open));
}

function ledgerTests(open: () => Promise<LedgerHarness>): void {
  const fresh = freshFor(open);
  const entry = (reference: string, orderId: string) => ({
    reference,
    orderId,
    amount: AMOUNT,
    paymentMethod: 'pm_card_visa',
    state: 'open' as const,
    attempts: 0,
    openedAt: NOON,
  });

  it('finds entries by reference and by order, oldest first', async () => {
    const { ledger } = fresh();
    const entries = [entry('b', 'ord_1'), entry('a', 'ord_1'), entry('c', 'ord_2')];
    for (const each of entries) await ledger.insert(each);
    expect(await ledger.get('a')).toEqual(entries[1]);
    expect(await ledger.get('z')).toBeUndefined();
    expect(await ledger.byOrder('ord_1')).toEqual(entries.slice(0, 2));
  });

  it('shows the latest entries, newest first, page by page, as they are now', async () => {
    const { ledger } = fresh();
    expect(await ledger.latest(10)).toEqual([]);
    for (const reference of ['a', 'b', 'c', 'd', 'e']) await ledger.insert(entry(reference, 'ord_1'));
    await ledger.update('c', (before) => ({ answer: undefined, entry: { ...before, state: 'sealed' } }));
    const first = await ledger.latest(2);
    const second = await ledger.latest(2, first.at(-1)?.place);
    const third = await ledger.latest(2, second.at(-1)?.place);
    expect(
      [first, second, third].map((page) => page.map(({ entry: { reference, state } }) => `${reference} ${state}`)),
    ).toEqual([['e open', 'd open'], ['c sealed', 'b open'], ['a open']]);
    expect(await ledger.latest(2, third.at(-1)?.place)).toEqual([]);
  });

  it('keeps the first entry of a reference', async () => {
    const { ledger } = fresh();
    await ledger.insert(entry('a', 'ord_1'));
    await expect(ledger.insert(entry('a', 'ord_2'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await ledger.byOrder('ord_2')).toEqual([]);
  });

  it('gives every update what the one before it made', async () => {
    const { ledger } = fresh();
    await ledger.insert(entry('a', 'ord_1'));
    const counts = await Promise.all(
      Array.from({ length: 20 }, () =>
        ledger.update('a', (found) => ({ answer: found.attempts, entry: { ...found, attempts: found.attempts + 1 } })),
      ),
    );
    expect(counts).toEqual(Array.from({ length: 20 }, (__, index) => index));
  });

  it('leaves everything as it was when an update throws', async () => {
    const { ledger } = fresh();
    await ledger.insert(entry('a', 'ord_1'));
    const broken = new Error('broken');
    const update = ledger.update('a', () => {
      throw broken;
    });
    await expect(update).rejects.toBe(broken);
    expect(await ledger.get('a')).toEqual(entry('a', 'ord_1'));
    expect(await ledger.movements()).toEqual([]);
  });

  it('does not update what is not there', async () => {
    const asked: string[] = [];
    const answer = await fresh().ledger.update('z', ({ reference }) => {
      asked.push(reference);
      return { answer: reference };
    });
    expect(answer).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('lists movements in their order, all or those of an order', async () => {
    const { ledger } = fresh();
    const move = async (reference: string, orderId: string) => {
      await ledger.insert(entry(reference, orderId));
      const movement = { kind: 'charge', reference, orderId, amount: AMOUNT, at: NOON } as const;
      await ledger.update(reference, () => ({ answer: undefined, movement }));
      return movement;
    };
    const moved = [await move('b', 'ord_1'), await move('c', 'ord_2'), await move('a', 'ord_1')];
    expect(await ledger.movements()).toEqual(moved);
    expect(await ledger.movements('ord_1')).toEqual([moved[0], moved[2]]);
  });
}
