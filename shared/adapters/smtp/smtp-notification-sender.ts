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
    // A pool sends again what a connection was closed under: that is for the consumer's queue to do.
    maxRequeues: 0,
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
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const cause = withoutItsWords(error);
        throw failure(codeOf(error), `${cause.message}: the mail was not accepted`, cause);
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

/** What nodemailer adds to its errors. */
type SmtpError = Error & { readonly code?: string; readonly command?: string; readonly responseCode?: number };

/** A refusal of the recipient for good (5xx) can never work; a refusal of ourselves is for operators; all else may pass. */
function codeOf({ code, command, responseCode = 500 }: SmtpError): PortErrorCode {
  if (responseCode < 500) return 'unavailable';
  if (code === 'EENVELOPE' && (command === 'RCPT TO' || command === 'API')) return 'invalid-argument';
  return code === 'EAUTH' || command === 'MAIL FROM' ? 'permission-denied' : 'unavailable';
}

/** The SMTP server's words may repeat the address, and causes are logged: of an answer only the codes are kept. */
function withoutItsWords({ message, code, command, responseCode }: SmtpError): Error {
  const answered = responseCode !== undefined || code === 'EENVELOPE';
  const [status = ''] = /(?<= )[245]\.\d{1,3}\.\d{1,3}(?= )/.exec(message) ?? [];
  const told = answered ? `${code} ${command} ${responseCode ?? ''} ${status}`.trim() : message;
  return Object.assign(new Error(told), { code, command, responseCode });
}

function failure(code: PortErrorCode, message: string, cause?: unknown): PortError {
  return new PortError(code, 'NotificationSender.send', { message, cause });
}
