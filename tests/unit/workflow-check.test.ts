import { describe, expect, test } from 'vitest';
import { checkDefinition, checkDefinitions, type Finding } from '../../shared/workflow/check.ts';
import type { MoneyState, State, WorkflowDefinition } from '../../shared/workflow/definition.ts';
import { DEFINITIONS, orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';

type Draft<T> = { -readonly [K in keyof T]: Draft<T[K]> };
type DraftDefinition = Draft<WorkflowDefinition>;

interface Fault {
  readonly name: string;
  readonly plant: (draft: DraftDefinition) => void;
  /** The finding it has to cause, beside whatever else it causes. */
  readonly state: string;
  readonly problem: string;
}

/** The state of a draft, to be changed. */
function at<T extends State['type']>(
  draft: DraftDefinition,
  name: string,
  type: T,
): Draft<Extract<State, { type: T }>> {
  const state = draft.states[name];
  if (state?.type !== type) throw new Error(`${name} is not a ${type}`);
  return state as Draft<Extract<State, { type: T }>>;
}

function withFault(plant: Fault['plant']): WorkflowDefinition {
  const draft = structuredClone(orderWorkflowV1) as DraftDefinition;
  plant(draft);
  return draft;
}

const DEAD_ENDS: readonly Fault[] = [
  {
    name: 'a state that others lead to is dropped',
    plant: (draft) => {
      delete draft.states['SettlePayment'];
    },
    state: 'RetrySettlement',
    problem: 'On retry it leads to SettlePayment: no such state.',
  },
  {
    name: 'it starts at a state that does not exist',
    plant: (draft) => {
      draft.startAt = 'Validate';
    },
    state: 'startAt',
    problem: 'On start it leads to Validate: no such state.',
  },
  {
    name: 'an entry leads to a state that does not exist',
    plant: (draft) => {
      draft.entries.refund_due = { next: 'Refund', money: 'held' };
    },
    state: 'entries.refund_due',
    problem: 'On entry refund_due it leads to Refund: no such state.',
  },
  {
    name: 'a task leads nowhere',
    plant: (draft) => {
      at(draft, 'RestaurantTimeout', 'task').next = 'Nowhere';
    },
    state: 'RestaurantTimeout',
    problem: 'On outcome refund_due it leads to Nowhere: no such state.',
  },
  {
    name: 'an outage leads nowhere',
    plant: (draft) => {
      at(draft, 'RefundPayment', 'task').onUnavailable = { next: 'Nowhere', money: 'held' };
    },
    state: 'RefundPayment',
    problem: 'On unavailable it leads to Nowhere: no such state.',
  },
  {
    name: 'a case leads nowhere',
    plant: (draft) => {
      at(draft, 'CheckOrderTotal', 'choice').choices.ready = 'Nowhere';
    },
    state: 'CheckOrderTotal',
    problem: 'On case ready it leads to Nowhere: no such state.',
  },
  {
    name: 'a signal leads nowhere',
    plant: (draft) => {
      at(draft, 'RequireApproval', 'wait').signals.approved = { next: 'Nowhere', money: 'none' };
    },
    state: 'RequireApproval',
    problem: 'On signal approved it leads to Nowhere: no such state.',
  },
  {
    name: "a wait's deadline leads nowhere",
    plant: (draft) => {
      at(draft, 'WaitForRestaurantConfirmation', 'wait').onDeadline = 'Nowhere';
    },
    state: 'WaitForRestaurantConfirmation',
    problem: 'On deadline it leads to Nowhere: no such state.',
  },
  {
    name: 'a long retry gives up to nowhere',
    plant: (draft) => {
      at(draft, 'RetryOpening', 'retryAfter').giveUp = { afterAttempts: 5, next: 'Nowhere' };
    },
    state: 'RetryOpening',
    problem: 'On give-up it leads to Nowhere: no such state.',
  },
  {
    name: 'a timer starts a job at an end',
    plant: (draft) => {
      at(draft, 'RequireApproval', 'wait').onDeadline = 'OrderFailed';
    },
    state: 'RequireApproval',
    problem: 'On deadline it leads to OrderFailed, and a job can only begin with a task.',
  },
  {
    name: 'a signal starts a job at a wait',
    plant: (draft) => {
      at(draft, 'RequireApproval', 'wait').signals.stopped = { next: 'RequireApproval', money: 'none' };
    },
    state: 'RequireApproval',
    problem: 'On signal stopped it leads to RequireApproval, and a job can only begin with a task.',
  },
  {
    name: 'a settlement that somebody asks for only rests',
    plant: (draft) => {
      draft.entries.settlement_due = { next: 'RetrySettlement', money: 'unknown' };
    },
    state: 'entries.settlement_due',
    problem: 'On entry settlement_due it leads to RetrySettlement, and a job can only begin with a task.',
  },
  {
    name: 'nothing leads to a state',
    plant: (draft) => {
      draft.states['GenerateReceipt'] = { type: 'end', money: ['kept'] };
    },
    state: 'GenerateReceipt',
    problem: 'It is never reached.',
  },
  {
    name: 'an order that was refused approval is validated again and again',
    plant: (draft) => {
      at(draft, 'CheckOrderTotal', 'choice').choices = {
        ready: 'RequireApproval',
        approval_required: 'RequireApproval',
      };
      at(draft, 'RequireApproval', 'wait').signals = { approved: { next: 'ValidateOrder', money: 'none' } };
      at(draft, 'ExpireApproval', 'task').next = 'ValidateOrder';
    },
    state: 'RequireApproval',
    problem: 'With money none no end can be reached from it.',
  },
];

const CHOICES: readonly Fault[] = [
  {
    name: 'a choice misses a case',
    plant: (draft) => {
      delete at(draft, 'PaymentSettled?', 'choice').choices.unsettled;
    },
    state: 'PaymentSettled?',
    problem: 'It has no case for unsettled, which SettlePayment can have.',
  },
  {
    name: 'a task gets an outcome that no case knows',
    plant: (draft) => {
      at(draft, 'ProcessPayment', 'task').outcomes.failed = 'unknown';
    },
    state: 'PaymentSuccessful?',
    problem: 'It has no case for failed, which ProcessPayment can have.',
  },
  {
    name: 'a choice has a case that cannot arrive',
    plant: (draft) => {
      at(draft, 'Refunded?', 'choice').choices.charged = 'OrderFailed';
    },
    state: 'Refunded?',
    problem: 'Its case charged can never arrive.',
  },
  {
    name: 'two choices lead to each other',
    plant: (draft) => {
      at(draft, 'PaymentSuccessful?', 'choice').choices.unsettled = 'PaymentSettled?';
      at(draft, 'PaymentSettled?', 'choice').choices.unsettled = 'PaymentSuccessful?';
    },
    state: 'PaymentSettled?',
    problem: 'Choices lead back to it without a task between them.',
  },
  {
    name: 'a choice leads to itself',
    plant: (draft) => {
      at(draft, 'CheckOrderTotal', 'choice').choices.ready = 'CheckOrderTotal';
    },
    state: 'CheckOrderTotal',
    problem: 'Choices lead back to it without a task between them.',
  },
  {
    name: 'a choice is reached without an outcome to branch on',
    plant: (draft) => {
      at(draft, 'ProcessPayment', 'task').onUnavailable = { next: 'PaymentSuccessful?', money: 'unknown' };
    },
    state: 'PaymentSuccessful?',
    problem: 'ProcessPayment leads here on unavailable, without an outcome.',
  },
  {
    name: 'a task goes on in one place whatever became of the money',
    plant: (draft) => {
      at(draft, 'RefundPayment', 'task').next = 'OrderFailed';
    },
    state: 'RefundPayment',
    problem: 'All its outcomes go to one state, though they say different things of the money.',
  },
  {
    name: 'a task lists the outcome that is never listed',
    plant: (draft) => {
      Object.assign(at(draft, 'OpenPayment', 'task').outcomes, { superseded: 'same' });
    },
    state: 'OpenPayment',
    problem: 'It lists superseded, which ends a segment and leads nowhere.',
  },
  {
    name: 'a task lists no outcome',
    plant: (draft) => {
      at(draft, 'ExpireApproval', 'task').outcomes = {};
    },
    state: 'ExpireApproval',
    problem: 'It lists no outcome.',
  },
];

const RESTS: readonly Fault[] = [
  {
    name: 'a settlement is tried again at once',
    plant: (draft) => {
      at(draft, 'PaymentSettled?', 'choice').choices.unsettled = 'SettlePayment';
    },
    state: 'SettlePayment',
    problem: 'It comes back to itself without a wait or a retryAfter between.',
  },
  {
    name: 'an outage is tried again at once',
    plant: (draft) => {
      at(draft, 'OpenPayment', 'task').onUnavailable = { next: 'OpenPayment', money: 'same' };
    },
    state: 'OpenPayment',
    problem: 'It comes back to itself without a wait or a retryAfter between.',
  },
  {
    name: 'a wait lasts as long as a setting that there is not',
    plant: (draft) => {
      Object.assign(at(draft, 'RequireApproval', 'wait'), { timeout: 'driverTimeoutMs' });
    },
    state: 'RequireApproval',
    problem: 'Its timeout driverTimeoutMs is not a setting that is known.',
  },
  {
    name: 'nobody can end a wait but its deadline',
    plant: (draft) => {
      at(draft, 'WaitForRestaurantConfirmation', 'wait').signals = {};
    },
    state: 'WaitForRestaurantConfirmation',
    problem: 'No signal ends this wait.',
  },
  {
    name: 'an order rests here in a status that is final',
    plant: (draft) => {
      at(draft, 'RetryRefund', 'retryAfter').while = ['refunding', 'refunded'];
    },
    state: 'RetryRefund',
    problem: 'An order that is refunded has nothing left to run, and may not rest here.',
  },
  {
    name: 'no order may rest in a rest',
    plant: (draft) => {
      at(draft, 'RetryRefund', 'retryAfter').while = [];
    },
    state: 'RetryRefund',
    problem: 'It lists no status that an order may rest in.',
  },
];

const FIGURES: readonly Fault[] = [
  {
    name: 'a long retry begins above its cap',
    plant: (draft) => {
      at(draft, 'RetrySettlement', 'retryAfter').capMs = 1_000;
    },
    state: 'RetrySettlement',
    problem: 'Its baseMs is above its capMs.',
  },
  {
    name: 'a long retry does not rest',
    plant: (draft) => {
      at(draft, 'RetryRefund', 'retryAfter').baseMs = 0;
    },
    state: 'RetryRefund',
    problem: 'Its baseMs and capMs must be whole numbers above 0.',
  },
  {
    name: 'a long retry never tells the operators',
    plant: (draft) => {
      at(draft, 'RetryRefund', 'retryAfter').alertAfterMs = Number.NaN;
    },
    state: 'RetryRefund',
    problem: 'Its alertAfterMs must be a whole number above 0.',
  },
  {
    name: 'an alert says why in free text',
    plant: (draft) => {
      at(draft, 'RetryRefund', 'retryAfter').alertReason = 'Please look into it!';
    },
    state: 'RetryRefund',
    problem: 'Its alertReason must be a short code of a-z, 0-9 and hyphens.',
  },
  {
    name: 'a long retry gives up before it begins',
    plant: (draft) => {
      at(draft, 'RetryOpening', 'retryAfter').giveUp = { afterAttempts: 0, next: 'GiveUpOpening' };
    },
    state: 'RetryOpening',
    problem: 'Its giveUp.afterAttempts must be a whole number above 0.',
  },
  {
    name: 'a task may take no time',
    plant: (draft) => {
      at(draft, 'ValidateOrder', 'task').timeoutMs = 0;
    },
    state: 'ValidateOrder',
    problem: 'Its timeoutMs must be a whole number above 0.',
  },
  {
    name: 'a task is retried a negative number of times',
    plant: (draft) => {
      at(draft, 'ValidateOrder', 'task').retry = { maxAttempts: -1, backoffRate: 2 };
    },
    state: 'ValidateOrder',
    problem: 'Its retry.maxAttempts must be a whole number above 0.',
  },
  {
    name: 'retries come faster and faster',
    plant: (draft) => {
      at(draft, 'ValidateOrder', 'task').retry = { maxAttempts: 3, backoffRate: 0.5 };
    },
    state: 'ValidateOrder',
    problem: 'Its retry.backoffRate must be a number from 1 on.',
  },
];

const MONEY: readonly Fault[] = [
  {
    name: 'a refund that failed counts as a failed order',
    plant: (draft) => {
      at(draft, 'Refunded?', 'choice').choices.refund_failed = 'OrderFailed';
    },
    state: 'OrderFailed',
    problem: 'It is reached with money operators, and may be with none, returned.',
  },
  {
    name: 'a paid order ends without a restaurant',
    plant: (draft) => {
      at(draft, 'PaymentSuccessful?', 'choice').choices.charged = 'OrderSuccessful';
    },
    state: 'OrderSuccessful',
    problem: 'It is reached with money held, and may be with kept.',
  },
  {
    name: 'an end allows money that is held',
    plant: (draft) => {
      at(draft, 'OrderFailed', 'end').money.push('held');
    },
    state: 'OrderFailed',
    problem: 'It may end while money is held or unknown, neither kept nor returned.',
  },
  {
    name: 'an end allows nothing',
    plant: (draft) => {
      at(draft, 'OperatorsQueue', 'end').money = [];
    },
    state: 'OperatorsQueue',
    problem: 'It lists no money that it may end with.',
  },
  {
    name: 'an unsettled payment ends as a failed order',
    plant: (draft) => {
      at(draft, 'PaymentSettled?', 'choice').choices.unsettled = 'OrderFailed';
    },
    state: 'OrderFailed',
    problem: 'It is reached with money unknown, and may be with none, returned.',
  },
  {
    name: 'the settlement of a charge is given up',
    plant: (draft) => {
      at(draft, 'RetrySettlement', 'retryAfter').giveUp = { afterAttempts: 100, next: 'GiveUpOpening' };
    },
    state: 'RetrySettlement',
    problem: 'It gives up with money unknown: it has to go on until that is certain.',
  },
  {
    name: 'a refund is given up',
    plant: (draft) => {
      at(draft, 'RetryRefund', 'retryAfter').giveUp = { afterAttempts: 100, next: 'RestaurantTimeout' };
    },
    state: 'RetryRefund',
    problem: 'It gives up with money held: it has to go on until that is certain.',
  },
  {
    name: 'a decline is taken for the end of the charge',
    plant: (draft) => {
      at(draft, 'ProcessPayment', 'task').outcomes.declined = 'none';
    },
    state: 'ProcessPayment',
    problem: 'On outcome declined it says that nothing was charged, which only a settlement can tell.',
  },
  {
    name: 'an outage in the middle of a charge is taken for no charge',
    plant: (draft) => {
      at(draft, 'ProcessPayment', 'task').onUnavailable = { next: 'SettlePayment', money: 'same' };
    },
    state: 'ProcessPayment',
    problem: 'On unavailable it says that nothing was charged, which only a settlement can tell.',
  },
  {
    name: 'an outage in the middle of a settlement is taken for a sealed payment',
    plant: (draft) => {
      at(draft, 'SettlePayment', 'task').onUnavailable = { next: 'OrderFailed', money: 'none' };
    },
    state: 'SettlePayment',
    problem: 'On unavailable it may not turn money unknown into none.',
  },
  {
    name: 'an outage in the middle of a refund is taken for a refund',
    plant: (draft) => {
      at(draft, 'RefundPayment', 'task').onUnavailable = { next: 'OrderFailed', money: 'returned' };
    },
    state: 'RefundPayment',
    problem: 'On unavailable it may not turn money held into returned.',
  },
  {
    name: 'an unsettled settlement says that nothing was charged',
    plant: (draft) => {
      at(draft, 'SettlePayment', 'task').outcomes.unsettled = 'none';
    },
    state: 'SettlePayment',
    problem: 'It says money none of unsettled, which means unknown or held.',
  },
  {
    name: 'a restaurant that did not answer makes the charge undone',
    plant: (draft) => {
      at(draft, 'RestaurantTimeout', 'task').outcomes.refund_due = 'none';
    },
    state: 'RestaurantTimeout',
    problem: 'On outcome refund_due it may not turn money held into none.',
  },
  {
    name: 'a settlement that somebody asks for takes the charge for certain',
    plant: (draft) => {
      draft.entries.settlement_due = { next: 'RefundPayment', money: 'held' };
    },
    state: 'entries.settlement_due',
    problem: 'It says money held of settlement_due, which means unknown.',
  },
  {
    name: 'a settlement that somebody asks for is taken for its answer',
    plant: (draft) => {
      draft.entries.settlement_due = { next: 'OrderFailed', money: 'unknown' };
    },
    state: 'OrderFailed',
    problem: 'It is reached with money unknown, and may be with none, returned.',
  },
  {
    name: 'an approval takes money',
    plant: (draft) => {
      at(draft, 'RequireApproval', 'wait').signals.approved = { next: 'WaitForRestaurantConfirmation', money: 'held' };
    },
    state: 'RequireApproval',
    problem: 'On signal approved it may not turn money none into held.',
  },
  {
    name: 'an entry says that there is no money to refund',
    plant: (draft) => {
      draft.entries.refund_due = { next: 'GiveUpOpening', money: 'none' };
    },
    state: 'entries.refund_due',
    problem: 'It says money none of refund_due, which means held.',
  },
  {
    name: 'what was charged is charged again',
    plant: (draft) => {
      at(draft, 'RestaurantTimeout', 'task').next = 'ProcessPayment';
    },
    state: 'ProcessPayment',
    problem: 'It is reached with money held, and may be with none, unknown.',
  },
  {
    name: 'what was refunded is charged again',
    plant: (draft) => {
      at(draft, 'Refunded?', 'choice').choices.refunded = 'ProcessPayment';
    },
    state: 'ProcessPayment',
    problem: 'It is reached with money returned, and may be with none, unknown.',
  },
  {
    name: 'a payment in doubt is refunded',
    plant: (draft) => {
      at(draft, 'PaymentSuccessful?', 'choice').choices.unsettled = 'RefundPayment';
    },
    state: 'RefundPayment',
    problem: 'It is reached with money unknown, and may be with held.',
  },
  {
    name: 'what was never charged is refunded',
    plant: (draft) => {
      at(draft, 'PaymentSettled?', 'choice').choices.failed = 'RefundPayment';
    },
    state: 'RefundPayment',
    problem: 'It is reached with money none, and may be with held.',
  },
  {
    name: 'a doubt is not settled, only confirmed again',
    plant: (draft) => {
      at(draft, 'SettlePayment', 'task').task = 'confirmPayment';
    },
    state: 'RetrySettlement',
    problem: 'With money unknown no settlePayment can be reached from it.',
  },
];

function named(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ state, problem }) => `${state}: ${problem}`);
}

