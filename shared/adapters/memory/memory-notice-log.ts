import type { Channel, Notice } from '../../domain/notice.ts';
import type { NoticeLog } from '../../ports/notice-log.ts';
import { PortError } from '../../ports/port-error.ts';

/** What an address must at least look like, as real channels would have it. */
const WORKABLE: Readonly<Record<Channel, RegExp>> = {
  email: /^[^\s@]+@[^\s@]+$/,
  sms: /^\+[1-9]\d{1,14}$/,
  operators: /\S/,
};

/** A log that lasts as long as the process. */
export function memoryNoticeLog(): NoticeLog {
  const log: Notice[] = [];
  return {
    async send(notice) {
      if (!WORKABLE[notice.channel].test(notice.to)) {
        throw new PortError('invalid-argument', 'NotificationSender.send', {
          message: `no address for ${notice.channel}`,
        });
      }
      log.push({ ...notice });
    },
    async sent(orderId) {
      return log.filter((notice) => orderId === undefined || notice.orderId === orderId);
    },
  };
}
