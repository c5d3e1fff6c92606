import type { AwsAnswer, AwsService } from './protocol.ts';

export interface SentNotice {
  /** A phone number, or a topic's ARN. */
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Publish to a phone number or a topic, in the query protocol. */
export function sns(notices: SentNotice[]): AwsService {
  return ({ body, headers }) => {
    if (!headers['content-type']?.includes('form')) return undefined;
    const form = new URLSearchParams(body);
    if (form.get('Action') !== 'Publish') return undefined;
    const phone = form.get('PhoneNumber');
    const to = phone ?? form.get('TopicArn');
    const subject = form.get('Subject') ?? undefined;
    const wrong = to === null || (phone !== null && !/^\+[1-9]\d{6,14}$/.test(phone));
    if (wrong || (subject !== undefined && !/^[\x20-\x7e]{1,100}$/.test(subject))) return invalid();
    notices.push({
      to,
      text: form.get('Message') ?? '',
      attributes: attributesOf(form),
      ...(subject !== undefined && { subject }),
    });
    const result = `<PublishResult><MessageId>${notices.length}</MessageId></PublishResult>`;
    return xml(200, `<PublishResponse>${result}</PublishResponse>`);
  };
}

function attributesOf(form: URLSearchParams): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let index = 1; ; index += 1) {
    const entry = `MessageAttributes.entry.${index}`;
    const name = form.get(`${entry}.Name`);
    if (name === null) return attributes;
    attributes[name] = form.get(`${entry}.Value.StringValue`) ?? '';
  }
}

function invalid(): AwsAnswer {
  return xml(
    400,
    '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>no</Message></Error></ErrorResponse>',
  );
}

function xml(status: number, body: string): AwsAnswer {
  return { status, body, headers: { 'content-type': 'text/xml' } };
}
