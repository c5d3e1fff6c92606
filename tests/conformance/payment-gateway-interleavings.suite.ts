import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import { isPortError, type PortErrorCode } from '../../shared/ports/port-error.ts';
import {
  type MovedMoney,
  type PaymentBench,
  type PaymentMethods,
  PRICE,
  UNKNOWN_OUTCOMES,
} from './payment-gateway.harness.ts';

export function paymentInterleavingsSuite(bench: PaymentBench): void {
  it('whatever is called at once and in whatever order, money moves as the port promises', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHOD_NAMES), WORKERS, async (method, workers) => {
        const { reference, moved } = await bench.payment(method);
        const seen = (await Promise.all(workers.map((calls) => work(bench.gateway(), reference, calls)))).flat();
        const last = await bench.gateway().settle(reference);
        expectConsistent([...seen, { call: 'settle', answer: last }], await moved());
      }),
    );
  });
}

const METHOD_NAMES = [
  'succeeds',
  'declines',
  'flaky',
  'outage',
  'timesOutAfterCharge',
  'refundFails',
  'needsAction',
] as const satisfies readonly (keyof PaymentMethods)[];

type Call = 'confirm' | 'settle' | 'refund' | 'status';

interface Step {
  readonly call: Call;
  /** Turns to let pass before the call, so that the workers meet in ever other places. */
  readonly pause: number;
}

/** Up to four workers that call one payment at the same time. */
const WORKERS: fc.Arbitrary<readonly (readonly Step[])[]> = fc.array(
  fc.array(
    fc.record({
      call: fc.constantFrom<Call>('confirm', 'confirm', 'settle', 'refund', 'status'),
      pause: fc.integer({ min: 0, max: 4 }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 1, maxLength: 4 },
);

interface Seen {
  readonly call: Call;
  readonly answer?: { readonly outcome: string; readonly transactionId?: string; readonly refundId?: string };
  readonly failed?: PortErrorCode;
}

async function work(gateway: PaymentGateway, reference: string, steps: readonly Step[]): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const { call, pause } of steps) {
    for (let turn = 0; turn < pause; turn += 1) await Promise.resolve();
    try {
      seen.push({ call, answer: await gateway[call](reference) });
    } catch (error) {
      if (!isPortError(error)) throw error;
      seen.push({ call, failed: error.code });
    }
  }
  return seen;
}

function expectConsistent(seen: readonly Seen[], { charges, refunds }: MovedMoney): void {
  const answers = seen.flatMap(({ answer }) => (answer ? [answer] : []));
  const outcomes = new Set(answers.map(({ outcome }) => outcome));
  const transactions = new Set(answers.flatMap(({ transactionId }) => transactionId ?? []));
  const refundIds = new Set(answers.flatMap(({ refundId }) => refundId ?? []));

  expect(charges).toEqual(transactions.size === 0 ? [] : [PRICE]);
  expect(refunds).toEqual(refundIds.size === 0 ? [] : [PRICE]);
  expect(transactions.size).toBeLessThanOrEqual(1);
  expect(refundIds.size).toBeLessThanOrEqual(transactions.size);
  // The last answer is a settlement's: one of the two is there, and never both.
  expect(outcomes.has('sealed')).toBe(charges.length === 0);
  for (const { call, failed } of seen) {
    if (failed === undefined) continue;
    expect(failed).toBeOneOf(call === 'refund' ? [...UNKNOWN_OUTCOMES, 'invalid-argument'] : UNKNOWN_OUTCOMES);
  }
}
