import { randomUUID } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type {
  ConfirmResult,
  PaymentGateway,
  PaymentRequest,
  PaymentState,
  RefundResult,
  SettleResult,
} from '../../ports/payment-gateway.ts';
import type { LedgerEntry, LedgerUpdate, Movement, PaymentLedger } from '../../ports/payment-ledger.ts';
import { PortError, type PortErrorCode } from '../../ports/port-error.ts';
import { type Issuer, testCards } from './simulated-issuer.ts';

export interface SimulatedPaymentGatewayOptions {
  readonly ledger: PaymentLedger;
  readonly clock?: Pick<Clock, 'now'>;
  readonly newId?: () => string;
  /** Left out: the test cards, whose payment method says what they do. */
  readonly issuer?: Issuer;
  /** Runs before a call acts, and may stall it or make it fail without an effect. */
  readonly before?: GatewayHook;
  /** Runs after a call has acted, and may stall its answer or put a failure in its place. */
  readonly after?: GatewayHook;
}

type GatewayOperation = keyof PaymentGateway;

/** `subject` is the order's id for `open`, otherwise the reference. */
export type GatewayHook = (operation: GatewayOperation, subject: string) => Promise<void>;

/**
 * A payment provider for development and tests, with books of its own. What a card does follows from its payment method
 * alone (`simulated-issuer.ts`), unless another issuer is given. Every change is one atomic write to the books, made before the call answers or times out.
 */
export function simulatedPaymentGateway(options: SimulatedPaymentGatewayOptions): PaymentGateway {
  const { ledger } = options;
  const tools: Tools = {
    now: () => (options.clock ? options.clock.now() : Date.now()),
    newId: options.newId ?? randomUUID,
    issuer: options.issuer ?? testCards,
  };
  const call = async <T>(operation: GatewayOperation, subject: string, act: () => Promise<T>): Promise<T> => {
    await options.before?.(operation, subject);
    const answer = await act();
    await options.after?.(operation, subject);
    return answer;
  };
  const change = <T>(operation: GatewayOperation, reference: string, rule: Rule<T>): Promise<T> =>
    call(operation, reference, async () =>
      unwrap(operation, await ledger.update(reference, (entry) => rule(entry, tools))),
    );
  return {
    open: (request) =>
      call('open', request.orderId, async () => {
        const entry = newEntry(request, tools);
        await ledger.insert(entry);
        return { reference: entry.reference };
      }),
    confirm: (reference) => change('confirm', reference, confirm),
    settle: (reference) => change('settle', reference, settle),
    refund: (reference) => change('refund', reference, refund),
    status: (reference) => call('status', reference, async () => stateOf(await ledger.get(reference))),
  };
}

interface Tools {
  readonly now: () => number;
  readonly newId: () => string;
  readonly issuer: Issuer;
}

/** A call that was carried out, or could not be, and is to be answered with an error. */
type Verdict<T> = { readonly result: T } | { readonly fails: PortErrorCode; readonly message: string };

/** One step of the books, pure but for the clock and new ids. */
type Rule<T> = (entry: LedgerEntry, tools: Tools) => LedgerUpdate<Verdict<T>>;

function unwrap<T>(operation: GatewayOperation, verdict: Verdict<T> | undefined): T {
  if (!verdict) throw unknownReference(operation);
  if ('fails' in verdict) {
    throw new PortError(verdict.fails, `PaymentGateway.${operation}`, { message: verdict.message });
  }
  return verdict.result;
}

function newEntry({ orderId, amount, paymentMethod }: PaymentRequest, { now, newId }: Tools): LedgerEntry {
  if (!Number.isSafeInteger(amount.amount) || amount.amount <= 0) {
    throw new PortError('invalid-argument', 'PaymentGateway.open', {
      message: 'the amount must be a positive integer',
    });
  }
  const { currency } = amount;
  return {
    reference: `pay_${newId()}`,
    orderId,
    amount: { amount: amount.amount, currency },
    paymentMethod,
    state: 'open',
    attempts: 0,
    openedAt: now(),
  };
}

const confirm: Rule<ConfirmResult> = (entry, tools) => {
  const { transactionId } = entry;
  if (transactionId !== undefined) return answer({ outcome: 'charged', transactionId });
  if (entry.state === 'sealed') return answer({ outcome: 'sealed' });
  const tried = { ...entry, attempts: entry.attempts + 1 };
  const said = tools.issuer.charge(entry.paymentMethod, entry.attempts);
  switch (said.kind) {
    case 'approved':
      return charge(tried, said.lost, tools);
    case 'declined':
      return {
        answer: { result: { outcome: 'declined', declineCode: said.code } },
        entry: { ...tried, declineCode: said.code },
      };
    case 'needs-action':
      return {
        answer: { result: { outcome: 'requires_action' } },
        entry: { ...tried, declineCode: 'authentication-required' },
      };
    case 'unreachable':
      return { answer: { fails: 'unavailable', message: 'the issuer cannot be reached' }, entry: tried };
  }
};

function charge(entry: LedgerEntry, lost: boolean, { now, newId }: Tools): LedgerUpdate<Verdict<ConfirmResult>> {
  const transactionId = `txn_${newId()}`;
  const at = now();
  return {
    answer: lost
      ? { fails: 'deadline-exceeded', message: 'no answer in time' }
      : { result: { outcome: 'charged', transactionId } },
    entry: { ...entry, state: 'charged', transactionId, chargedAt: at },
    movement: moved('charge', entry, at),
  };
}

const settle: Rule<SettleResult> = (entry, { now }) => {
  const { transactionId, declineCode } = entry;
  if (transactionId !== undefined) return answer({ outcome: 'charged', transactionId });
  const sealed = answer<SettleResult>({ outcome: 'sealed', ...(declineCode !== undefined && { declineCode }) });
  if (entry.state === 'sealed') return sealed;
  return { ...sealed, entry: { ...entry, state: 'sealed', sealedAt: now() } };
};

const refund: Rule<RefundResult> = (entry, { now, newId, issuer }) => {
  if (entry.refundId !== undefined) return answer({ outcome: 'refunded', refundId: entry.refundId });
  if (entry.transactionId === undefined) {
    return { answer: { fails: 'invalid-argument', message: 'the payment was never charged' } };
  }
  if (issuer.refusesRefund(entry.paymentMethod)) return answer({ outcome: 'failed', code: 'refund_refused' });
  const refundId = `re_${newId()}`;
  const at = now();
  return {
    answer: { result: { outcome: 'refunded', refundId } },
    entry: { ...entry, state: 'refunded', refundId, refundedAt: at },
    movement: moved('refund', entry, at),
  };
};

function stateOf(entry: LedgerEntry | undefined): PaymentState {
  if (!entry) throw unknownReference('status');
  const { transactionId, refundId, declineCode } = entry;
  if (transactionId !== undefined) {
    return refundId === undefined
      ? { outcome: 'charged', transactionId }
      : { outcome: 'refunded', transactionId, refundId };
  }
  if (entry.state === 'sealed') return { outcome: 'sealed' };
  return { outcome: 'open', ...(declineCode !== undefined && { declineCode }) };
}

function answer<T>(result: T): LedgerUpdate<Verdict<T>> {
  return { answer: { result } };
}

function moved(kind: Movement['kind'], { reference, orderId, amount }: LedgerEntry, at: number): Movement {
  return { kind, reference, orderId, amount, at };
}

function unknownReference(operation: GatewayOperation): PortError {
  return new PortError('not-found', `PaymentGateway.${operation}`, { message: 'no such payment' });
}
