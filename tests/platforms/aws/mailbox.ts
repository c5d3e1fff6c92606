import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { Channel, Notice, Recipient } from '../../../shared/domain/notice.ts';

export interface Mailbox {
  readonly url: string;
  readonly notices: readonly Notice[];
  close(): Promise<void>;
}

/** A mail server that takes everything, and tells the notices from their mails. */
export async function startMailbox(): Promise<Mailbox> {
  const notices: Notice[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        notices.push(noticeOf(Buffer.concat(chunks).toString(), envelope.rcptTo[0]?.address ?? ''));
        done();
      });
    },
  });
  server.on('error', () => undefined);
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    notices,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function noticeOf(raw: string, to: string): Notice {
  const [head = '', body = ''] = raw.split(/\r\n\r\n(.*)/s);
  const [, id = ''] = /^Message-ID:\s+<(.+)@/im.exec(head) ?? [];
  return noticeFrom(id.split('.'), {
    to,
    subject: /^Subject: (.*)$/m.exec(head)?.[1] ?? '',
    text: /quoted-printable/i.test(head) ? unquoted(body) : body.trim(),
  });
}

/** Of the parts of its key. */
export function noticeFrom(parts: readonly string[], rest: Pick<Notice, 'subject' | 'text' | 'to'>): Notice {
  const [orderId = '', sequence = '', recipient = '', channel = ''] = parts;
  const eventId = `${orderId}:${sequence}`;
  return {
    key: `${eventId}/${recipient}/${channel}`,
    eventId,
    orderId,
    recipient: recipient as Recipient,
    channel: channel as Channel,
    ...rest,
  };
}

function unquoted(body: string): string {
  const joined = body.replaceAll('=\r\n', '').trim();
  return joined.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
