import type { OrderStatus, PaymentStatus } from '../../shared/domain/order.ts';

/** One way through an order's life, as data: every platform goes it and must come to the same end. */
export interface OrderPath {
  readonly name: string;
  readonly order: {
    readonly items: readonly { readonly menuItemId: string; readonly quantity: number }[];
    readonly paymentMethod: string;
  };
  readonly steps: readonly Step[];
  readonly expect: Expectation;
}

export type Step =
  /** Waits until the order has this status. */
  | { readonly type: 'until'; readonly status: OrderStatus }
  | {
      readonly type: 'act';
      readonly as: 'customer' | 'restaurant' | 'operator';
      readonly method?: 'POST' | 'PUT' | 'PATCH';
      /** Behind `/v1/orders/{id}`. */
      readonly path: string;
      readonly body: object;
      readonly answer?: 200 | 202;
    }
  /** Lets the wait's time run out. */
  | { readonly type: 'expire'; readonly wait: 'approval' | 'confirmation' };

export interface Expectation {
  readonly status: OrderStatus;
  readonly payment: PaymentStatus;
  readonly declineCode?: string;
  /** What the gateway's own ledger holds. */
  readonly moved: readonly ('charge' | 'refund')[];
  readonly receipt: boolean;
  /** The timeline, each `<event>: <status>`. */
  readonly timeline: readonly string[];
  /** Events that the operators are told about. */
  readonly operatorsHearOf: readonly string[];
}

const PIZZA = [{ menuItemId: 'pizza', quantity: 2 }] as const;
const BANQUET = [{ menuItemId: 'banquet', quantity: 1 }] as const;
/** 1,350.00: beyond the approval threshold. */
const THREE_BANQUETS = [{ menuItemId: 'banquet', quantity: 3 }] as const;

const until = (status: OrderStatus): Step => ({ type: 'until', status });
const confirmation = (accepted: boolean): Step => ({
  type: 'act',
  as: 'restaurant',
  path: '/confirmation',
  body: { accepted },
});
const approval = (approved: boolean): Step => ({ type: 'act', as: 'operator', path: '/approval', body: { approved } });
const cancellation = (answer: 200 | 202 = 200): Step => ({
  type: 'act',
  as: 'customer',
  path: '/cancellation',
  body: { reason: 'changed my mind' },
  answer,
});
const status = (as: 'restaurant' | 'operator', to: OrderStatus): Step => ({
  type: 'act',
  as,
  method: 'PUT',
  path: '/status',
  body: { status: to },
});
const settlement: Step = {
  type: 'act',
  as: 'operator',
  path: '/settlement',
  body: { reason: 'the provider is back' },
  answer: 202,
};
const refund: Step = { type: 'act', as: 'operator', path: '/refund', body: { reason: 'arrived cold' } };

const CHARGED = ['created: pending', 'status_changed: charging', 'payment_charged: paid'];
const REFUNDED = ['status_changed: refunding', 'payment_refunded: refunded'];
const CONFIRMED = [...CHARGED, 'status_changed: confirmed'];
const DELIVERED = [...CONFIRMED, 'status_changed: processing', 'status_changed: shipped', 'status_changed: delivered'];

const confirmed: Expectation = {
  status: 'confirmed',
  payment: 'charged',
  moved: ['charge'],
  receipt: true,
  timeline: CONFIRMED,
  operatorsHearOf: [],
};
const refunded: Expectation = {
  status: 'refunded',
  payment: 'refunded',
  moved: ['charge', 'refund'],
  receipt: true,
  timeline: [...CHARGED, ...REFUNDED],
  operatorsHearOf: [],
};
const failed: Expectation = {
  status: 'payment_failed',
  payment: 'declined',
  moved: [],
  receipt: false,
  timeline: ['created: pending', 'status_changed: charging', 'payment_declined: payment_failed'],
  operatorsHearOf: [],
};
const rejected: Expectation = {
  status: 'rejected',
  payment: 'none',
  moved: [],
  receipt: false,
  timeline: ['created: pending', 'approval_requested: awaiting_approval', 'status_changed: rejected'],
  operatorsHearOf: ['created', 'approval_requested'],
};

