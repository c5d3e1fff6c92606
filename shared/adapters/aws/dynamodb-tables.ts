/** A table's keys, indexes and streams as plain data: the adapters are written for them, deployments and tests create them. */
export interface TableDefinition {
  /** The partition key, a text. */
  readonly key: string;
  readonly indexes: Readonly<Record<string, IndexDefinition>>;
  /** Whether each write leaves its after-image on the table's stream. */
  readonly stream: boolean;
  /** The attribute with the epoch second after which an item may be removed. */
  readonly expires?: string;
}

export interface IndexDefinition {
  readonly partition: string;
  readonly sort: { readonly name: string; readonly type: 'N' | 'S' };
  /** `keys`: nothing but the keys of the index and the table. */
  readonly projects: 'keys' | 'all';
}

const BY_CREATION = { name: 'createdKey', type: 'S' } as const;
const BY_DUE = { name: 'dueAt', type: 'N' } as const;

/** Lists read keys from an index and the orders themselves from the table, so that a save writes an index only where its keys change. */
export const ORDERS_TABLE = {
  key: 'id',
  indexes: {
    'by-customer': { partition: 'customerId', sort: BY_CREATION, projects: 'keys' },
    'by-restaurant': { partition: 'restaurantId', sort: BY_CREATION, projects: 'keys' },
    'by-restaurant-status': { partition: 'restaurantStatus', sort: BY_CREATION, projects: 'keys' },
    'by-status': { partition: 'statusShard', sort: BY_CREATION, projects: 'keys' },
    'by-due': { partition: 'dueShard', sort: BY_DUE, projects: 'keys' },
    'by-swept': { partition: 'sweptShard', sort: BY_DUE, projects: 'keys' },
  },
  stream: true,
} as const satisfies TableDefinition;

export const RESTAURANTS_TABLE = {
  key: 'id',
  indexes: {
    'by-id': { partition: 'kind', sort: { name: 'idKey', type: 'S' }, projects: 'all' },
    'by-cuisine': { partition: 'cuisine', sort: { name: 'ratedKey', type: 'S' }, projects: 'all' },
  },
  stream: false,
} as const satisfies TableDefinition;

export const INBOX_TABLE = {
  key: 'key',
  indexes: {},
  stream: false,
  expires: 'expiresAt',
} as const satisfies TableDefinition;

export const DEAD_LETTERS_TABLE = {
  key: 'id',
  indexes: {
    'by-time': { partition: 'kind', sort: { name: 'failedKey', type: 'S' }, projects: 'all' },
    'by-queue': { partition: 'queue', sort: { name: 'failedKey', type: 'S' }, projects: 'all' },
    'by-order': { partition: 'orderId', sort: { name: 'failedKey', type: 'S' }, projects: 'all' },
  },
  stream: false,
} as const satisfies TableDefinition;

/** The simulated gateway's books. */
export const LEDGER_TABLE = {
  key: 'reference',
  indexes: {
    'by-order': { partition: 'orderId', sort: { name: 'place', type: 'N' }, projects: 'all' },
    'by-place': { partition: 'kind', sort: { name: 'place', type: 'N' }, projects: 'all' },
  },
  stream: false,
} as const satisfies TableDefinition;
