import { expect } from 'vitest';
import type { Money } from '../../shared/domain/money.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import { isPortError, type PortErrorCode } from '../../shared/ports/port-error.ts';
import { anOrderId } from '../fixtures.ts';
import { type Closable, freshFor } from './harness.ts';

/** What a gateway needs to be held to its port. Every test has a harness of its own. */
export interface PaymentGatewayHarness extends Closable {
  readonly gateway: PaymentGateway;
  /** Payment methods of the provider's, by what they do. */
  readonly methods: PaymentMethods;
  /** The money that the provider's own books say was moved for the order. */
  moved(orderId: string): Promise<MovedMoney>;
  /** Stops the next such call on its way to the provider, before it can act. */
  stallNext(operation: StallableCall): Stall;
}

export type OpenPaymentGateway = () => Promise<PaymentGatewayHarness>;
type StallableCall = 'confirm' | 'settle' | 'refund';

export interface PaymentMethods {
  readonly succeeds: string;
  readonly declines: string;
  /** Cannot be reached a few times, then charges. */
  readonly flaky: string;
  /** Can never be reached. */
  readonly outage: string;
  /** Charges, and the answer of the first confirm is lost. */
  readonly timesOutAfterCharge: string;
  readonly refundFails: string;
  /** The customer would have to act. */
  readonly needsAction: string;
}

export interface MovedMoney {
  readonly charges: readonly Money[];
  readonly refunds: readonly Money[];
}

export interface Stall {
  /** Resolves when the call has stopped. */
  readonly reached: Promise<void>;
  release(): void;
}

/** What a payment of the suite costs, and what its order can come to. */
export const PRICE: Money = { amount: 1599, currency: 'USD' };
export const NOTHING: MovedMoney = { charges: [], refunds: [] };
export const ONE_CHARGE: MovedMoney = { charges: [PRICE], refunds: [] };
export const CHARGE_AND_REFUND: MovedMoney = { charges: [PRICE], refunds: [PRICE] };

/** What a call fails with when nobody knows whether it took effect. */
export const UNKNOWN_OUTCOMES: readonly PortErrorCode[] = ['unavailable', 'deadline-exceeded'];

/** A payment of the suite's, with an order of its own. */
interface OpenedPayment {
  readonly reference: string;
  moved(): Promise<MovedMoney>;
}

/** The gateway under test, a new one for each test, and the payments to try it with. */
export interface PaymentBench extends Pick<PaymentGatewayHarness, 'moved' | 'stallNext'> {
  gateway(): PaymentGateway;
  methods(): PaymentMethods;
  payment(method?: keyof PaymentMethods): Promise<OpenedPayment>;
  /** A payment that was confirmed, too. */
  charged(method?: keyof PaymentMethods): Promise<OpenedPayment & { readonly transactionId: string }>;
}

/** To be called inside the `describe` that it is for. */
export function paymentBench(open: OpenPaymentGateway): PaymentBench {
  const harness = freshFor(open);

  async function payment(method: keyof PaymentMethods = 'succeeds'): Promise<OpenedPayment> {
    const orderId = anOrderId();
    const { reference } = await harness().gateway.open({
      orderId,
      customerId: 'alice',
      amount: PRICE,
      paymentMethod: harness().methods[method],
    });
    return { reference, moved: () => harness().moved(orderId) };
  }

  return {
    gateway: () => harness().gateway,
    methods: () => harness().methods,
    moved: (orderId) => harness().moved(orderId),
    stallNext: (operation) => harness().stallNext(operation),
    payment,
    async charged(method) {
      const opened = await payment(method);
      return { ...opened, transactionId: transactionOf(await harness().gateway.confirm(opened.reference)) };
    },
  };
}

export function twentyTimes<T>(call: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 20 }, call));
}

export async function expectUnknownOutcome(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toSatisfy((error) => isPortError(error, ...UNKNOWN_OUTCOMES) && error.retryable);
}

export function transactionOf(answer: { readonly outcome: string; readonly transactionId?: string }): string {
  if (answer.transactionId === undefined) throw new Error(`expected a charge, not: ${answer.outcome}`);
  return answer.transactionId;
}

/** What `call` answers once it no longer fails; as the workflow would, it gives up some time. */
export async function untilAnswered<T>(call: () => Promise<T>, attempts = 10): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (attempts <= 1 || !isPortError(error, 'unavailable', 'deadline-exceeded')) throw error;
    return untilAnswered(call, attempts - 1);
  }
}
