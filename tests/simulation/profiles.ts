/** What a platform promises of its deliveries, as far as the product can feel it. */
export interface Profile {
  readonly name: ProfileName;
  /** All handlers are one process: when one crashes all do, and what they had taken is there again after the restart. */
  readonly oneProcess: boolean;
  /** The payment provider posts news, which are heard beside the workflow. */
  readonly webhooks?: boolean;
  readonly changes: {
    /** Changes in one batch. */
    readonly batch: number;
    /** One relay at a time, in the order of the commits; otherwise any number, in any order. */
    readonly ordered: boolean;
    /** After this long a batch that is not done is given to another relay as well. */
    readonly lockMs: number;
  };
  readonly messages: Delivery;
  readonly jobs: Delivery & {
    /** How likely an accepted job or timer is forgotten, compared with other faults. */
    readonly loss: number;
    /** A job that fails is `redelivered`; or forgotten, and left to the sweeper. */
    readonly afterFailure: 'redelivered' | 'forgotten';
    /** After a crash likewise. */
    readonly afterCrash: 'redelivered' | 'redelivered or forgotten';
  };
}

export interface Delivery {
  /** Messages of one order are handed out one after the other. */
  readonly sessions: boolean;
  /** After this long a message that is still in work is handed out again. */
  readonly lockMs: number;
  /** What comes of ending a message whose lock was lost. */
  readonly lateEnd: 'works' | 'fails';
  /** Of messages with one name only the first is taken within this window, which is counted from when it was accepted or done. */
  readonly repeats?: { readonly droppedForMs: number; readonly from: 'accepted' | 'done' };
  /** A delivery that ended in a crash counts as an attempt. */
  readonly crashesCount: boolean;
  /** After so many deliveries a message goes to the dead letters, whatever its handler says. */
  readonly maxDeliveries: number;
}

export const PROFILE_NAMES = ['aws', 'azure', 'gcp', 'local', 'webhooks'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Of the local platform: one process that holds what it takes until it ends, over one file. */
const heldUntilRestart: Delivery = {
  sessions: false,
  lockMs: Number.POSITIVE_INFINITY,
  lateEnd: 'works',
  crashesCount: false,
  maxDeliveries: Number.POSITIVE_INFINITY,
};

/** SQS standard queues: unordered, invisible for six times the function's time-out at most, five receives. */
const sqs: Delivery = { sessions: false, lockMs: MINUTE, lateEnd: 'works', crashesCount: true, maxDeliveries: 5 };

/** Service Bus with sessions: a lock of 30 s, ten deliveries, and duplicate detection by message id for ten minutes. */
const serviceBus: Delivery = {
  sessions: true,
  lockMs: 30 * SECOND,
  lateEnd: 'fails',
  repeats: { droppedForMs: 10 * MINUTE, from: 'accepted' },
  crashesCount: true,
  maxDeliveries: 10,
};

/** Pub/Sub: unordered, a deadline to acknowledge, five deliveries before the dead-letter topic. */
const pubSub: Delivery = {
  sessions: false,
  lockMs: 30 * SECOND,
  lateEnd: 'fails',
  crashesCount: true,
  maxDeliveries: 5,
};

/** Cloud Tasks: tried for as long as it takes; a task's name is taken until an hour after it ran. */
const cloudTasks: Delivery = {
  sessions: false,
  lockMs: 10 * MINUTE,
  lateEnd: 'works',
  repeats: { droppedForMs: 60 * MINUTE, from: 'done' },
  crashesCount: true,
  maxDeliveries: Number.POSITIVE_INFINITY,
};

const aws: Profile = {
  name: 'aws',
  oneProcess: false,
  changes: { batch: 10, ordered: true, lockMs: MINUTE },
  messages: sqs,
  // Express executions start at least once, may run side by side, and are gone when they fail.
  jobs: { ...sqs, loss: 1, afterFailure: 'forgotten', afterCrash: 'redelivered or forgotten' },
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  aws,
  webhooks: { ...aws, name: 'webhooks', webhooks: true },
  azure: {
    name: 'azure',
    oneProcess: false,
    changes: { batch: 10, ordered: true, lockMs: 30 * SECOND },
    messages: serviceBus,
    jobs: { ...serviceBus, loss: 0.2, afterFailure: 'redelivered', afterCrash: 'redelivered' },
  },
  gcp: {
    name: 'gcp',
    oneProcess: false,
    changes: { batch: 1, ordered: false, lockMs: MINUTE },
    messages: pubSub,
    jobs: { ...cloudTasks, loss: 0.2, afterFailure: 'redelivered', afterCrash: 'redelivered' },
  },
  local: {
    name: 'local',
    oneProcess: true,
    changes: { batch: 200, ordered: true, lockMs: Number.POSITIVE_INFINITY },
    messages: heldUntilRestart,
    jobs: { ...heldUntilRestart, loss: 0.2, afterFailure: 'redelivered', afterCrash: 'redelivered' },
  },
};
