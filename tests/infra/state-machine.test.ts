import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { stateMachine } from '../../infra/aws/state-machine.ts';
import {
  approveOrder,
  cancelOrder,
  confirmOrder,
  requestRefund,
  requestSettlement,
} from '../../shared/application/order-commands.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import { PortError } from '../../shared/ports/port-error.ts';
import type { WorkflowDefinition } from '../../shared/workflow/definition.ts';
import { DEFINITIONS, orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';
import { explore } from '../../shared/workflow/paths.ts';
import { FUNCTION_ARN } from '../emulators/aws/state-machine.ts';
import { segmentWorld, type World, type WorldOptions } from '../unit/segment-world.ts';
import { runStateMachine } from './run-state-machine.ts';

const MARIO = { subject: 'mario', operator: false, restaurants: ['rest-1'] };
const OLGA = { subject: 'olga', operator: true, restaurants: [] };
const ALICE = { subject: 'alice', operator: false, restaurants: [] };
const BANQUET = { total: { amount: 100_000, currency: 'USD' } };

type Operation = 'open' | 'confirm' | 'settle' | 'refund';

/**
 * Something that befalls calls of the gateway: a failure that passes, one that lasts, an answer that is not certain, or one that is lost
 * once the call has acted; or the customer cancels just before it acts.
 */
interface Trouble {
  readonly operation: Operation;
  readonly kind: 'unavailable' | 'permission-denied' | 'pending' | 'answer-lost' | 'cancelled';
  readonly times: number;
}

interface Scenario {
  readonly name: string;
  readonly order?: Partial<Order>;
  readonly troubles?: readonly Trouble[];
  /** What happens once the order rests; each is followed by everything that is due. */
  readonly acts?: readonly ((world: World, id: string) => Promise<unknown>)[];
}

const later = (world: World) => world.next();
const confirm = (accepted: boolean) => (world: World, orderId: string) =>
  confirmOrder(world.ports, { actor: MARIO, orderId, accepted });
const approve = (approved: boolean) => (world: World, orderId: string) =>
  approveOrder(world.ports, { actor: OLGA, orderId, approved });
const cancel = (world: World, orderId: string) => cancelOrder(world.ports, { actor: ALICE, orderId });
const settle = (world: World, orderId: string) => requestSettlement(world.ports, { actor: OLGA, orderId, note: 'now' });
const refund = (world: World, orderId: string) => requestRefund(world.ports, { actor: OLGA, orderId, note: 'cold' });
const FOREVER = Number.POSITIVE_INFINITY;
const down = (operation: Operation, times = FOREVER): Trouble => ({ operation, kind: 'unavailable', times });
const unsure = (operation: Operation, times = 1): Trouble => ({ operation, kind: 'pending', times });

const SCENARIOS: readonly Scenario[] = [
  { name: 'confirmed', acts: [confirm(true)] },
  { name: 'refused by the restaurant', acts: [confirm(false)] },
  { name: 'a silent restaurant', acts: [later] },
  { name: 'declined', order: { paymentMethod: 'pm_card_chargeDeclined' } },
  { name: 'flaky', order: { paymentMethod: 'pm_card_flaky' } },
  { name: 'an issuer that is out of reach', order: { paymentMethod: 'pm_card_outage' } },
  { name: 'charged, and the answer lost', order: { paymentMethod: 'pm_card_timeoutAfterCommit' } },
  { name: 'approved', order: BANQUET, acts: [approve(true), confirm(true)] },
  { name: 'not approved', order: BANQUET, acts: [approve(false)] },
  { name: 'approval expired', order: BANQUET, acts: [later] },
  { name: 'cancelled before it begins', order: BANQUET, acts: [cancel] },
  { name: 'opening fails for a while', troubles: [down('open', 6)], acts: [later, later] },
  { name: 'opening fails for good', troubles: [down('open')], acts: [later, later, later, later, later, later, later] },
  {
    name: 'opening is forbidden',
    troubles: [{ operation: 'open', kind: 'permission-denied', times: 1 }],
    acts: [later],
  },
  { name: 'confirming fails, settling seals', troubles: [down('confirm')] },
  { name: 'confirming is not certain, settling is', troubles: [unsure('confirm')] },
  { name: 'settling fails for a while', troubles: [down('confirm', 4), down('settle', 4)], acts: [later] },
  { name: 'settling is not certain for a while', troubles: [down('confirm', 4), unsure('settle')], acts: [later] },
  { name: 'an operator has it settled', troubles: [down('confirm', 4), down('settle', 4)], acts: [settle] },
  { name: 'cancelled while charging', troubles: [down('confirm', 4), down('settle', 4)], acts: [cancel, later] },
  {
    name: 'cancelled while charging, charged all the same',
    order: { paymentMethod: 'pm_card_timeoutAfterCommit' },
    troubles: [{ operation: 'settle', kind: 'unavailable', times: 4 }],
    acts: [later],
  },
  { name: 'charged, and every answer lost', troubles: [{ operation: 'confirm', kind: 'answer-lost', times: FOREVER }] },
  {
    name: 'cancelled while nobody knows whether it was charged',
    troubles: [{ operation: 'confirm', kind: 'answer-lost', times: FOREVER }, down('settle', 4)],
    acts: [cancel, later],
  },
  { name: 'cancelled in the moment of the charge', troubles: [{ operation: 'confirm', kind: 'cancelled', times: 1 }] },
  { name: 'refunding fails for a while', troubles: [down('refund', 4)], acts: [confirm(false), later] },
  {
    name: 'refunding is not certain for a while',
    troubles: [unsure('refund', 2)],
    acts: [confirm(false), later, later],
  },
  {
    name: 'refunding is forbidden',
    troubles: [{ operation: 'refund', kind: 'permission-denied', times: 1 }],
    acts: [confirm(false), later],
  },
  { name: 'refund fails', order: { paymentMethod: 'pm_card_refundFails' }, acts: [confirm(false), refund] },
];

function worldOf({ troubles = [] }: Scenario, options: WorldOptions): World {
  const left = troubles.map((trouble) => ({ ...trouble }));
  const met = (operation: Operation) => {
    const trouble = left.find((one) => one.operation === operation && one.times > 0);
    if (trouble) trouble.times -= 1;
    if (trouble?.kind === 'unavailable' || trouble?.kind === 'permission-denied') {
      throw new PortError(trouble.kind, `PaymentGateway.${operation}`);
    }
    return trouble?.kind;
  };
  const pending = { outcome: 'pending' } as const;
  const world = segmentWorld({
    ...options,
    payments: (inner): PaymentGateway => ({
      ...inner,
      open: async (request) => {
        met('open');
        return inner.open(request);
      },
      async confirm(reference) {
        const trouble = met('confirm');
        if (trouble === 'pending') return pending;
        if (trouble === 'cancelled') await cancel(world, ID);
        const result = await inner.confirm(reference);
        if (trouble === 'answer-lost') throw new PortError('unavailable', 'PaymentGateway.confirm');
        return result;
      },
      settle: async (reference) => (met('settle') ? pending : inner.settle(reference)),
      refund: async (reference) => (met('refund') ? pending : inner.refund(reference)),
    }),
  });
  return world;
}

const ID = `ord_${'s'.repeat(32)}`;

async function lifeOf(scenario: Scenario, options: WorldOptions) {
  const world = worldOf(scenario, options);
  await world.place({ id: ID, ...scenario.order });
  await world.settle();
  for (const act of scenario.acts ?? []) {
    await act(world, ID);
    await world.settle();
  }
  const { timeline, status, payment, position } = await world.order(ID);
  const events = timeline.map(({ name, reason, at }) => [name, reason, at]);
  const { reference: _, transactionId: __, refundId: ___, ...paid } = payment;
  return { runs: world.runs, status, payment: paid, position, events, moved: await world.charges(ID) };
}

const asStateMachine: WorldOptions = { runner: runStateMachine };

describe('the state machine', () => {
  it.each(SCENARIOS)('does what the interpreter does, state by state: $name', async (scenario) => {
    const interpreted = await lifeOf(scenario, {});
    expect(interpreted.runs.length).toBeGreaterThan(0);
    expect(await lifeOf(scenario, asStateMachine)).toEqual(interpreted);
  });

  it('was seen on every way of the definition that a segment can go', async () => {
    const gone = new Set<string>();
    for (const scenario of SCENARIOS) {
      for (const { states } of (await lifeOf(scenario, asStateMachine)).runs) {
        for (const [index, state] of states.entries()) {
          gone.add(index === 0 ? `begins at ${state}` : `${states[index - 1]} -> ${state}`);
        }
      }
    }
    const ways = explore(orderWorkflowV1).moves.flatMap(({ edge, to }) => {
      if (['outcome', 'unavailable', 'give-up'].includes(edge.kind)) return [`${edge.from} -> ${to.state}`];
      const task = orderWorkflowV1.states[to.state]?.type === 'task';
      return task ? [`begins at ${to.state}`] : [];
    });
    expect([...new Set(ways)].filter((way) => !gone.has(way))).toEqual([]);
  });

  it('ends at once for a job that is stale', async () => {
    const world = segmentWorld(asStateMachine);
    const order = await world.place();
    await world.settle();
    const job = {
      orderId: order.id,
      state: 'WaitForRestaurantConfirmation',
      attempt: 0,
      revision: 3,
      correlationId: 'c',
    };
    expect(await world.run({ ...job, waitId: 'another' })).toEqual({ states: [], sleeps: [] });
  });

  it('fails when a step has a defect, and leaves the order to the sweeper', async () => {
    const world = segmentWorld({
      ...asStateMachine,
      payments: (inner) => ({ ...inner, confirm: () => Promise.reject(new TypeError('a defect')) }),
    });
    await world.place({ id: ID });
    await expect(world.settle()).rejects.toThrow();
    expect((await world.order(ID)).status).toBe('charging');
  });
});

describe('the compiled definition', () => {
  const another: WorkflowDefinition = { ...orderWorkflowV1, version: 2 };

  it.each([
    ['of this release', DEFINITIONS],
    ['of two versions at once', [orderWorkflowV1, another]],
  ])('%s is valid Amazon States Language', (_, definitions) => {
    const machine = stateMachine({ functionArn: FUNCTION_ARN, retryBaseMs: 2_000, definitions });
    const { isValid, errorsText } = aslValidator(machine as never);
    expect([isValid, errorsText('\n')]).toEqual([true, expect.any(String)]);
  });

  it('has a time-out on every task, tries what passes again, and goes on where the definition says', () => {
    const { States: states } = stateMachine({ functionArn: FUNCTION_ARN, retryBaseMs: 2_500 });
    for (const [name, state] of Object.entries(states)) {
      // A task may take ten seconds, and beginning and resting have no time of their own.
      const seconds = name === 'Begin' || /Retry/.test(name) ? 15 : 13;
      if (state.Type === 'Task') expect([name, state['TimeoutSeconds']]).toEqual([name, seconds]);
    }
    expect(states['v1 ProcessPayment']).toMatchObject({
      Retry: [{ IntervalSeconds: 3, MaxAttempts: 3, BackoffRate: 2 }],
      Catch: [{ Next: 'v1 SettlePayment' }],
    });
  });

  it('fits into what Step Functions takes', () => {
    const machine = stateMachine({ functionArn: FUNCTION_ARN, retryBaseMs: 2_000 });
    expect(JSON.stringify(machine).length).toBeLessThan(1_048_576);
    expect(Object.keys(machine.States).every((name) => name.length <= 80)).toBe(true);
  });
});
