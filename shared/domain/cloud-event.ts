import type { OrderEvent } from './events.ts';

/** The wire form of an event: CloudEvents 1.0 (structured JSON), the same on every platform's bus. */
export interface OrderCloudEvent {
  readonly specversion: '1.0';
  /** `<orderId>:<sequence>`. */
  readonly id: string;
  readonly source: '/tricloud-orders';
  /** `orders.<name>.v1`. */
  readonly type: string;
  /** The order's id. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Extension: the event's place in the order's life. */
  readonly sequence: number;
  /** Extension, for filters: whether the order is of high value. */
  readonly highvalue: boolean;
  /** Extension: the id of the request that placed the order, the same in all of the order's events. */
  readonly correlationid: string;
  readonly data: Omit<OrderEvent, 'id' | 'name' | 'sequence' | 'at' | 'correlationId'>;
}

export function eventType(name: OrderEvent['name']): string {
  return `orders.${name}.v1`;
}

export function toCloudEvent(event: OrderEvent & { readonly highValue: boolean }): OrderCloudEvent {
  const { id, name, sequence, at, highValue, correlationId, ...data } = event;
  return {
    specversion: '1.0',
    id,
    source: '/tricloud-orders',
    type: eventType(name),
    subject: event.orderId,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    sequence,
    highvalue: highValue,
    correlationid: correlationId,
    data,
  };
}