describe('the definitions that are shipped', () => {
  test('have nothing wrong with them', () => {
    expect(checkDefinitions(DEFINITIONS)).toEqual([]);
  });
});

describe.each([
  ['dead ends', DEAD_ENDS],
  ['choices', CHOICES],
  ['rests', RESTS],
  ['figures', FIGURES],
  ['the money', MONEY],
])('faults about %s are found', (_, faults) => {
  test.each(faults)('$name', ({ plant, state, problem }) => {
    expect(checkDefinition(withFault(plant))).toContainEqual({ state, problem });
  });
});

describe('the versions', () => {
  test('are not given twice', () => {
    const found = checkDefinitions([orderWorkflowV1, orderWorkflowV1]);
    expect(named(found)).toEqual(['version: 1 is given to more than one definition.']);
  });

  test.each([0, -1, 1.5, Number.NaN])('are not %d', (version) => {
    const found = checkDefinitions([{ ...orderWorkflowV1, version }]);
    expect(named(found)).toEqual([`version: ${version} is not a whole number from 1 on.`]);
  });

  test('are each checked, and named in what is found', () => {
    const second = withFault((draft) => {
      draft.version = 2;
      at(draft, 'RetryRefund', 'retryAfter').baseMs = 0;
    });
    expect(named(checkDefinitions([orderWorkflowV1, second]))).toEqual([
      'RetryRefund: In version 2: Its baseMs and capMs must be whole numbers above 0.',
    ]);
  });
});

