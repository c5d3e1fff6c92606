import type { Notice } from '../shared/domain/notice.ts';
import type { DeadLetter } from '../shared/ports/dead-letters.ts';
import type { PublishableEvent } from '../shared/ports/event-publisher.ts';
import type { Movement } from '../shared/ports/payment-ledger.ts';
import type { Fault } from './faults.ts';

/** What an end-to-end test may do with a running platform, whichever it is. */
export interface Platform {
  readonly name: string;
  /** How long its waits are. */
  readonly times: { readonly approvalTimeoutMs: number; readonly confirmationTimeoutMs: number };
  /** `path` begins with a slash. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** A bearer token. */
  token(sub: string, groups?: readonly string[]): Promise<string>;
  /** The platform's own time, epoch milliseconds. */
  now(): number;
  /** Lets `ms` milliseconds of the platform's time go by, and what falls due in them happen. */
  advance(ms: number): Promise<void>;
  /**
   * Resolves when nothing is left to happen before the next deadline, or earlier, as soon as `until` holds. Pauses between the
   * tries of a task are gone through; waits for people are not.
   */
  settle(until?: () => Promise<boolean>): Promise<void>;
  /** The money that the gateway really moved, oldest first. */
  ledger(orderId: string): Promise<readonly Movement[]>;
  /** What was sent, repeats included. */
  notices(orderId: string): Promise<readonly Notice[]>;
  /** What was published, repeats included, in the order of publication. */
  events(orderId: string): Promise<readonly PublishableEvent[]>;
  deadLetters(orderId?: string): Promise<readonly DeadLetter[]>;
  /** Makes a later call of an adapter fail. */
  fault(fault: Fault): void;
  stop(): Promise<void>;
}