export const PATHS: readonly OrderPath[] = [
  {
    name: 'paid and confirmed',
    order: { items: PIZZA, paymentMethod: 'pm_card_visa' },
    steps: [until('paid'), confirmation(true)],
    expect: confirmed,
  },
  {
    name: 'delivered',
    order: { items: PIZZA, paymentMethod: 'pm_card_visa' },
    steps: [
      until('paid'),
      confirmation(true),
      status('restaurant', 'processing'),
      status('restaurant', 'shipped'),
      status('operator', 'delivered'),
    ],
    expect: { ...confirmed, status: 'delivered', timeline: DELIVERED },
  },
  {
    name: 'refunded after delivery',
    order: { items: PIZZA, paymentMethod: 'pm_card_visa' },
    steps: [
      until('paid'),
      confirmation(true),
      status('restaurant', 'processing'),
      status('restaurant', 'shipped'),
      status('operator', 'delivered'),
      refund,
    ],
    expect: { ...refunded, timeline: [...DELIVERED, ...REFUNDED] },
  },
  {
    name: 'declined',
    order: { items: PIZZA, paymentMethod: 'pm_card_chargeDeclined' },
    steps: [],
    expect: { ...failed, declineCode: 'card_declined' },
  },
  {
    name: 'needs the customer to act',
    order: { items: PIZZA, paymentMethod: 'pm_card_authenticationRequired' },
    steps: [],
    expect: { ...failed, declineCode: 'authentication-required' },
  },
  {
    name: 'gateway flaky',
    order: { items: PIZZA, paymentMethod: 'pm_card_flaky' },
    steps: [until('paid'), confirmation(true)],
    expect: confirmed,
  },
  {
    name: 'gateway down',
    order: { items: PIZZA, paymentMethod: 'pm_card_outage' },
    steps: [],
    expect: { ...failed, payment: 'failed', declineCode: 'gateway-unavailable' },
  },
  {
    name: 'charged, but the answer is lost',
    order: { items: PIZZA, paymentMethod: 'pm_card_timeoutAfterCommit' },
    steps: [until('paid'), confirmation(true)],
    expect: confirmed,
  },
  {
    name: 'approval given',
    order: { items: THREE_BANQUETS, paymentMethod: 'pm_card_visa' },
    steps: [until('awaiting_approval'), approval(true), until('paid'), confirmation(true)],
    expect: {
      ...confirmed,
      timeline: [
        'created: pending',
        'approval_requested: awaiting_approval',
        'updated: awaiting_approval',
        ...CONFIRMED.slice(1),
      ],
      operatorsHearOf: ['created', 'approval_requested'],
    },
  },
  {
    name: 'approval refused',
    order: { items: THREE_BANQUETS, paymentMethod: 'pm_card_visa' },
    steps: [until('awaiting_approval'), approval(false)],
    expect: rejected,
  },
  {
    name: 'approval expired',
    order: { items: THREE_BANQUETS, paymentMethod: 'pm_card_visa' },
    steps: [until('awaiting_approval'), { type: 'expire', wait: 'approval' }],
    expect: rejected,
  },
  {
    name: 'restaurant refuses',
    order: { items: PIZZA, paymentMethod: 'pm_card_visa' },
    steps: [until('paid'), confirmation(false)],
    expect: refunded,
  },
  {
    name: 'restaurant silent',
    order: { items: PIZZA, paymentMethod: 'pm_card_visa' },
    steps: [until('paid'), { type: 'expire', wait: 'confirmation' }],
    expect: {
      ...refunded,
      timeline: [...CHARGED, 'restaurant_timeout: refunding', 'payment_refunded: refunded'],
      operatorsHearOf: ['restaurant_timeout'],
    },
  },
  {
    name: 'cancelled before the charge',
    order: { items: THREE_BANQUETS, paymentMethod: 'pm_card_visa' },
    steps: [until('awaiting_approval'), cancellation()],
    expect: {
      ...rejected,
      status: 'cancelled',
      timeline: ['created: pending', 'approval_requested: awaiting_approval', 'cancelled: cancelled'],
    },
  },
  {
    name: 'cancelled during the charge, nothing charged',
    order: { items: PIZZA, paymentMethod: 'pm_card_outage' },
    steps: [until('charging'), cancellation(202)],
    expect: {
      status: 'cancelled',
      payment: 'none',
      moved: [],
      receipt: false,
      timeline: ['created: pending', 'status_changed: charging', 'updated: charging', 'cancelled: cancelled'],
      operatorsHearOf: [],
    },
  },
  {
    name: 'cancelled during the charge, charged all the same',
    order: { items: PIZZA, paymentMethod: 'pm_card_timeoutAfterCommit' },
    steps: [until('charging'), cancellation(202)],
    expect: {
      ...refunded,
      timeline: [
        'created: pending',
        'status_changed: charging',
        'updated: charging',
        'payment_charged: paid',
        ...REFUNDED,
      ],
    },
  },
  {
    name: 'cancelled after the charge',
    order: { items: PIZZA, paymentMethod: 'pm_card_visa' },
    steps: [until('paid'), cancellation()],
    expect: refunded,
  },
  {
    name: 'refund fails',
    order: { items: PIZZA, paymentMethod: 'pm_card_refundFails' },
    steps: [until('paid'), confirmation(false)],
    expect: {
      status: 'refund_failed',
      payment: 'refund_failed',
      moved: ['charge'],
      receipt: true,
      timeline: [...CHARGED, 'status_changed: refunding', 'refund_failed: refund_failed'],
      operatorsHearOf: ['refund_failed'],
    },
  },
  {
    name: 'refund fails, and fails again when an operator asks for it',
    order: { items: PIZZA, paymentMethod: 'pm_card_refundFails' },
    steps: [until('paid'), confirmation(false), until('refund_failed'), refund],
    expect: {
      status: 'refund_failed',
      payment: 'refund_failed',
      moved: ['charge'],
      receipt: true,
      timeline: [
        ...CHARGED,
        'status_changed: refunding',
        'refund_failed: refund_failed',
        'status_changed: refunding',
        'refund_failed: refund_failed',
      ],
      operatorsHearOf: ['refund_failed', 'refund_failed'],
    },
  },
  {
    name: 'settled by an operator, nothing charged',
    order: { items: PIZZA, paymentMethod: 'pm_card_outage' },
    steps: [until('charging'), settlement],
    expect: {
      ...failed,
      payment: 'failed',
      declineCode: 'gateway-unavailable',
      timeline: [
        'created: pending',
        'status_changed: charging',
        'updated: charging',
        'payment_declined: payment_failed',
      ],
    },
  },
  {
    name: 'settled by an operator, charged all the same',
    order: { items: PIZZA, paymentMethod: 'pm_card_timeoutAfterCommit' },
    steps: [until('charging'), settlement, until('paid'), confirmation(true)],
    expect: {
      ...confirmed,
      timeline: [
        'created: pending',
        'status_changed: charging',
        'updated: charging',
        'payment_charged: paid',
        'status_changed: confirmed',
      ],
    },
  },
  {
    name: 'high value',
    order: { items: BANQUET, paymentMethod: 'pm_card_visa' },
    steps: [until('paid'), confirmation(true)],
    expect: { ...confirmed, operatorsHearOf: ['created'] },
  },
];
