import type { DynamoDBRecord } from 'aws-lambda';
import { itemOf } from '../../../shared/adapters/aws/dynamodb-order-item.ts';
import { eventsAfter } from '../../../shared/domain/events.ts';
import type { Order } from '../../../shared/domain/order.ts';

let numbered = 0;

/** A record of the orders table's stream, as Lambda hands it over; `before` is the sequence of the order before this write. */
export function streamRecord(order: Order, before = 0): DynamoDBRecord {
  numbered += 1;
  return {
    eventID: `event-${numbered}`,
    eventName: order.revision === 1 ? 'INSERT' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'eu-central-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_795_348_800,
      Keys: { id: { S: order.id } },
      NewImage: itemOf(order, eventsAfter(order, before), 'test') as NonNullable<
        DynamoDBRecord['dynamodb']
      >['NewImage'] & {},
      SequenceNumber: String(100_000 + numbered),
      SizeBytes: 1_000,
      StreamViewType: 'NEW_IMAGE',
    },
  };
}
