import type { Notice } from '../domain/notice.ts';
import type { NotificationSender } from './notification-sender.ts';

/** A sender for development and tests: sends to nobody, and shows what would have been sent. */
export interface NoticeLog extends NotificationSender {
  /** Every send in its order, repeats included; with `orderId`, of that order. */
  sent(orderId?: string): Promise<readonly Notice[]>;
}
