import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { stripeClient } from '../../shared/adapters/stripe/stripe-client.ts';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import type { PortErrorCode } from '../../shared/ports/port-error.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';
import { portError } from '../conformance/races.ts';
import type { StripeFault } from '../emulators/stripe/faults.ts';
import { SECRET_KEY, startStripe } from '../emulators/stripe/stripe-server.ts';

const REQUEST = {
  orderId: 'order-1',
  customerId: 'alice',
  amount: { amount: 1599, currency: 'USD' },
  paymentMethod: 'pm_card_visa',
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Keys by hand: `get` answers the first one until `refresh` has answered the next. */
function keys(...given: readonly string[]): Secrets & { refreshes(): number } {
  let turn = 0;
  const key = () => given[Math.min(turn, given.length - 1)] ?? '';
  return {
    get: async () => key(),
    async refresh() {
      turn += 1;
      return key();
    },
    refreshes: () => turn,
  };
}

async function bench(secrets: Secrets = keys(SECRET_KEY), timeoutMs = 2_000) {
  const stripe = await startStripe();
  undo.push(stripe.close);
  const client = stripeClient({ secrets, secretName: 'STRIPE_SECRET_KEY', apiBase: stripe.url, timeoutMs });
  const gateway = stripePaymentGateway({ client, environment: 'test' });
  const moved = () => stripe.movements('order-1').map(({ kind }) => kind);
  const calls = (operation: string) => stripe.requests.filter((request) => request.operation === operation).length;
  return { stripe, gateway, moved, calls };
}

type Operation = 'open' | 'confirm' | 'settle' | 'refund' | 'status';

const CALLED: Readonly<Record<Operation, string>> = {
  open: 'payment_intents.create',
  confirm: 'payment_intents.confirm',
  settle: 'payment_intents.cancel',
  refund: 'refunds.create',
  status: 'payment_intents.retrieve',
};

const FAILURES: readonly (readonly [StripeFault['kind'], PortErrorCode, acts: boolean])[] = [
  ['500', 'unavailable', false],
  ['500-after', 'unavailable', true],
  ['429', 'resource-exhausted', false],
  ['lock', 'unavailable', false],
  ['drop-before', 'unavailable', false],
  ['drop-after', 'unavailable', true],
  ['hang', 'deadline-exceeded', false],
];

describe.each(Object.entries(CALLED) as [Operation, string][])('the gateway, when %s meets', (operation, called) => {
  it.each(FAILURES)('%s, fails with %s, is called once, and may be repeated', async (kind, code) => {
    const { stripe, gateway, moved, calls } = await bench(undefined, kind === 'hang' ? 200 : 2_000);
    const { reference } = await gateway.open(REQUEST);
    if (operation === 'refund') await gateway.confirm(reference);
    const act = () => (operation === 'open' ? gateway.open(REQUEST) : gateway[operation](reference));
    const before = calls(called);
    stripe.fault({ operation: called, kind, times: 1 });
    await expect(act()).rejects.toEqual(portError(code));
    expect(calls(called) - before).toBe(1);
    const expected = { open: 'reference', confirm: 'charged', settle: 'sealed', refund: 'refunded', status: 'open' };
    const again = await act();
    if ('outcome' in again) expect(again.outcome).toBe(expected[operation]);
    else expect(again.reference).toMatch(/^pi_/);
    const charges = operation === 'confirm' || operation === 'refund' ? ['charge'] : [];
    expect(moved()).toEqual(operation === 'refund' ? ['charge', 'refund'] : charges);
  });
});

describe('the gateway', () => {
  it('that was slower than its time-out has acted all the same: the next call finds it', async () => {
    const { stripe, gateway, moved } = await bench(undefined, 200);
    const { reference } = await gateway.open(REQUEST);
    stripe.fault({ operation: 'payment_intents.confirm', kind: 'slow', ms: 400, times: 1 });
    await expect(gateway.confirm(reference)).rejects.toEqual(portError('deadline-exceeded'));
    // It may not have acted yet: whatever the order of the two, the money moves once.
    await gateway.confirm(reference);
    expect(await gateway.status(reference)).toMatchObject({ outcome: 'charged' });
    expect(moved()).toEqual(['charge']);
  });

  it('uses a key that was rotated without a restart', async () => {
    const secrets = keys(SECRET_KEY, 'sk_test_new');
    const { stripe, gateway, moved } = await bench(secrets);
    const { reference } = await gateway.open(REQUEST);
    stripe.keys.clear();
    stripe.keys.add('sk_test_new');
    expect(await gateway.confirm(reference)).toMatchObject({ outcome: 'charged' });
    expect([secrets.refreshes(), moved()]).toEqual([1, ['charge']]);
    await gateway.status(reference);
    expect(secrets.refreshes()).toBe(1);
  });

  it.each([
    ['the same key', [SECRET_KEY], 0],
    ['another key that is refused, too', [SECRET_KEY, 'sk_test_wrong'], 1],
  ] as const)('is denied when the refresh brings %s, and asks no third time', async (_, given, more) => {
    const { stripe, gateway, moved } = await bench(keys(...given));
    const { reference } = await gateway.open(REQUEST);
    stripe.keys.clear();
    const before = stripe.requests.length;
    await expect(gateway.confirm(reference)).rejects.toEqual(portError('permission-denied'));
    // Requests without a good key are not counted by the stand-in: nothing was called with one.
    expect([stripe.requests.length - before, moved(), more]).toEqual([0, [], more]);
  });

  it.each(['confirm', 'settle', 'refund', 'status'] as const)(
    '%s of a reference that Stripe does not know is not found',
    async (operation) => {
      const { gateway } = await bench();
      await expect(gateway[operation]('pi_nobody')).rejects.toEqual(portError('not-found'));
    },
  );

  it.each([
    ['pm_card_chargeDeclined', { outcome: 'declined', declineCode: 'card_declined' }],
    ['pm_card_chargeDeclinedInsufficientFunds', { outcome: 'declined', declineCode: 'insufficient_funds' }],
    ['pm_card_chargeDeclinedExpiredCard', { outcome: 'declined', declineCode: 'expired_card' }],
    ['pm_card_authenticationRequired', { outcome: 'requires_action' }],
    ['pm_card_processing', { outcome: 'pending' }],
    ['pm_nobody', { outcome: 'declined', declineCode: 'invalid_payment_method' }],
    ['../charges', { outcome: 'declined', declineCode: 'invalid_payment_method' }],
    ['', { outcome: 'declined', declineCode: 'invalid_payment_method' }],
  ])('tells a decline of %j from an outage', async (paymentMethod, outcome) => {
    const { gateway, moved } = await bench();
    const { reference } = await gateway.open({ ...REQUEST, paymentMethod });
    expect(await gateway.confirm(reference)).toEqual(outcome);
    expect(moved()).toEqual([]);
  });

  it('refuses a card that is saved for somebody else, and takes it from its owner', async () => {
    const { stripe, gateway, moved } = await bench();
    stripe.happens.saveCard('pm_saved', 'pm_card_visa', 'alice');
    const stolen = await gateway.open({ ...REQUEST, customerId: 'mallory', paymentMethod: 'pm_saved' });
    expect(await gateway.confirm(stolen.reference)).toMatchObject({ outcome: 'declined' });
    expect(moved()).toEqual([]);
    const own = await gateway.open({ ...REQUEST, paymentMethod: 'pm_saved' });
    expect(await gateway.confirm(own.reference)).toMatchObject({ outcome: 'charged' });
  });

  it.each([
    { amount: 0, currency: 'USD' },
    { amount: 100_000_000, currency: 'USD' },
    { amount: 1_001, currency: 'KWD' },
    { amount: 100, currency: 'IQD' },
  ])('says that it cannot charge %j, before anything is opened', async (amount) => {
    const { stripe, gateway } = await bench();
    await expect(gateway.open({ ...REQUEST, amount })).rejects.toEqual(portError('invalid-argument'));
    expect(stripe.intents()).toEqual([]);
  });

  it('says that nobody is there, and that what is there is not Stripe', async () => {
    const client = (apiBase: string) =>
      stripePaymentGateway({
        client: stripeClient({ secrets: keys(SECRET_KEY), secretName: 'KEY', apiBase, timeoutMs: 500 }),
        environment: 'test',
      });
    await expect(client('http://127.0.0.1:9').status('pi_1')).rejects.toEqual(portError('unavailable'));
    const proxy = createServer((_, response) => void response.writeHead(502).end('<html>bad gateway</html>'));
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    undo.push(() => proxy.close());
    const { port } = proxy.address() as AddressInfo;
    await expect(client(`http://127.0.0.1:${port}`).status('pi_1')).rejects.toEqual(portError('unavailable'));
  });

  it('keeps what Stripe said in the cause, and out of the message', async () => {
    const { gateway } = await bench();
    const error = await gateway.status('pi_canary').catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/^PortError: PaymentGateway.status: Stripe answered resource_missing \(request req_/);
    expect(String(error)).not.toMatch(/pi_canary|sk_test/);
    expect((error as Error).cause).toMatchObject({ code: 'resource_missing' });
  });
});
