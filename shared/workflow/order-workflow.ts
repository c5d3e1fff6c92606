import type { WorkflowDefinition } from './definition.ts';

const MINUTE = 60_000;
/** Three times, 2 s, backoff 2: the figures of the source documents. */
const OUTAGE_RETRY = { maxAttempts: 3, backoffRate: 2 } as const;
const TASK_TIMEOUT_MS = 10_000;

/** The life of an order, from its creation until it is fulfilled, refunded, or in the operators' hands. */
export const orderWorkflowV1: WorkflowDefinition = {
  version: 1,
  startAt: 'ValidateOrder',
  entries: {
    refund_due: { next: 'RefundPayment', money: 'held' },
    settlement_due: { next: 'SettlePayment', money: 'unknown' },
  },
  states: {
    ValidateOrder: {
      type: 'task',
      task: 'validateOrder',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { ready: 'none', approval_required: 'none' },
      next: 'CheckOrderTotal',
    },
    CheckOrderTotal: {
      type: 'choice',
      choices: { approval_required: 'RequireApproval', ready: 'OpenPayment' },
    },
    RequireApproval: {
      type: 'wait',
      signals: {
        approved: { next: 'OpenPayment', money: 'none' },
        stopped: { next: 'OrderFailed', money: 'none' },
      },
      timeout: 'approvalTimeoutMs',
      onDeadline: 'ExpireApproval',
    },
    ExpireApproval: {
      type: 'task',
      task: 'expireApproval',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { stopped: 'none' },
      next: 'OrderFailed',
    },
    OpenPayment: {
      type: 'task',
      task: 'openPayment',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { opened: 'none' },
      onUnavailable: { next: 'RetryOpening', money: 'same' },
      next: 'ProcessPayment',
    },
    RetryOpening: {
      type: 'retryAfter',
      baseMs: MINUTE,
      capMs: 15 * MINUTE,
      alertAfterMs: 15 * MINUTE,
      alertReason: 'payment-not-opened',
      while: ['pending', 'awaiting_approval'],
      next: 'OpenPayment',
      giveUp: { afterAttempts: 5, next: 'GiveUpOpening' },
    },
    GiveUpOpening: {
      type: 'task',
      task: 'giveUpOpening',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { stopped: 'none' },
      next: 'OrderFailed',
    },
    ProcessPayment: {
      type: 'task',
      task: 'confirmPayment',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { charged: 'held', refund_due: 'held', declined: 'unknown', unsettled: 'unknown' },
      onUnavailable: { next: 'SettlePayment', money: 'unknown' },
      next: 'PaymentSuccessful?',
    },
    'PaymentSuccessful?': {
      type: 'choice',
      choices: {
        charged: 'WaitForRestaurantConfirmation',
        refund_due: 'RefundPayment',
        declined: 'SettlePayment',
        unsettled: 'SettlePayment',
      },
    },
    SettlePayment: {
      type: 'task',
      task: 'settlePayment',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { charged: 'held', refund_due: 'held', failed: 'none', unsettled: 'unknown' },
      onUnavailable: { next: 'RetrySettlement', money: 'unknown' },
      next: 'PaymentSettled?',
    },
    'PaymentSettled?': {
      type: 'choice',
      choices: {
        charged: 'WaitForRestaurantConfirmation',
        refund_due: 'RefundPayment',
        failed: 'OrderFailed',
        unsettled: 'RetrySettlement',
      },
    },
    RetrySettlement: {
      type: 'retryAfter',
      baseMs: MINUTE,
      capMs: 60 * MINUTE,
      alertAfterMs: 15 * MINUTE,
      alertReason: 'payment-unsettled',
      while: ['charging'],
      next: 'SettlePayment',
    },
    WaitForRestaurantConfirmation: {
      type: 'wait',
      signals: {
        confirmed: { next: 'OrderSuccessful', money: 'kept' },
        refund_due: { next: 'RefundPayment', money: 'held' },
      },
      timeout: 'confirmationTimeoutMs',
      onDeadline: 'RestaurantTimeout',
    },
    RestaurantTimeout: {
      type: 'task',
      task: 'expireConfirmation',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { refund_due: 'held' },
      next: 'RefundPayment',
    },
    RefundPayment: {
      type: 'task',
      task: 'refundPayment',
      timeoutMs: TASK_TIMEOUT_MS,
      retry: OUTAGE_RETRY,
      outcomes: { refunded: 'returned', refund_failed: 'operators', unsettled: 'held' },
      onUnavailable: { next: 'RetryRefund', money: 'held' },
      next: 'Refunded?',
    },
    'Refunded?': {
      type: 'choice',
      choices: { refunded: 'OrderFailed', refund_failed: 'OperatorsQueue', unsettled: 'RetryRefund' },
    },
    RetryRefund: {
      type: 'retryAfter',
      baseMs: MINUTE,
      capMs: 60 * MINUTE,
      alertAfterMs: 15 * MINUTE,
      alertReason: 'refund-unsettled',
      while: ['refunding'],
      next: 'RefundPayment',
    },
    OrderSuccessful: { type: 'end', money: ['kept'] },
    OrderFailed: { type: 'end', money: ['none', 'returned'] },
    OperatorsQueue: { type: 'end', money: ['operators'] },
  },
};

/** Every version that an order may still be running on. A new version is added; none is changed once it is released. */
export const DEFINITIONS: readonly WorkflowDefinition[] = [orderWorkflowV1];

/** The version that new orders start on. */
export const CURRENT: WorkflowDefinition = orderWorkflowV1;
