import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerEnvelope, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonLogger } from '../../functions/local/logger.ts';
import {
  type SmtpNotificationSender,
  type SmtpOptions,
  smtpNotificationSender,
} from '../../shared/adapters/smtp/smtp-notification-sender.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { PortError } from '../../shared/ports/port-error.ts';

const ALICE = 'alice@example.com';
const FROM = 'orders@shop.example';
/** Short for a test; only the servers that stall meet with it. */
const IMPATIENT_MS = 200;

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Mail {
  readonly envelope: SMTPServerEnvelope;
  readonly head: string;
  readonly body: string;
}

/** A mail server that takes everything, unless its options say otherwise. */
async function mailServer(options: SMTPServerOptions = {}): Promise<{ url: string; port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      let raw = '';
      stream.on('data', (chunk: Buffer) => {
        raw += chunk;
      });
      stream.on('end', () => {
        const [head = '', body = ''] = raw.split(/\r\n\r\n(.*)/s);
        mails.push({ envelope: { ...envelope, rcptTo: [...envelope.rcptTo] }, head, body });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const port = await listening(server.listen(0, '127.0.0.1'));
  undo.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return { url: `smtp://127.0.0.1:${port}`, port, mails };
}

/** A server that is no mail server, or a bad one. */
async function otherServer(
  onConnection: (socket: Socket) => void,
): Promise<{ url: string; connections: () => number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  });
  const port = await listening(server.listen(0, '127.0.0.1'));
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `smtp://127.0.0.1:${port}`, connections: () => sockets.length };
}

async function listening(server: Server): Promise<number> {
  if (!server.listening) await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function senderTo(url: string, options: Partial<SmtpOptions> = {}): SmtpNotificationSender {
  const sender = smtpNotificationSender({ url, from: FROM, ...options });
  undo.push(() => sender.close());
  return sender;
}

function aMail(overrides: Partial<Notice> = {}): Notice {
  return {
    key: 'ord_a:3/customer/email',
    eventId: 'ord_a:3',
    orderId: 'ord_a',
    recipient: 'customer',
    channel: 'email',
    to: ALICE,
    subject: 'Order ord_a - paid',
    text: 'Your payment of 15.99 USD went through.',
    ...overrides,
  };
}

async function failureOf(work: Promise<unknown>): Promise<PortError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof PortError)) throw new Error('it did not fail with a PortError', { cause: error });
  return error;
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

const onRcptTo = (code: number, words: string): SMTPServerOptions => ({
  onRcptTo: (_address, _session, done) => done(refusal(code, words)),
});
const onMailFrom = (code: number, words: string): SMTPServerOptions => ({
  onMailFrom: (_address, _session, done) => done(refusal(code, words)),
});

describe('a mail', () => {
  it('is handed over with its address, subject and text', async () => {
    const { url, mails } = await mailServer();
    await senderTo(url).send(aMail({ subject: 'Bestellung für Zoë', text: 'Danke – 15,99 €' }));
    expect(mails).toHaveLength(1);
    expect(mails[0]?.envelope).toMatchObject({ mailFrom: { address: FROM }, rcptTo: [{ address: ALICE }] });
    expect(mails[0]?.head).toMatch(/^From: orders@shop\.example$/m);
    expect(mails[0]?.head).toMatch(/^To: alice@example\.com$/m);
    expect(mails[0]?.head).toMatch(/^Subject: =\?UTF-8\?Q\?Bestellung_f=C3=BCr_Zo=C3=AB\?=$/m);
    expect(mails[0]?.head).toMatch(/^Content-Type: text\/plain; charset=utf-8$/m);
    expect(mails[0]?.body).toContain('Danke =E2=80=93 15,99 =E2=82=AC');
  });

  it('has the same Message-ID when it is sent again, and no other mail has it', async () => {
    const { url, mails } = await mailServer();
    const sender = senderTo(url);
    await sender.send(aMail());
    await sender.send(aMail());
    await sender.send(aMail({ key: 'ord_a:4/customer/email' }));
    const ids = mails.map(({ head }) => /^Message-ID: (.*)$/im.exec(head)?.[1]);
    expect(ids).toEqual([
      '<ord_a.3.customer.email@shop.example>',
      '<ord_a.3.customer.email@shop.example>',
      '<ord_a.4.customer.email@shop.example>',
    ]);
  });

  it('goes over few connections, however many there are', async () => {
    let connections = 0;
    const { url, mails } = await mailServer({
      onConnect(_session, done) {
        connections += 1;
        done();
      },
    });
    const sender = senderTo(url);
    const keys = Array.from({ length: 30 }, (_, index) => `ord_a:${index}/customer/email`);
    await Promise.all(keys.map((key) => sender.send(aMail({ key }))));
    expect(mails).toHaveLength(30);
    expect(connections).toBeLessThanOrEqual(5);
  });

  it('is sent by whom the password says', async () => {
    const seen: unknown[] = [];
    const { port, mails } = await mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, done) {
        seen.push([username, password]);
        done(null, { user: username });
      },
    });
    await senderTo(`smtp://shop:hunter2@127.0.0.1:${port}`).send(aMail());
    expect(seen).toEqual([['shop', 'hunter2']]);
    expect(mails).toHaveLength(1);
  });

  it.each([
    ['another line', `${ALICE}\r\nBcc: eve@example.com`],
    ['a second address', `${ALICE}, eve@example.com`],
    ['a second command', `${ALICE}>\r\nRCPT TO:<eve@example.com`],
    ['a name', `Eve <eve@example.com>`],
    ['a group', `friends: eve@example.com;`],
    ['nothing', ''],
    ['no host', 'alice'],
  ])('to an address with %s goes to nobody', async (_, to) => {
    const { url, mails } = await mailServer();
    expect(await failureOf(senderTo(url).send(aMail({ to })))).toMatchObject({ code: 'invalid-argument' });
    expect(mails).toEqual([]);
  });

  it('cannot be given headers or recipients by its subject, text or key', async () => {
    const { url, mails } = await mailServer();
    const line = '\r\nBcc: eve@example.com\r\n\r\n';
    const text = `one\r\n.\r\nMAIL FROM:<eve@example.com>\r\n${line}`;
    await senderTo(url).send(aMail({ subject: `Order${line}body`, text, key: `ord_a:3>${line}` }));
    expect(mails).toHaveLength(1);
    expect(mails[0]?.envelope.rcptTo.map(({ address }) => address)).toEqual([ALICE]);
    expect(mails[0]?.head).not.toMatch(/^Bcc:/im);
    expect(mails[0]?.head).toMatch(/^Subject: Order +Bcc: eve@example\.com +body$/m);
    expect(mails[0]?.body).toContain('one\r\n.\r\nMAIL FROM');
  });
});

