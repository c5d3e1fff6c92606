import type { Notice } from '../domain/notice.ts';

/**
 * Sends a notice to somebody outside. Accepted means handed over, not read. `notice.key` goes along (as the message id
 * where the channel has one), so that a repeat can be recognised. Fails with `invalid-argument` for an address that can
 * never work; other failures may be repeated. Nothing here retries: the consumer's queue does.
 */
export interface NotificationSender {
  send(notice: Notice): Promise<void>;
}