describe('a finding', () => {
  test('is told once, however many ways lead to it', () => {
    const found = named(
      checkDefinition(
        withFault((draft) => {
          at(draft, 'CheckOrderTotal', 'choice').choices.ready = 'CheckOrderTotal';
        }),
      ),
    );
    expect(new Set(found).size).toBe(found.length);
  });
});

describe('what a definition says of the money', () => {
  const WORDS: readonly MoneyState[] = ['none', 'unknown', 'held', 'kept', 'returned', 'operators'];

  /** Every definition in which one statement about the money is replaced by another word. */
  function* misstatements(): Generator<{ readonly where: string; readonly definition: WorkflowDefinition }> {
    const states = Object.entries(orderWorkflowV1.states);
    for (const [name, state] of states) {
      const outcomes = state.type === 'task' ? Object.keys(state.outcomes) : [];
      for (const outcome of outcomes) {
        for (const word of WORDS) {
          const definition = withFault((draft) => {
            Object.assign(at(draft, name, 'task').outcomes, { [outcome]: word });
          });
          yield { where: `${name} ${outcome} ${word}`, definition };
        }
      }
    }
  }

  test('cannot be changed in one word, but for the word that stands there', () => {
    const unnoticed = [...misstatements()].filter(({ definition }) => checkDefinition(definition).length === 0);
    const asShipped = Object.entries(orderWorkflowV1.states).flatMap(([name, state]) =>
      state.type === 'task'
        ? Object.entries(state.outcomes).map(([outcome, word]) => `${name} ${outcome} ${word}`)
        : [],
    );
    expect(unnoticed.map(({ where }) => where)).toEqual(asShipped);
  });
});
