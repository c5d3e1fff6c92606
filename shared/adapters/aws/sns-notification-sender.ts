import {
  type MessageAttributeValue,
  PublishCommand,
  type PublishCommandInput,
  type SNSClient,
} from '@aws-sdk/client-sns';
import type { Notice } from '../../domain/notice.ts';
import type { NotificationSender } from '../../ports/notification-sender.ts';
import { PortError } from '../../ports/port-error.ts';
import { awsCall } from './aws-errors.ts';

export interface SnsNotificationSenderOptions {
  readonly client: SNSClient;
  /** Where the operators listen. Left out where only text messages are sent. */
  readonly operatorsTopicArn?: string;
}

/** A phone number, or a topic, that can never work. */
const CODES = {
  InvalidParameter: 'invalid-argument',
  InvalidParameterException: 'invalid-argument',
  InvalidParameterValue: 'invalid-argument',
  OptedOut: 'invalid-argument',
  OptedOutException: 'invalid-argument',
  NotFound: 'not-found',
  NotFoundException: 'not-found',
} as const;
const LONGEST_SUBJECT = 100;

/** Text messages to phone numbers, and the operators' notices on a topic, by SNS. Takes no mail. */
export function snsNotificationSender({ client, operatorsTopicArn }: SnsNotificationSenderOptions): NotificationSender {
  return {
    async send(notice) {
      const command = new PublishCommand({ ...addressed(notice, operatorsTopicArn), Message: notice.text });
      await awsCall('NotificationSender.send', () => client.send(command), CODES);
    },
  };
}

/** A text message has no subject of its own, and a topic's is plain ASCII: as it was written it goes along as an attribute. */
function addressed(
  { channel, key, orderId, subject, to }: Notice,
  topic: string | undefined,
): Omit<PublishCommandInput, 'Message'> {
  const attributes = { noticeKey: text(key), orderId: text(orderId), subject: text(subject) };
  if (channel === 'sms') {
    return { PhoneNumber: to, MessageAttributes: { ...attributes, 'AWS.SNS.SMS.SMSType': text('Transactional') } };
  }
  if (channel === 'operators' && topic !== undefined && to.trim() !== '') {
    return { TopicArn: topic, Subject: plain(subject), MessageAttributes: attributes };
  }
  throw new PortError('invalid-argument', 'NotificationSender.send', { message: `no such address for ${channel}` });
}

function text(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function plain(subject: string): string {
  return subject.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_SUBJECT);
}
