import type { Outcome } from '../domain/commands.ts';
import type { OrderStatus } from '../domain/order.ts';

/** The steps that the workflow calls by name; each is repeat-safe and may run twice at once. */
export type TaskName =
  | 'validateOrder'
  | 'openPayment'
  | 'confirmPayment'
  | 'settlePayment'
  | 'expireApproval'
  | 'expireConfirmation'
  | 'giveUpOpening'
  | 'refundPayment';

/**
 * What an outcome means for the customer's money: `none` nothing was or can be taken, `unknown` a charge may have happened,
 * `held` we hold it and owe something for it, `kept` the restaurant has taken the order on, `returned` given back, `operators`
 * a person has to bring it to an end (and is told so by an event).
 */
export type MoneyState = 'none' | 'unknown' | 'held' | 'kept' | 'returned' | 'operators';

/** What a task tells the choices, and what it says about the money. `superseded` ends every segment and is not listed. */
export type TaskOutcome = Outcome | 'declined' | 'unsettled' | 'unavailable';

export interface TaskState {
  readonly type: 'task';
  readonly task: TaskName;
  /** One try of the task may take this long. */
  readonly timeoutMs: number;
  /** For errors that may pass. The first interval is the setting `RETRY_BASE_MS`, then doubles or whatever `backoffRate` says. */
  readonly retry?: { readonly maxAttempts: number; readonly backoffRate: number };
  /** Every outcome that the task can have, with what it says of the money; left out where it says nothing new. */
  readonly outcomes: Readonly<Partial<Record<TaskOutcome, MoneyState | 'same'>>>;
  /** Where to go when the retries are used up. Without it the job fails, and its queue or the sweeper repeats it. */
  readonly onUnavailable?: { readonly next: string; readonly money: MoneyState | 'same' };
  readonly next: string;
}

/** Branches on the last outcome. */
export interface ChoiceState {
  readonly type: 'choice';
  readonly choices: Readonly<Partial<Record<TaskOutcome, string>>>;
}

/** Rests until a signal (a command on the order) or the deadline. */
export interface WaitState {
  readonly type: 'wait';
  readonly signals: Readonly<Partial<Record<Outcome, { readonly next: string; readonly money: MoneyState | 'same' }>>>;
  /** The name of the setting that holds how long. */
  readonly timeout: 'approvalTimeoutMs' | 'confirmationTimeoutMs';
  readonly onDeadline: string;
}

/** Rests for `baseMs`, twice that the next time and so on up to `capMs`, then goes on at `next`. */
export interface RetryAfterState {
  readonly type: 'retryAfter';
  readonly baseMs: number;
  readonly capMs: number;
  /** The operators are told once when the series has lasted this long. */
  readonly alertAfterMs: number;
  readonly alertReason: string;
  /** A late worker may only rest an order here that is still in one of these. */
  readonly while: readonly OrderStatus[];
  readonly next: string;
  /** After so many rounds go there instead. Left out: for as long as it takes. */
  readonly giveUp?: { readonly afterAttempts: number; readonly next: string };
}

export interface EndState {
  readonly type: 'end';
  /** The only things that may be true of the money here. */
  readonly money: readonly MoneyState[];
}

export type State = TaskState | ChoiceState | WaitState | RetryAfterState | EndState;

export interface WorkflowDefinition {
  readonly version: number;
  readonly startAt: string;
  /** Where a command starts the workflow from any other place, by the command's outcome. A long retry of that task is cut short. */
  readonly entries: Readonly<Partial<Record<Outcome, { readonly next: string; readonly money: MoneyState }>>>;
  readonly states: Readonly<Record<string, State>>;
}
