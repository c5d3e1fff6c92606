import { createTransport } from 'nodemailer';
import type { Notice } from '../../domain/notice.ts';
import type { NotificationSender } from '../../ports/notification-sender.ts';
import { PortError, type PortErrorCode } from '../../ports/port-error.ts';

export interface SmtpOptions {
  /** For example `smtp://localhost:1025` or `smtps://user:password@mail.example`. */
  readonly url: string;
  /** The sender's address. */
  readonly from: string;
  /** How long connecting, greeting or a silent connection may take. */
  readonly timeoutMs?: number;
}

export interface SmtpNotificationSender extends NotificationSender {
  /** Closes the connections that are kept open. */
  close(): void;
}

/**
 * Sends notices of the channel `email` by SMTP over a small pool of connections; other channels are not its own and fail with
 * `invalid-argument`. The notice's key becomes the Message-ID, so that a repeat is recognised. Does not retry.
 */
export function smtpNotificationSender({ url, from, timeoutMs = 10_000 }: SmtpOptions): SmtpNotificationSender {
  const transport = createTransport({
    url,
    pool: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(notice) {
      if (notice.channel !== 'email') throw failure('invalid-argument', `not a mail: ${notice.channel}`);
      try {
        await transport.sendMail(mailOf(notice, from));
      } catch (cause) {
        throw failure(codeOf(cause), 'the mail was not accepted', cause);
      }
    },
    close: () => transport.close(),
  };
}

function mailOf({ key, to, subject, text }: Notice, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    from,
    // As an object, so that nothing in an address is read as a second recipient.
    to: { name: '', address: to },
    subject,
    text,
    messageId: `<${key.replaceAll(/[^A-Za-z0-9_.-]/g, '.')}@${domain}>`,
  };
}

/** A refusal for good (5xx on the recipient) can never work; everything else may pass. */
function codeOf(error: unknown): PortErrorCode {
  if (!(error instanceof Error)) return 'unknown';
  const { code, responseCode } = error as Error & { code?: string; responseCode?: number };
  if (code === 'EENVELOPE' && (responseCode === undefined || responseCode >= 500)) return 'invalid-argument';
  if (code === 'EAUTH') return 'permission-denied';
  return 'unavailable';
}

/** The SMTP server's words may repeat the address, so they stay in the cause. */
function failure(code: PortErrorCode, message: string, cause?: unknown): PortError {
  return new PortError(code, 'NotificationSender.send', { message, cause });
}
