import { describe, expect, it } from 'vitest';
import { memoryMessageQueue } from '../../shared/adapters/memory/memory-message-queue.ts';
import { memoryNoticeLog } from '../../shared/adapters/memory/memory-notice-log.ts';
import { messagingSuites } from './messaging.harness.ts';
import { aNotice, notificationSenderSuite } from './notification-sender.suite.ts';

messagingSuites('memory', (onEnqueue) => ({ ...memoryMessageQueue({ onEnqueue }), close: async () => {} }));

notificationSenderSuite('memory', { channels: ['email', 'sms', 'operators'] }, async () => {
  const log = memoryNoticeLog();
  return {
    sender: log,
    close: async () => {},
    delivered: async () => (await log.sent()).map(({ key, to, subject, text }) => ({ key, to, subject, text })),
  };
});

describe('the notice log in memory', () => {
  it('keeps every send in its order, repeats included, and finds those of an order', async () => {
    const log = memoryNoticeLog();
    const [first, second] = [aNotice('email'), aNotice('operators')];
    for (const notice of [first, second, first]) await log.send(notice);
    expect(await log.sent()).toEqual([first, second, first]);
    expect(await log.sent(first.orderId)).toEqual([first, first]);
  });
});
