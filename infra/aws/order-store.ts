import * as dynamodb from '@pulumi/aws/dynamodb/index.js';
import type * as pulumi from '@pulumi/pulumi';
import {
  DEAD_LETTERS_TABLE,
  INBOX_TABLE,
  LEDGER_TABLE,
  ORDERS_TABLE,
  RESTAURANTS_TABLE,
  type TableDefinition,
} from '../../shared/adapters/aws/dynamodb-tables.ts';
import { Component, type ComponentArgs, keeps } from './component.ts';

/** The tables, as their adapters are written for them: on demand, encrypted, recoverable to any second of the last 35 days. */
export class OrderStore extends Component {
  readonly orders: dynamodb.Table;
  readonly restaurants: dynamodb.Table;
  readonly inbox: dynamodb.Table;
  readonly deadLetters: dynamodb.Table;
  /** The simulated gateway's books; absent where another provider takes the money. */
  readonly ledger: dynamodb.Table | undefined;

  constructor(name: string, args: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('OrderStore', name, options);
    const create = (key: string, definition: TableDefinition) =>
      new dynamodb.Table(key, tableArgs(`${args.prefix}-${key}`, definition, args), keeps(args.config, this));
    this.orders = create('orders', ORDERS_TABLE);
    this.restaurants = create('restaurants', RESTAURANTS_TABLE);
    this.inbox = create('inbox', INBOX_TABLE);
    this.deadLetters = create('dead-letters', DEAD_LETTERS_TABLE);
    this.ledger = args.config.payments === 'simulated' ? create('ledger', LEDGER_TABLE) : undefined;
    this.registerOutputs({ orders: this.orders.name });
  }
}

function tableArgs(name: string, definition: TableDefinition, { config }: ComponentArgs): dynamodb.TableArgs {
  const { key, indexes, stream, expires } = definition;
  const types = new Map<string, string>([[key, 'S']]);
  for (const { partition, sort } of Object.values(indexes)) types.set(partition, 'S').set(sort.name, sort.type);
  return {
    name,
    billingMode: 'PAY_PER_REQUEST',
    hashKey: key,
    attributes: [...types].map(([attribute, type]) => ({ name: attribute, type })),
    globalSecondaryIndexes: Object.entries(indexes).map(([index, { partition, sort, projects }]) => ({
      name: index,
      hashKey: partition,
      rangeKey: sort.name,
      projectionType: projects === 'all' ? 'ALL' : 'KEYS_ONLY',
    })),
    ...(stream && { streamEnabled: true, streamViewType: 'NEW_IMAGE' }),
    ...(expires !== undefined && { ttl: { attributeName: expires, enabled: true } }),
    pointInTimeRecovery: { enabled: true },
    serverSideEncryption: { enabled: true },
    deletionProtectionEnabled: config.production,
  };
}
