import type * as iam from '@pulumi/aws/iam/index.js';
import type * as scheduler from '@pulumi/aws/scheduler/index.js';
import type * as sfn from '@pulumi/aws/sfn/index.js';
import type { EventBus } from './event-bus.ts';
import type { Identity } from './identity.ts';
import type { Notifications } from './notifications.ts';
import type { OrderStore } from './order-store.ts';
import type { Secrets } from './secrets.ts';
import type { Storage } from './storage.ts';

/** Everything that functions may be given: what they are told of by their environment, and have rights on. */
export interface Resources {
  readonly store: OrderStore;
  readonly secrets: Secrets;
  readonly storage: Storage;
  readonly notifications: Notifications;
  readonly events: EventBus;
  readonly identity: Identity;
}

/** What there is only once the function of the steps exists. */
export interface WorkflowResources {
  readonly machine: sfn.StateMachine;
  readonly timers: scheduler.ScheduleGroup;
  readonly timersRole: iam.Role;
}