describe('a mail that is refused', () => {
  const WORDS = `5.1.1 <${ALICE}> no such user here`;

  it.each<[name: string, server: SMTPServerOptions, code: string]>([
    ['for good because of its recipient', onRcptTo(550, WORDS), 'invalid-argument'],
    ['for now because of its recipient', onRcptTo(450, WORDS), 'unavailable'],
    ['for good because of ourselves', onMailFrom(550, 'you may not send from here'), 'permission-denied'],
    ['for now because of ourselves', onMailFrom(451, 'later'), 'unavailable'],
    ['because we did not say who we are', { authOptional: false, allowInsecureAuth: true }, 'permission-denied'],
    [
      'once it was read',
      {
        onData(stream, _session, done) {
          stream.resume().on('end', () => done(refusal(554, `no mail for ${ALICE}`)));
        },
      },
      'unavailable',
    ],
  ])('%s fails accordingly, and names nobody', async (_, options, code) => {
    const { url } = await mailServer(options);
    const error = await failureOf(senderTo(url).send(aMail()));
    expect(error).toMatchObject({ code, operation: 'NotificationSender.send' });
    expect(error.message).toMatch(
      /^NotificationSender\.send: E[A-Z]+ [A-Z ]+ [45]\d\d( [45]\.\d+\.\d+)?: the mail was not accepted$/,
    );
    expect(logged(error)).not.toContain('alice');
    expect(error.message).not.toContain('alice');
  });

  it('leaves behind the codes that explain it', async () => {
    const { url } = await mailServer(onRcptTo(550, WORDS));
    const { cause } = await failureOf(senderTo(url).send(aMail()));
    expect(cause).toMatchObject({ message: 'EENVELOPE RCPT TO 550 5.1.1', responseCode: 550 });
  });

  it.each([
    [535, 'permission-denied'],
    [454, 'unavailable'],
  ])('with %d because of our password fails with %s, and does not show it', async (responseCode, code) => {
    const { port } = await mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(refusal(responseCode, 'hunter2 is not your password')),
    });
    const error = await failureOf(senderTo(`smtp://shop:hunter2@127.0.0.1:${port}`).send(aMail()));
    expect(error.code).toBe(code);
    expect(logged(error)).not.toContain('hunter2');
  });

  it('does not spoil the next one', async () => {
    const { url, mails } = await mailServer({
      onRcptTo: ({ address }, _session, done) => (address === ALICE ? done(refusal(550, 'unknown')) : done()),
    });
    const sender = senderTo(url);
    await failureOf(sender.send(aMail()));
    await sender.send(aMail({ to: 'bob@example.com' }));
    expect(mails.map(({ envelope }) => envelope.rcptTo[0]?.address)).toEqual(['bob@example.com']);
  });

  function logged(error: PortError): string {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    jsonLogger({ level: 'info', destination }).warn({ err: error }, 'message failed');
    expect(lines).toHaveLength(1);
    return lines.join('');
  }
});

describe('a server that cannot be used', () => {
  it('is unavailable when it is down', async () => {
    const { url } = await otherServer(() => undefined);
    await undo.pop()?.();
    expect(await failureOf(senderTo(url).send(aMail()))).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['it says nothing', () => undefined],
    ['it says nothing after its greeting', (socket) => socket.write('220 hello\r\n')],
    ['it says nonsense', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n')],
    ['it hangs up at once', (socket) => socket.end()],
    [
      'it hangs up after its greeting',
      (socket) => {
        socket.write('220 hello\r\n');
        socket.once('data', () => socket.destroy());
      },
    ],
  ])('is unavailable, soon and after one attempt, when %s', async (_, onConnection) => {
    const { url, connections } = await otherServer(onConnection);
    const begun = performance.now();
    const sender = senderTo(url, { timeoutMs: IMPATIENT_MS });
    expect(await failureOf(sender.send(aMail()))).toMatchObject({ code: 'unavailable' });
    expect(performance.now() - begun).toBeLessThan(10 * IMPATIENT_MS);
    expect(connections()).toBe(1);
  });

  it('is not asked any more once the sender is closed', async () => {
    const { url, mails } = await mailServer();
    const sender = senderTo(url);
    sender.close();
    expect(await failureOf(sender.send(aMail()))).toMatchObject({ code: 'unavailable' });
    expect(mails).toEqual([]);
  });
});

describe('a notice that is no mail', () => {
  it.each(['sms', 'operators'] as const)('is not its own: %s', async (channel) => {
    const { url, connections } = await otherServer(() => undefined);
    const error = await failureOf(senderTo(url).send(aMail({ channel, to: '+15550100' })));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).not.toContain('+15550100');
    expect(connections()).toBe(0);
  });
});
