import { describe, expect, it } from 'vitest';
import type { Channel, Notice } from '../../shared/domain/notice.ts';
import type { NotificationSender } from '../../shared/ports/notification-sender.ts';
import { anOrderId } from '../fixtures.ts';
import { type Closable, freshFor } from './harness.ts';
import { ODD_TEXTS } from './odd-values.ts';
import { portError } from './races.ts';

interface NotificationSenderHarness extends Closable {
  readonly sender: NotificationSender;
  /** What was handed over so far, in any order; repeats may be there or not. */
  delivered(): Promise<readonly DeliveredNotice[]>;
}

/** What of a notice can be told from the outside. */
type DeliveredNotice = Pick<Notice, 'key' | 'to' | 'subject' | 'text'>;

interface NotificationSenderTraits {
  /** The channels that the sender serves. */
  readonly channels: readonly Channel[];
}

export type OpenNotificationSender = () => Promise<NotificationSenderHarness>;

const ADDRESSES: Readonly<Record<Channel, string>> = {
  email: 'alice@example.com',
  sms: '+12025550123',
  operators: 'operators',
};

const IMPOSSIBLE: Readonly<Record<Channel, readonly string[]>> = {
  email: ['', 'alice', '@example.com', 'alice@', 'a b@example.com', 'alice@example.com\r\nBcc: eve@example.com'],
  sms: ['', '12025550123', '+0123', 'alice@example.com', '+1202555012345678'],
  operators: ['', ' '],
};

/** Everything that the port `NotificationSender` promises. */
export function notificationSenderSuite(
  name: string,
  { channels }: NotificationSenderTraits,
  open: OpenNotificationSender,
): void {
  describe.each(channels)(`${name}: NotificationSender by %s`, (channel) => {
    const harness = freshFor(open);

    it('hands over the notice with its key before it resolves', async () => {
      const { sender, delivered } = harness();
      const notice = aNotice(channel);
      await sender.send(notice);
      expect(await delivered()).toEqual([visible(notice)]);
    });

    it('hands over every notice of many at once', async () => {
      const { sender, delivered } = harness();
      const notices = Array.from({ length: 20 }, () => aNotice(channel));
      await Promise.all(notices.map((notice) => sender.send(notice)));
      expect(sorted(await delivered())).toEqual(sorted(notices.map(visible)));
    });

    it('gives a repeat the same key', async () => {
      const { sender, delivered } = harness();
      const notice = aNotice(channel);
      await sender.send(notice);
      await sender.send(notice);
      const keys = (await delivered()).map(({ key }) => key);
      expect(keys).toContain(notice.key);
      expect(new Set(keys).size).toBe(1);
    });

    it('refuses an address that can never work, and hands nothing over', async () => {
      const { sender, delivered } = harness();
      for (const to of IMPOSSIBLE[channel]) {
        await expect(sender.send(aNotice(channel, { to })), to).rejects.toEqual(portError('invalid-argument'));
      }
      expect(await delivered()).toEqual([]);
    });

    it('hands over any text as it was written', async () => {
      const { sender, delivered } = harness();
      // A line of text: what a channel makes of line breaks and controls is its own business.
      const texts = ODD_TEXTS.filter((text) => !/[\p{Cc}\u2028\u2029\uFEFF\uFFFF]/u.test(text));
      const notices = texts.map((text) => aNotice(channel, { subject: `About ${text}.`, text: `Text: ${text}.` }));
      for (const notice of notices) await sender.send(notice);
      expect(texts.length).toBeGreaterThan(3);
      expect(sorted(await delivered())).toEqual(sorted(notices.map(visible)));
    });
  });
}

export function aNotice(channel: Channel, overrides: Partial<Notice> = {}): Notice {
  const orderId = anOrderId();
  const recipient = channel === 'operators' ? 'operators' : 'customer';
  return {
    key: `${orderId}:1/${recipient}/${channel}`,
    eventId: `${orderId}:1`,
    orderId,
    recipient,
    channel,
    to: ADDRESSES[channel],
    subject: `Order ${orderId} - pending`,
    text: 'We have received your order of 15.99 USD.',
    ...overrides,
  };
}

function visible({ key, to, subject, text }: Notice): DeliveredNotice {
  return { key, to, subject, text };
}

function sorted(notices: readonly DeliveredNotice[]): readonly DeliveredNotice[] {
  return notices.toSorted((left, right) => (left.key < right.key ? -1 : 1));
}
